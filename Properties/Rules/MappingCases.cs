using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>R19, R20, R39, R43 to R46, R62.</summary>
internal static class MappingCases
{
    private static readonly DomainRef Slot = DomainRef.Slot(0);

    public static readonly RuleCase[] All =
    [
        new(19, "failed map",
            b => Attached(b).Map(Slot, RuleBench.User, 0x1000, 0x9000, 0x1000, errno: Errno.ENOMEM)
                .Dma(0, 0x1000, null),
            b => Attached(b).Map(Slot, RuleBench.User, 0x1000, 0x9000, 0x1000, errno: Errno.ENOMEM)
                .Dma(0, 0x1fff, 0x9fff),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000).Dma(0, 0x1000, 0x9000)),
        new(20, "read-only",
            b => Attached(b).Map(0x1000, 0x9000, 0x1000, Prot.Read).Dma(0, 0x1000, null, write: true),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000, Prot.Read).Dma(0, 0x1000, 0x9000, write: true),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000).Dma(0, 0x1000, 0x9000, write: true)),
        new(20, "write-only",
            b => Attached(b).Map(0x1000, 0x9000, 0x1000, Prot.Write).Dma(0, 0x1000, null),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000, Prot.Write).Dma(0, 0x1000, 0x9000),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000, Prot.Write).Dma(0, 0x1000, 0x9000, write: true)),
        new(39, "inside the range",
            b => Attached(b).Map(0x1000, 0x9000, 0x2000).Dma(0, 0x2abc, 0xaabc),
            b => Attached(b).Map(0x1000, 0x9000, 0x2000).Dma(0, 0x2abc, null),
            b => b.Start().AllocSlot().Map(0x1000, 0x9000, 0x2000).AttachSlot().Dma(0, 0x2abc, 0xaabc)),
        new(39, "outside the range",
            b => Attached(b).Map(0x1000, 0x9000, 0x1000).Dma(0, 0x2000, null),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000).Dma(0, 0x2000, 0xa000),
            b => Attached(b).Dma(0, 0x2000, null)),
        new(39, "mapped over a live translation",
            b => Attached(b).Map(0x1000, 0x9000, 0x1000).Map(0x1000, 0x5000, 0x1000).Dma(0, 0x1000, 0x5000),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000).Map(0x1000, 0x5000, 0x1000).Dma(0, 0x1000, 0x9000),
            b => Attached(b)),
        new(43, "page size and alignment",
            b => Attached(b).Map(0x20_0000, 0x40_0000, 0x20_0000, page: 0x20_0000),
            b => Attached(b).Map(0x1000, 0x40_0000, 0x20_0000, page: 0x20_0000),
            b => Attached(b)),
        new(43, "unsupported page size",
            b => Attached(b).Map(0x1000, 0x9000, 0x1000),
            b => Attached(b).Map(0x4000, 0x8000, 0x4000, page: 0x4000),
            b => Attached(b)),
        new(43, "contiguous calls",
            b => TwoCalls(b, 0x2000),
            b => TwoCalls(b, 0x3000),
            b => Attached(b)),
        new(44, "mapped",
            b => LookUp(Attached(b).Map(0x1000, 0x9000, 0x1000), 0x1234, 0x9234),
            b => LookUp(Attached(b).Map(0x1000, 0x9000, 0x1000), 0x1234, 0x9000),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000)),
        new(44, "unmapped",
            b => LookUp(Attached(b), 0x1234, 0),
            b => LookUp(Attached(b), 0x1234, 0x1234),
            b => Attached(b)),
        new(44, "agrees with DMA",
            b => LookUp(Attached(b).Map(0x1000, 0x9000, 0x1000), 0x1234, 0x9234).Dma(0, 0x1234, 0x9234),
            b => LookUp(Attached(b).Map(0x1000, 0x9000, 0x1000), 0x1234, 0x9234).Dma(0, 0x1234, 0x8234),
            b => Attached(b)),
        new(45, "identity cannot map",
            b => MapIdentity(b, Errno.EINVAL),
            b => MapIdentity(b, Errno.OK),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000)),
        new(45, "the driver is not asked",
            b => MapIdentity(b, Errno.EINVAL),
            b => b.Start().Begin(Op.Map)
                .Pages(EventKind.MapPages, RuleBench.Identity, 0, 0, 0x1000, 1, 0).End(),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000)),
        new(46, "mapped before attach",
            b => b.Start().AllocSlot().Map(0x1000, 0x9000, 0x1000).AttachSlot().Dma(0, 0x1000, 0x9000),
            b => b.Start().AllocSlot().Map(0x1000, 0x9000, 0x1000).AttachSlot().Dma(0, 0x1000, null),
            b => Attached(b).Map(0x1000, 0x9000, 0x1000).Dma(0, 0x1000, 0x9000)),
        new(62, "gather",
            b => Sync(b, 0x1000, 0x1fff),
            b => Sync(b, ulong.MaxValue, 0),
            b => Attached(b)),
    ];

    private static RuleBench Attached(RuleBench b) => b.Start().AllocSlot().AttachSlot();

    private static RuleBench TwoCalls(RuleBench b, ulong second) =>
        Attached(b).Begin(Op.Map, Slot.Packed, 0, 0x1000, 0x2000)
            .Pages(EventKind.MapPages, RuleBench.User, 0x1000, 0x9000, 0x1000, 1, 0x1000)
            .Pages(EventKind.MapPages, RuleBench.User, second, second + 0x8000, 0x1000, 1, 0x1000).End();

    private static RuleBench LookUp(RuleBench b, ulong iova, ulong pa) =>
        b.Begin(Op.IovaToPhys, Slot.Packed, 0, iova).Event(EventKind.CoreIovaToPhys, (ref TraceEvent e) =>
            (e.Domain, e.A, e.B) = (RuleBench.User, iova, pa)).End();

    private static RuleBench MapIdentity(RuleBench b, Errno errno) =>
        b.Start().Map(
            DomainRef.IdentityOf(new InstanceId(0)), RuleBench.Identity, 0x1000, 0x9000, 0, errno: errno);

    private static RuleBench Sync(RuleBench b, ulong first, ulong last) =>
        Attached(b).Begin(Op.Sync, Slot.Packed).Event(EventKind.IotlbSync, (ref TraceEvent e) =>
            (e.Domain, e.A, e.B, e.Flag) = (RuleBench.User, first, last, first >= last)).End();
}
