using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Properties.Rules;

/// <summary>The table of contents is complete and says what a reader needs.</summary>
public sealed class CatalogTests
{
    private static readonly int[] Required =
    [
        .. Enumerable.Range(1, 12), .. Enumerable.Range(16, 31),
        .. Enumerable.Range(50, 6), 56, 57, 58, .. Enumerable.Range(60, 13),
    ];

    [Fact]
    public void Every_required_number_is_there_once_and_in_order() =>
        Assert.Equal(Required, RuleCatalog.All.Select(info => info.Id.Number));

    [Fact]
    public void Every_rule_has_a_statement_a_source_and_a_known_first_era()
    {
        foreach (var info in RuleCatalog.All)
        {
            Assert.True(info.Statement.EndsWith('.') && info.Statement.Length > 20, $"{info.Id}: "
                + $"{info.Statement}");
            Assert.True(info.Source.Length > 10, $"{info.Id}: {info.Source}");
            Assert.NotNull(Eras.Find(info.Since));
        }
    }

    [Fact]
    public void Every_rule_has_a_monitor_of_its_number_or_is_reported_by_the_runner()
    {
        var monitors = RuleCatalog.MonitorsOf(Eras.Newest).Select(rule => rule.Info.Id.Number).ToList();
        Assert.Equal(Required.Where(n => !RuleCatalog.IsReportedByRunner(new RuleId(n))), monitors);
        foreach (var rule in RuleCatalog.MonitorsOf(Eras.Newest))
        {
            Assert.StartsWith(rule.Info.Id.ToString(), rule.GetType().Name, StringComparison.Ordinal);
            Assert.True(rule.Wants.Length > 0);
        }
    }

    [Fact]
    public void Only_the_model_rules_are_reported_by_the_runner() =>
        Assert.Equal(
            [71, 72],
            RuleCatalog.All.Where(i => RuleCatalog.IsReportedByRunner(i.Id)).Select(i => i.Id.Number));

    [Fact]
    public void A_rule_is_not_watched_before_its_first_era()
    {
        foreach (var era in Eras.All)
        {
            Assert.DoesNotContain(
                RuleCatalog.MonitorsOf(era),
                rule => EraOrder.Of(rule.Info.Since) > era.Order);
        }
    }

    [Fact]
    public void The_eras_stand_in_the_order_of_the_core()
    {
        foreach (var era in Eras.All)
        {
            Assert.Equal(era.Order, EraOrder.Of(era.Name));
        }
    }

    [Fact]
    public void A_changed_core_keeps_the_promises_of_its_era() =>
        Assert.Equal(EraOrder.V6_5, EraOrder.Of(Eras.V6_5 with { Marker = "changed" }));

    [Fact]
    public void Find_knows_every_number_and_refuses_others()
    {
        Assert.Equal(12, RuleCatalog.Find(new RuleId(12)).Id.Number);
        Assert.Throws<ArgumentException>(() => RuleCatalog.Find(new RuleId(13)));
    }
}
