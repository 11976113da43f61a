using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Search;

/// <summary>How much to search, and where.</summary>
public sealed record SearchOptions
{
    /// <summary>
    /// Scenarios per driver and era of a run without options: enough for the premise of every rule to hold in
    /// some era, few enough for all drivers and eras in under a minute.
    /// </summary>
    public const int DefaultScenarios = 110;

    /// <summary>Every fourth scenario of a run is one of clients.</summary>
    public const int DefaultClientsEvery = 4;

    /// <summary>Commands per scenario of a run without options.</summary>
    public const int DefaultLength = 100;

    /// <summary>Drivers by name, in the order of the report.</summary>
    public required IReadOnlyList<string> Drivers { get; init; }

    /// <summary>Eras, oldest first.</summary>
    public required IReadOnlyList<Era> Eras { get; init; }

    /// <summary>Scenarios per driver and era.</summary>
    public required int Scenarios { get; init; }

    /// <summary>Commands per scenario.</summary>
    public int Length { get; init; } = DefaultLength;

    /// <summary>Same seed, same findings.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>Only findings of this rule count; null for all.</summary>
    public RuleId? Rule { get; init; }

    /// <summary>Only this variant; null for all.</summary>
    public string? Variant { get; init; }

    /// <summary>Expected breakages are no findings.</summary>
    public bool UseExpectations { get; init; } = true;

    /// <summary>A rule whose expected breakages are findings all the same; null for none.</summary>
    public RuleId? NeverExpected { get; init; }

    /// <summary>Runs a shrinker may spend on one finding.</summary>
    public int ShrinkBudget { get; init; } = 4000;

    /// <summary>
    /// Of each so many scenarios the last is one of clients; 0: none is. Rules about clients need them.
    /// </summary>
    public int ClientsEvery { get; init; } = DefaultClientsEvery;

    /// <summary>Distinct findings per driver and era after which the search there ends.</summary>
    public int FindingsPerJob { get; init; } = 3;

    /// <summary>Threads; results do not depend on it.</summary>
    public int Threads { get; init; } = Math.Max(1, Environment.ProcessorCount);

    /// <summary>How long one command may take before the driver counts as stuck.</summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Whether the run as asked for is large and free enough to conclude from what never shows.
    /// </summary>
    public bool MayBeStrict => Scenarios >= DefaultScenarios && Length >= DefaultLength && UseExpectations
        && Rule is null && Variant is null;
}
