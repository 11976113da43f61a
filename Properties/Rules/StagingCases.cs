using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>R56 to R58 and R60: reset staging and PASID unwinding.</summary>
internal static class StagingCases
{
    private static readonly int Slot = DomainRef.Slot(0).Packed;

    public static readonly RuleCase[] All =
    [
        new(56, "staged device faults",
            b => b.Start().Prepare(0).Dma(0, 0x1000, null),
            b => b.Start().Prepare(0).Dma(0, 0x1000, 0x1000),
            b => b.Start().Dma(0, 0x1000, null)),
        new(56, "inner prepare is quiet",
            b => b.Start().Prepare(0).Begin(Op.ResetPrepare, 0).End(),
            b => b.Start().Prepare(0).Begin(Op.ResetPrepare, 0).Attach(0, RuleBench.Blocked).End(),
            b => b.Start()),
        new(56, "siblings are left alone",
            b => b.Start().Prepare(0),
            b => b.Start().Begin(Op.ResetPrepare, 0).Attach(0, RuleBench.Blocked).Attach(1, RuleBench.Blocked)
                .OfDevice(EventKind.ResetStaged, 0, flag: true).End(),
            b => b.Start()),
        new(57, "present domain comes back",
            b => Done(b.Start().Prepare(0), 0, RuleBench.Default),
            b => Done(b.Start().Prepare(0), 1, RuleBench.Default),
            b => b.Start().Prepare(0)),
        new(57, "PASID table comes back",
            b => Restored(b, restores: true),
            b => Restored(b, restores: false),
            b => b.Start().Prepare(0)),
        new(58, "staged group is busy",
            b => Attaching(b).SetBegin(0, RuleBench.User)
                .SetEnd(0, RuleBench.User, errno: Errno.EBUSY).End(Errno.EBUSY),
            b => Attaching(b).Move(0, RuleBench.User).End(),
            b => b.Start().Prepare(0)),
        new(58, "must-succeed passes",
            b => Detaching(b).Attach(1, RuleBench.Default).Note(0, r => r with { Domain = RuleBench.Default })
                .SetEnd(0, RuleBench.Default, must: true).End(),
            b => Detaching(b).Attach(1, RuleBench.Default).SetEnd(0, RuleBench.Default, must: true).End(),
            b => b.Start().Prepare(0)),
        new(60, "failed PASID attach",
            b => FailedPasid(b).SetPasid(0, 1, RuleBench.Blocked, RuleBench.User).End(Errno.ENOMEM),
            b => FailedPasid(b).SetPasid(0, 1, RuleBench.Blocked, RuleBench.User)
                .SetPasid(1, 1, RuleBench.Blocked, RuleBench.User).End(Errno.ENOMEM),
            b => b.Start().AllocSlot().Begin(Op.AttachPasid, Slot, 0, extra: 1)
                .SetPasid(0, 1, RuleBench.User).SetPasid(1, 1, RuleBench.User).End()),
    ];

    private static RuleBench Attaching(RuleBench b) =>
        b.Start().AllocSlot().Prepare(0).Begin(Op.AttachGroup, Slot, 0);

    private static RuleBench Detaching(RuleBench b) =>
        b.Start().AllocSlot().AttachSlot().Prepare(0).Begin(Op.DetachGroup, Slot, 0)
            .SetBegin(0, RuleBench.Default, must: true);

    private static RuleBench Done(RuleBench b, int device, DomainId domain) =>
        b.Begin(Op.ResetDone, 0).Attach(device, domain, old: RuleBench.Blocked)
            .OfDevice(EventKind.ResetStaged, 0).End();

    private static RuleBench Restored(RuleBench b, bool restores)
    {
        b.Start().AllocSlot(device: 2)
            .Begin(Op.AttachPasid, Slot, 2, extra: 1).SetPasid(2, 1, RuleBench.User).End()
            .Begin(Op.ResetPrepare, 2).Note(1, r => r with { Blocking = RuleBench.Blocked })
            .Attach(2, RuleBench.Blocked, old: RuleBench.OtherDefault)
            .SetPasid(2, 1, RuleBench.Blocked, RuleBench.User)
            .OfDevice(EventKind.ResetStaged, 2, flag: true).End()
            .Begin(Op.ResetDone, 2).Attach(2, RuleBench.OtherDefault, old: RuleBench.Blocked);
        return (restores ? b.SetPasid(2, 1, RuleBench.User, RuleBench.Blocked) : b)
            .OfDevice(EventKind.ResetStaged, 2).End();
    }

    private static RuleBench FailedPasid(RuleBench b) =>
        b.Start().AllocSlot().Begin(Op.AttachPasid, Slot, 0, extra: 1)
            .SetPasid(0, 1, RuleBench.User).SetPasid(1, 1, RuleBench.User, errno: Errno.ENOMEM);
}
