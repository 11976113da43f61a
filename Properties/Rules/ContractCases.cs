using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>R37, R38, R63 to R70.</summary>
internal static class ContractCases
{
    private static readonly int Slot = DomainRef.Slot(0).Packed;

    public static readonly RuleCase[] All =
    [
        new(37, "attach",
            b => b.Start().Claim(),
            b => b.Start().Begin(Op.Sync).Attach(0, RuleBench.Blocked, Errno.ENOMEM).End(),
            b => b.Start()),
        new(37, "free",
            b => b.Start().Claim(),
            b => b.Start().Begin(Op.Sync).OfDomain(EventKind.DomainFree, RuleBench.Identity).End(),
            b => b.Start()),
        new(38, "two drivers",
            b => b.StartAlone(),
            b => b.StartAlone().Begin(Op.Sync).Attach(2, RuleBench.Default).End(),
            b => b.Begin(Op.Sync).End()) { Setting = new BenchSetting().TwoDrivers() },
        new(63, "offered type",
            b => b.Start(),
            b => b.Start().AllocSlot().Begin(Op.Sync)
                .Attach(2, RuleBench.User, type: DomainType.Nested).End(),
            b => b.Begin(Op.Sync).End()),
        new(64, "identity",
            b => b.Start(DomainType.Identity).Dma(0, 0x5000, 0x5000),
            b => b.Start(DomainType.Identity).Dma(0, 0x5000, null),
            b => b.Start().Dma(0, 0x5000, null)),
        new(65, "blocked",
            b => b.Start().Claim().Dma(0, 0x5000, null),
            b => b.Start().Claim().Dma(0, 0x5000, 0x5000),
            b => b.Start().Dma(0, 0x5000, null)),
        new(66, "twice",
            b => Free(b.Start().AllocSlot()),
            b => Free(Free(b.Start().AllocSlot())),
            b => b.Start()),
        new(66, "while attached",
            b => Free(b.Start().AllocSlot().AttachSlot().Detach()),
            b => Free(b.Start().AllocSlot().AttachSlot()),
            b => b.Start()),
        new(66, "used afterwards",
            b => Free(b.Start().AllocSlot()),
            b => Free(b.Start().AllocSlot()).Begin(Op.Sync)
                .Pages(EventKind.UnmapPages, RuleBench.User, 0x1000, 0, 0x1000, 1, 0).End(),
            b => b.Start()),
        new(66, "passed as the old domain",
            b => Free(b.Start().AllocSlot()),
            b => Free(b.Start().AllocSlot()).Begin(Op.Sync)
                .Attach(2, RuleBench.OtherDefault, old: RuleBench.User).End(),
            b => b.Start()),
        new(67, "walk",
            b => b.Start().Event(EventKind.TableFree, (ref TraceEvent e) => e.A = 0x8000),
            b => b.Start().Event(EventKind.WalkThroughFreed, (ref TraceEvent e) => e.A = 0x8000),
            b => b.Start()),
        new(68, "command",
            b => b.Begin(Op.Sync).Event(EventKind.Invalidate, (ref TraceEvent e) => e.A = 1).End(),
            b => b.Begin(Op.Sync).Event(EventKind.BadCommand, (ref TraceEvent e) => e.A = 1).End(),
            b => b.Begin(Op.Sync).End()),
        new(69, "throws",
            b => b.Begin(Op.Sync).End(),
            b => b.Begin(Op.Sync).Event(EventKind.DriverThrew, (ref TraceEvent _) => { }),
            _ => { }),
        new(69, "stalls",
            b => b.Begin(Op.Sync).End(),
            b => b.Begin(Op.Sync).Event(EventKind.DriverStuck, (ref TraceEvent _) => { }),
            _ => { }),
        new(70, "errno",
            b => Refused(b, Errno.ENODEV),
            b => Refused(b, Errno.EIO),
            b => b.Start()),
        new(70, "an injected errno is the scenario's",
            b => Refused(b, Errno.EBUSY),
            b => Injected(b.Start().AllocSlot(), Errno.EIO, Errno.EPERM),
            b => Injected(b.Start().AllocSlot(), Errno.EIO, Errno.EIO)),
    ];

    private static RuleBench Free(RuleBench b) =>
        b.Begin(Op.Free, Slot).OfDomain(EventKind.DomainFree, RuleBench.User).End();

    private static RuleBench Refused(RuleBench b, Errno errno) =>
        b.Start().AllocSlot().Begin(Op.AttachGroup, Slot, 1).SetBegin(1, RuleBench.User)
            .Attach(2, RuleBench.User, errno, RuleBench.OtherDefault)
            .SetEnd(1, RuleBench.User, errno: errno).End(errno);

    private static RuleBench Injected(RuleBench b, Errno armed, Errno seen) =>
        b.Begin(Op.FailAttach, 2, extra: (uint)armed).End()
            .Begin(Op.AttachGroup, Slot, 1).SetBegin(1, RuleBench.User)
            .Attach(2, RuleBench.User, seen, RuleBench.OtherDefault)
            .SetEnd(1, RuleBench.User, errno: seen).End(seen);
}
