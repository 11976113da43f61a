using Conformance.Model.Contract;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>Dispatch, reset and cost of the monitors as a whole.</summary>
public sealed class RuleSetTests
{
    [Fact]
    public void Observing_a_run_again_allocates_nothing()
    {
        var bench = new RuleBench();
        var recorded = LongRun(bench).Recorded();
        Replay(bench.Rules, recorded);
        Replay(bench.Rules, recorded);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Replay(bench.Rules, recorded);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Empty(bench.Rules.Violations);
    }

    [Fact]
    public void A_reset_set_counts_and_judges_as_a_new_one()
    {
        var bench = new RuleBench();
        var recorded = LongRun(bench).Recorded();
        var first = bench.Rules.Rules.Select(rule => rule.Exercised).ToList();
        Replay(bench.Rules, recorded);
        Assert.Equal(first, bench.Rules.Rules.Select(rule => rule.Exercised));
    }

    [Fact]
    public void Violations_come_in_the_order_of_events_and_of_rule_numbers()
    {
        var bench = new RuleBench().Start().Claim().Dma(0, 0x1000, 0x5000).Dma(0, 0x2000, 0x5000);
        var rules = bench.Violations.Select(v => (v.EventIndex, v.Rule.Number)).ToList();
        Assert.Equal(rules.OrderBy(r => r), rules);
        Assert.Contains(bench.Violations, v => v.Rule == new RuleId(1));
        Assert.Contains(bench.Violations, v => v.Rule == new RuleId(65));
    }

    [Fact]
    public void Showing_events_in_turns_is_the_same_as_showing_them_at_once()
    {
        var bench = new RuleBench();
        var recorded = LongRun(bench).Recorded();
        var whole = new RuleBench();
        foreach (var (command, events) in recorded)
        {
            whole.Rules.Begin(command);
            whole.Rules.Observe(events);
        }

        Assert.Equal(bench.Rules.Rules.Select(r => r.Exercised), whole.Rules.Rules.Select(r => r.Exercised));
    }

    [Fact]
    public void What_follows_from_a_reported_place_is_not_reported_again_until_the_next_attach()
    {
        var bench = new RuleBench().Start().Claim().Dma(0, 0x1000, 0x5000);
        var first = bench.Violations.Count;
        bench.Begin(Op.Sync).End().Dma(0, 0x2000, 0x6000);
        Assert.Equal(first, bench.Violations.Count);
        bench.AllocSlot().AttachSlot().Detach().Dma(0, 0x2000, 0x6000);
        Assert.True(bench.Violations.Count > first);
    }

    [Fact]
    public void What_follows_from_a_reported_mapping_is_not_reported_again()
    {
        var bench = new RuleBench().Start().AllocSlot().AttachSlot()
            .Map(0x1000, 0x9000, 0x1000).Dma(0, 0x1000, 0x8000);
        var first = bench.Violations.Count;
        bench.Begin(Op.Sync).End().Dma(0, 0x1000, 0x8000);
        Assert.Equal(first, bench.Violations.Count);
        bench.Map(0x4000, 0xc000, 0x1000).Dma(0, 0x4000, null);
        Assert.True(bench.Violations.Count > first);
    }

    [Fact]
    public void Cleared_violations_do_not_come_back()
    {
        var bench = new RuleBench().Start().Claim().Dma(0, 0x1000, 0x5000);
        bench.Rules.Begin(default);
        Assert.Empty(bench.Rules.Violations);
        Assert.True(bench.Breaks(1));
    }

    private static RuleBench LongRun(RuleBench bench)
    {
        bench.Start().AllocSlot();
        for (var i = 0UL; i < 50; i++)
        {
            var iova = 0x10_0000 + (i * 0x4000);
            bench.Claim().AttachSlot().Map(iova, 0x80_0000 + iova, 0x3000)
                .Dma(0, iova, 0x80_0000 + iova).Dma(1, iova + 0x3000, null)
                .Unmap(iova, 0x1000, fast: true).Unmap(iova + 0x2000, 0x1000).Dma(0, iova + 0x2000, null)
                .Begin(Op.Sync, DomainRef.Slot(0).Packed).End().Dma(0, iova, null)
                .Detach().Dma(0, iova + 0x1000, null).ReleaseOwner().Bind(0).Unbind(0)
                .Prepare(0).Begin(Op.ResetDone, 0).Attach(0, RuleBench.Default, old: RuleBench.Blocked)
                .OfDevice(EventKind.ResetStaged, 0).End();
        }

        return bench;
    }

    private static void Replay(RuleSet rules, IReadOnlyList<(Command Command, TraceEvent[] Events)> recorded)
    {
        rules.Reset();
        for (var i = 0; i < recorded.Count; i++)
        {
            rules.Begin(recorded[i].Command);
            rules.Observe(recorded[i].Events);
        }
    }
}
