using Conformance.Drivers.Catalog;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>The breakages that are known of a driver, or of the core of an era, and so are no findings.</summary>
public sealed class Expectations
{
    private readonly IReadOnlyList<ExpectedBreakage> known;

    private Expectations(IReadOnlyList<ExpectedBreakage> known) => this.known = known;

    /// <summary>All that apply to a driver in an era.</summary>
    public IReadOnlyList<ExpectedBreakage> All => known;

    public static Expectations Of(string driver, Era era, bool use)
    {
        if (!use)
        {
            return new Expectations([]);
        }

        var entry = DriverCatalog.Find(driver);
        return new Expectations(
            [.. (entry?.Expected ?? []).Concat(CoreExpectations.All).Where(e => Covers(e, era))]);
    }

    /// <summary>Whether a rule may break on a topology: some instance is of a variant that shows it.</summary>
    public Func<RuleId, bool> For(Topology topology)
    {
        if (known.Count == 0)
        {
            return _ => false;
        }

        var variants = topology.Instances.Select(i => i.Variant).ToHashSet(StringComparer.Ordinal);
        var rules = known
            .Where(e => e.Variants.Count == 0 || e.Variants.Any(variants.Contains))
            .Select(e => e.Rule)
            .ToHashSet();
        return rules.Contains;
    }

    private static bool Covers(ExpectedBreakage breakage, Era era) =>
        Order(breakage.FirstEra) <= era.Order && era.Order <= Order(breakage.LastEra);

    private static int Order(string era) => Eras.Find(era)?.Order
        ?? throw new InvalidOperationException($"an expectation names the unknown era {era}");
}
