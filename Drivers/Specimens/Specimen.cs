using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Drivers.Specimens;

/// <summary>A bug, rebuilt as the smallest change to a driver or to a core policy.</summary>
public sealed record Specimen
{
    /// <summary>Short and stable, <c>dart-dma-fq-v6.5</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence: what is wrong and what a user sees.</summary>
    public required string Title { get; init; }

    /// <summary>Commit subject or discussion, or the sheet's mutant number.</summary>
    public required string Citation { get; init; }

    /// <summary>The rules it breaks; the first one is what the search must name.</summary>
    public required IReadOnlyList<RuleId> Breaks { get; init; }

    /// <summary>The era it lives in.</summary>
    public required string Era { get; init; }

    /// <summary>Driver (and variant, or null for the default) it is shown on.</summary>
    public required string Driver { get; init; }

    public string? Variant { get; init; }

    /// <summary>Change of the core; null for none.</summary>
    public Func<Era, Era>? ChangeCore { get; init; }

    /// <summary>Change of the driver; null for none.</summary>
    public Func<IDriverFactory, IDriverFactory>? ChangeDriver { get; init; }

    /// <summary>The hand-made smallest scenario that shows it, in text form.</summary>
    public required string Minimum { get; init; }
}
