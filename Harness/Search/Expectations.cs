using Conformance.Drivers.Catalog;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>The breakages that are known of the drivers and of the core in one era, and so are no findings.</summary>
public sealed class Expectations
{
    private readonly SuiteKnowledge knowledge;
    private readonly Era era;
    private readonly bool use;

    /// <param name="knowledge">What is expected.</param>
    /// <param name="era">In which era.</param>
    /// <param name="use">False: nothing is expected, everything that breaks is a finding.</param>
    public Expectations(SuiteKnowledge knowledge, Era era, bool use) =>
        (this.knowledge, this.era, this.use) = (knowledge, era, use);

    /// <summary>What may break on a topology: of the core, and of each instance's driver for its variant.</summary>
    public IReadOnlyList<ExpectedBreakage> On(Topology topology)
    {
        if (!use)
        {
            return [];
        }

        var ofDrivers = topology.Instances.Distinct().SelectMany(instance =>
            knowledge.ExpectedOf(instance.Driver, era).Where(e => Shows(e, instance.Variant)));
        var ofCore = knowledge.ExpectedOfCore(era)
            .Where(e => topology.Instances.Any(instance => Shows(e, instance.Variant)));
        return [.. ofDrivers.Concat(ofCore).Distinct()];
    }

    /// <summary>Whether a rule may break on a topology.</summary>
    public Func<RuleId, bool> For(Topology topology) => RulesOf(On(topology));

    internal static Func<RuleId, bool> RulesOf(IReadOnlyList<ExpectedBreakage> breakages)
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
