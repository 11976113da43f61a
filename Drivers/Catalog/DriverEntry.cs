using Conformance.Drivers.Specimens;
using Conformance.Model.Contract;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Catalog;

/// <summary>A promise that a driver really breaks in Linux: a result to show, strict both ways.</summary>
/// <param name="Rule">The broken rule.</param>
/// <param name="Variants">Variants that show it; empty for all.</param>
/// <param name="FirstEra">First era that shows it.</param>
/// <param name="LastEra">Last era that shows it.</param>
/// <param name="Citation">Kernel file and function, tree, or commit.</param>
public sealed record ExpectedBreakage(
    RuleId Rule, IReadOnlyList<string> Variants, string FirstEra, string LastEra, string Citation)
{
    /// <summary>
    /// Scenarios per driver and era in which a breakage usually shows: some need two rare things at once,
    /// which is the work of a night.
    /// </summary>
    public const int UsuallyShowsIn = 2000;

    /// <summary>
    /// What a scenario must have for the breakage to show; without it the broken rule is a finding. Null: the
    /// usual things.
    /// </summary>
    public Func<Scenario, bool>? Needs { get; init; }

    /// <summary>
    /// Scenarios per driver and era from which on it is held against the catalogue that the breakage does not
    /// show.
    /// </summary>
    public int ShowsIn { get; init; } = UsuallyShowsIn;
}

/// <summary>Why the premise of a rule cannot hold for a driver.</summary>
public sealed record UnexercisedReason(RuleId Rule, string FirstEra, string LastEra, string Reason);

/// <summary>All the suite knows about one driver.</summary>
public sealed record DriverEntry
{
    public required IDriverFactory Factory { get; init; }

    public IReadOnlyList<ExpectedBreakage> Expected { get; init; } = [];

    public IReadOnlyList<UnexercisedReason> Unexercised { get; init; } = [];

    public IReadOnlyList<Specimen> Specimens { get; init; } = [];
}
