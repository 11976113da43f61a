using Conformance.Drivers.Catalog;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>
/// The breakages that are known of the drivers and of the core in one era, and so are no findings.
/// </summary>
public sealed class Expectations
{
    private readonly SuiteKnowledge knowledge;
    private readonly Era era;
    private readonly bool use;
    private readonly RuleId? except;

    /// <param name="knowledge">What is expected.</param>
    /// <param name="era">In which era.</param>
    /// <param name="use">False: nothing is expected, everything that breaks is a finding.</param>
    /// <param name="except">A rule that nothing is expected to break.</param>
    public Expectations(SuiteKnowledge knowledge, Era era, bool use, RuleId? except = null) =>
        (this.knowledge, this.era, this.use, this.except) = (knowledge, era, use, except);

    /// <summary>
    /// What may break in a scenario: of the core, and of each instance's driver for its variant.
    /// </summary>
    public IReadOnlyList<ExpectedBreakage> In(Scenario scenario)
    {
        if (!use)
        {
            return [];
        }

        var topology = scenario.Topology;
        var ofDrivers = topology.Instances.Distinct().SelectMany(instance =>
            knowledge.ExpectedOf(instance.Driver, era).Where(e => Shows(e, instance.Variant)));
        var ofCore = knowledge.ExpectedOfCore(era)
            .Where(e => topology.Instances.Any(instance => Shows(e, instance.Variant)));
        return [.. ofDrivers.Concat(ofCore)
            .Where(e => e.Rule != except && e.Needs?.Invoke(scenario) != false)
            .Distinct()];
    }

    /// <summary>Whether a rule may break in a scenario.</summary>
    public Func<RuleId, bool> For(Scenario scenario) => RulesOf(In(scenario));

    public static Func<RuleId, bool> RulesOf(IReadOnlyList<ExpectedBreakage> breakages)
    {
        if (breakages.Count == 0)
        {
            return _ => false;
        }

        var rules = breakages.Select(e => e.Rule).ToHashSet();
        return rules.Contains;
    }

    private static bool Shows(ExpectedBreakage breakage, string variant) =>
        breakage.Variants.Count == 0 || breakage.Variants.Contains(variant, StringComparer.Ordinal);
}
