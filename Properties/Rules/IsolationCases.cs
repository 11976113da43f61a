using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>R1 to R8, R11, R16 to R18, R23.</summary>
internal static class IsolationCases
{
    private static readonly DomainId EmptyBlocking = new(9);

    public static readonly RuleCase[] All =
    [
        new(1, "owned",
            b => b.Start().Claim().Dma(0, 0x1000, null),
            b => b.Start().Claim().Dma(1, 0x1000, 0x5000),
            b => b.Start().Dma(0, 0x1000, null)),
        new(1, "owned after detach",
            b => b.Start().Claim().AllocSlot().AttachSlot().Detach().Dma(0, 0x1000, null),
            b => b.Start().Claim().AllocSlot().AttachSlot().Detach().Dma(0, 0x1000, 0x5000),
            b => b.Start().Claim().AllocSlot().AttachSlot().Dma(0, 0x1000, null)),
        new(2, "detached",
            b => Used(b).Detach().Dma(0, 0x1000, null),
            b => Used(b).Detach().Dma(0, 0x1000, 0x9000),
            b => b.Start().Dma(0, 0x1000, null)),
        new(3, "released",
            b => b.Start().Claim().ReleaseOwner().Dma(0, 0x1000, null),
            b => b.Start().Claim().ReleaseOwner().Dma(0, 0x1000, 0x1000),
            b => b.Start().Claim().Dma(0, 0x1000, null)),
        new(4, "after success",
            b => b.Start().AllocSlot().AttachSlot().Dma(0, 0x1000, null),
            b => b.Start().AllocSlot().AttachSlot().Dma(0, 0x1000, 0x1000),
            b => b.Start().AllocSlot().Dma(0, 0x1000, null)),
        new(4, "after failure",
            b => FailedAttach(b).Dma(0, 0x1000, null),
            b => FailedAttach(b).Dma(1, 0x1000, 0x7000),
            b => b.Start().AllocSlot().Dma(1, 0x1000, null)),
        new(5, "free while attached",
            b => Free(Used(b).Detach()),
            b => Free(Used(b)),
            b => b.Start().AllocSlot()),
        new(5, "reach after free",
            b => Free(Used(b).Detach()).Dma(0, 0x1000, null),
            b => Free(Used(b).Detach()).Begin(Op.Sync).End().Dma(0, 0x1000, 0x9000),
            b => Used(b).Detach().Dma(0, 0x1000, null)),
        new(6, "failed claim",
            b => FailedClaim(b).Dma(0, 0x1000, null).Dma(1, 0x1000, null),
            b => FailedClaim(b).Dma(0, 0x1000, 0x1000),
            b => b.Start().Bind(0).Begin(Op.ClaimGroup, 1, 0).End(Errno.EPERM).Dma(0, 0x1000, null)),
        new(7, "failed attach",
            b => FailedAttach(b).Dma(0, 0x1000, null),
            b => FailedAttach(b).Dma(0, 0x1000, 0x9000),
            b => Used(b).Dma(0, 0x2000, null)),
        new(8, "own default domains",
            b => b.Start(),
            b => b.Start().Begin(Op.Sync).Attach(2, RuleBench.Default).End(),
            b => b.StartAlone()),
        new(8, "a caller may share",
            b => b.Start().AllocSlot().AttachSlot(0, 0).AttachSlot(0, 1),
            b => b.Start().AllocSlot().AttachSlot(0, 0).Begin(Op.Sync).Attach(2, RuleBench.User).End(),
            b => b.StartAlone()),
        new(11, "hot-add under an owner",
            b => HotAdd(b.StartAlone().Claim(), RuleBench.Blocked),
            b => HotAdd(b.StartAlone().Claim(), RuleBench.Default),
            b => HotAdd(b.StartAlone(), RuleBench.Default)),
        new(16, "untrusted",
            b => b.Start(),
            b => b.Start(DomainType.DmaFq),
            b => b.StartAlone())
        {
            Setting = new BenchSetting().With(2, d => d with { Untrusted = true }),
        },
        new(17, "direct region",
            b => WithRegion(b).Dma(0, 0x1_0000, 0x1_0000),
            b => WithRegion(b).Dma(0, 0x1_0fff, null, write: true),
            b => b.Start().Dma(0, 0x1_0000, null)),
        new(17, "direct region refuses blocking",
            b => WithRegion(b).Begin(Op.ClaimGroup, 1, 0)
                .Note(0, r => r with { Blocking = RuleBench.Blocked }).SetBegin(0, RuleBench.Blocked)
                .SetEnd(0, RuleBench.Blocked, errno: Errno.EINVAL).End(Errno.EINVAL),
            b => WithRegion(b).Claim(),
            b => b.Start().Claim()),
        new(18, "released device",
            b => b.Start().Unplug(2, 1).Dma(2, 0x1000, null).Dma(2, 0x2000, 0x2000),
            b => b.Start().Unplug(2, 1).Dma(2, 0x1000, 0x9000),
            b => b.Start().Dma(2, 0x1000, null)),
        new(23, "detached PASID",
            b => DetachPasid(AttachPasid(b)).Dma(2, 0x1000, null, pasid: 1),
            b => DetachPasid(AttachPasid(b)).Dma(2, 0x1000, 0x9000, pasid: 1),
            b => AttachPasid(b).Dma(2, 0x1000, 0x9000, pasid: 1)),
        new(23, "RID is unaffected",
            b => DetachPasid(AttachPasid(b)).Dma(2, 0x1000, null, pasid: 1).Dma(2, 0x1000, null),
            b => DetachPasid(AttachPasid(b)).Dma(2, 0x1000, 0x9000),
            b => AttachPasid(b).Dma(2, 0x1000, null)),
        new(65, "an empty paging domain blocks",
            b => ClaimWithout(b).Dma(0, 0x1000, null),
            b => ClaimWithout(b).Dma(0, 0x1000, 0x1000),
            b => b.Start().Dma(0, 0x1000, null)),
    ];

    /// <summary>Slot 0 maps 0x1000 to 0x9000 and is attached to g0.</summary>
    private static RuleBench Used(RuleBench b) =>
        b.Start().AllocSlot().Map(0x1000, 0x9000, 0x1000).AttachSlot();

    private static RuleBench Free(RuleBench b) =>
        b.Begin(Op.Free, DomainRef.Slot(0).Packed).OfDomain(EventKind.DomainFree, RuleBench.User).End();

    private static RuleBench FailedAttach(RuleBench b) =>
        b.Start().AllocSlot().Map(0x1000, 0x9000, 0x1000)
            .Begin(Op.AttachGroup, DomainRef.Slot(0).Packed, 0).RefusedMove(RuleBench.User).End(Errno.ENOMEM);

    /// <summary>The blocking domain is an empty paging one, whose attach can fail.</summary>
    private static RuleBench FailedClaim(RuleBench b) =>
        b.Start().Begin(Op.ClaimGroup, 1, 0).Alloc(EmptyBlocking, DomainType.Unmanaged)
            .Note(0, r => r with { Blocking = EmptyBlocking }).RefusedMove(EmptyBlocking).End(Errno.ENOMEM);

    private static RuleBench ClaimWithout(RuleBench b) =>
        b.Start().Begin(Op.ClaimGroup, 1, 0).Alloc(EmptyBlocking, DomainType.Unmanaged)
            .Note(0, r => r with { Blocking = EmptyBlocking }).Move(0, EmptyBlocking)
            .Note(0, r => r with { Owner = 1, Count = 1 }).End();

    private static RuleBench HotAdd(RuleBench b, DomainId domain) =>
        b.Begin(Op.Probe, 1).OfDevice(EventKind.ProbeDevice, 1).Join(1, 0).Attach(1, domain)
            .OfDevice(EventKind.ProbeFinalize, 1).End();

    private static RuleBench WithRegion(RuleBench b) =>
        b.Start().Begin(Op.Sync).Direct(0, 0x1_0000, 0x1000, RuleBench.Default).End();

    private static RuleBench AttachPasid(RuleBench b) =>
        b.Start().AllocSlot(device: 2).Map(0x1000, 0x9000, 0x1000)
            .Begin(Op.AttachPasid, DomainRef.Slot(0).Packed, 2, extra: 1)
            .SetPasid(2, 1, RuleBench.User).End();

    private static RuleBench DetachPasid(RuleBench b) =>
        b.Begin(Op.DetachPasid, DomainRef.Slot(0).Packed, 2, extra: 1)
            .SetPasid(2, 1, RuleBench.Blocked, RuleBench.User).End();
}
