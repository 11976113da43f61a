using Conformance.Drivers.Catalog;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Search;

/// <summary>
/// What is known before a run: the rules, and what the catalogue says of each driver and of the core.
/// </summary>
/// <param name="Rules">In the order of the report.</param>
/// <param name="Drivers">Entries in the order of the report.</param>
/// <param name="Core">Breakages of the core itself.</param>
public sealed record SuiteKnowledge(
    IReadOnlyList<RuleInfo> Rules, IReadOnlyList<DriverEntry> Drivers, IReadOnlyList<ExpectedBreakage> Core)
{
    /// <summary>What this build of the suite knows.</summary>
    public static readonly SuiteKnowledge Catalogue =
        new(RuleCatalog.All, DriverCatalog.All, CoreExpectations.All);

    /// <summary>Breakages of a driver that lie in an era.</summary>
    public IEnumerable<ExpectedBreakage> ExpectedOf(string driver, Era era) =>
        (Find(driver)?.Expected ?? []).Where(e => EraSpan.Covers(e.FirstEra, e.LastEra, era));

    /// <summary>Breakages of the core that lie in an era.</summary>
    public IEnumerable<ExpectedBreakage> ExpectedOfCore(Era era) =>
        Core.Where(e => EraSpan.Covers(e.FirstEra, e.LastEra, era));

    /// <summary>Why the premise of a rule cannot hold; null when nothing is stated.</summary>
    public string? UnexercisedReason(string driver, Era era, RuleId rule) =>
        Find(driver)?.Unexercised
            .FirstOrDefault(u => u.Rule == rule && EraSpan.Covers(u.FirstEra, u.LastEra, era))?.Reason;

    private DriverEntry? Find(string driver) =>
        Drivers.FirstOrDefault(e => string.Equals(e.Factory.Name, driver, StringComparison.Ordinal));
}
