using Conformance.Drivers.Catalog;
using Conformance.Harness.Findings;

namespace Conformance.Harness.Search;

/// <summary>What a search says of one rule on one driver in one era.</summary>
public enum VerdictKind
{
    /// <summary>The premise held and the promise with it.</summary>
    Kept,

    /// <summary>
    /// It broke, and the catalogue says that this driver (or the core of this era) breaks it.
    /// </summary>
    BrokenAsExpected,

    /// <summary>It broke, and nothing says that it may.</summary>
    Finding,

    /// <summary>The premise never held, and the catalogue says why it cannot.</summary>
    NotExercised,

    /// <summary>The premise did not hold in this era, but did in another of the run.</summary>
    NotMetHere,

    /// <summary>The premise never held in any era, and no reason is stated: the suite owes one.</summary>
    Unexplained,

    /// <summary>The era is older than the promise.</summary>
    NotPromised,

    /// <summary>The catalogue expects it to break, and it did not.</summary>
    ExpectedDidNotShow,

    /// <summary>No scenario of the job ran.</summary>
    NotRun,
}

/// <summary>A verdict and what it rests on.</summary>
public sealed record Verdict(VerdictKind Kind)
{
    /// <summary>How often the premise held.</summary>
    public long Exercised { get; init; }

    /// <summary>Expected breakages that showed.</summary>
    public IReadOnlyList<ExpectedBreakage> Seen { get; init; } = [];

    /// <summary>
    /// Expected breakages of the driver that did not show although the job was large enough.
    /// </summary>
    public IReadOnlyList<ExpectedBreakage> Missing { get; init; } = [];

    /// <summary>The catalogue's reason why the premise cannot hold; null when it gives none.</summary>
    public string? Reason { get; init; }

    /// <summary>The finding, for <see cref="VerdictKind.Finding"/>.</summary>
    public Finding? Finding { get; init; }
}
