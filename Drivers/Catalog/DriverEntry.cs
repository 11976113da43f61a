using Conformance.Drivers.Specimens;
using Conformance.Model.Contract;
using Conformance.Model.Rules;

namespace Conformance.Drivers.Catalog;

/// <summary>A promise that a driver really breaks in Linux: a result to show, strict both ways.</summary>
/// <param name="Rule">The broken rule.</param>
/// <param name="Variants">Variants that show it; empty for all.</param>
/// <param name="FirstEra">First era that shows it.</param>
/// <param name="LastEra">Last era that shows it.</param>
/// <param name="Citation">Kernel file and function, tree, or commit.</param>
public sealed record ExpectedBreakage(
    RuleId Rule, IReadOnlyList<string> Variants, string FirstEra, string LastEra, string Citation);

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
