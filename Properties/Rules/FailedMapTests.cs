using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>
/// R19 where no device is on the domain: the driver's own counts tell what a failed map left.
/// </summary>
public sealed class FailedMapTests
{
    [Theory]
    [InlineData(0x3000UL, 0x3000UL, false)]
    [InlineData(0x3000UL, 0x1000UL, true)]
    [InlineData(0x3000UL, 0UL, true)]
    [InlineData(0UL, 0UL, false)]
    public void What_was_mapped_must_be_unmapped_again(ulong mapped, ulong undone, bool breaks)
    {
        var bench = FailedMap(mapped, undone);
        Assert.Equal(breaks, bench.Breaks(19));
    }

    [Fact]
    public void What_is_left_is_no_broken_promise_of_the_attach_that_shows_it()
    {
        var bench = FailedMap(0x3000, 0).AttachSlot().Dma(0, 0x1000, 0x9000);
        Assert.Single(bench.Violations);
    }

    private static RuleBench FailedMap(ulong mapped, ulong undone)
    {
        var bench = new RuleBench("v5.19").Start().AllocSlot();
        bench.Begin(Op.Map, DomainRef.Slot(0).Packed, 0, 0x1000, 0x4000)
            .Pages(EventKind.MapPages, RuleBench.User, 0x1000, 0x9000, 0x1000, 4, mapped)
            .Pages(EventKind.UnmapPages, RuleBench.User, 0x1000, 0, 0x1000, 3, undone);
        return bench.Event(EventKind.CoreMap, (ref TraceEvent e) =>
        {
            (e.Domain, e.A, e.B, e.C, e.Errno) = (RuleBench.User, 0x1000, 0x9000, 0x4000, Errno.ENOMEM);
            e.Extra = (byte)(Prot.Read | Prot.Write);
        }).End(Errno.ENOMEM);
    }
}
