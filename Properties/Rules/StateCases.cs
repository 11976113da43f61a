using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>R24, R25, R28, R29, R32 to R34, R36.</summary>
internal static class StateCases
{
    private static readonly BenchSetting Deferring = new BenchSetting().Kdump()
        .With(2, d => d with { Deferred = true });

    public static readonly RuleCase[] All =
    [
        new(24, "one domain",
            b => b.Start().Claim(),
            b => b.Start().Begin(Op.Sync).Attach(0, RuleBench.Blocked).End(),
            b => b.StartAlone()),
        new(25, "record of an attached domain",
            b => b.Start().AllocSlot().AttachSlot(),
            b => b.Start().AllocSlot().Begin(Op.Sync).Note(0, r => r with { Domain = RuleBench.User }).End(),
            b => b.Begin(Op.Sync).End()),
        new(25, "record is never NULL",
            b => b.Start(),
            b => b.Start().Begin(Op.Sync).Note(0, r => r with { Domain = DomainId.None }).End(),
            b => b.Begin(Op.Sync).End()),
        new(28, "re-attach of the core domain",
            b => b.Start().Begin(Op.AttachGroup, DefaultOf0, 0).End(),
            b => b.Start().Begin(Op.AttachGroup, DefaultOf0, 0)
                .Attach(0, RuleBench.Default).Attach(1, RuleBench.Default).End(),
            b => b.Start().AllocSlot().AttachSlot()),
        new(28, "attach in a user's state",
            b => b.Start().AllocSlot().AttachSlot().Begin(Op.AttachGroup, DefaultOf0, 0).End(Errno.EBUSY),
            b => b.Start().AllocSlot().AttachSlot().Begin(Op.AttachGroup, DefaultOf0, 0).End(),
            b => b.Start().AllocSlot().AttachSlot()),
        new(29, "refused before calls",
            b => b.Start().Begin(Op.AttachGroup, DefaultOf0, 1).End(Errno.EINVAL),
            b => b.Start().AllocSlot().Begin(Op.AttachGroup, DomainRef.Slot(0).Packed, 1)
                .Attach(2, RuleBench.User).End(Errno.EINVAL),
            b => b.Start().AllocSlot().AttachSlot()),
        new(29, "errors of the set-domain step",
            b => b.Start().AllocSlot().Begin(Op.AttachGroup, DomainRef.Slot(0).Packed, 0)
                .RefusedMove(RuleBench.User).End(Errno.ENOMEM),
            b => b.Start().AllocSlot().Begin(Op.AttachGroup, DomainRef.Slot(0).Packed, 0)
                .Move(0, RuleBench.User).End(Errno.EBUSY),
            b => b.Start()),
        new(32, "deferred probe",
            b => Defer(b, attaches: false).Dma(2, 0x1000, 0x1000),
            b => Defer(b, attaches: true),
            b => b.StartAlone()) { Setting = Deferring },
        new(32, "first mapping",
            b => Defer(b, attaches: false).Begin(Op.DeferredAttach, 2).Attach(2, RuleBench.OtherDefault)
                .OfDevice(EventKind.Deferred, 2).End(),
            b => Defer(b, attaches: false).Begin(Op.DeferredAttach, 2).End(),
            b => b.StartAlone()) { Setting = Deferring },
        new(33, "regions before attach",
            b => FirstWithRegion(b, mapped: true),
            b => FirstWithRegion(b, mapped: false),
            b => b.Start()),
        new(34, "finalize after attach",
            b => b.StartAlone(),
            b => b.StartAlone().Begin(Op.Probe, 1).OfDevice(EventKind.ProbeDevice, 1).Join(1, 0)
                .OfDevice(EventKind.ProbeFinalize, 1).End(),
            b => b.Begin(Op.Sync).End()),
        new(34, "release domain before release",
            b => b.Start().Unplug(2, 1),
            b => b.Start().Begin(Op.Release, 2).Leave(2, 1).OfDevice(EventKind.ReleaseDevice, 2).End(),
            b => b.Begin(Op.Sync).End()),
        new(34, "no attach after release",
            b => b.Start().Unplug(2, 1),
            b => b.Start().Unplug(2, 1).Begin(Op.Sync).Attach(2, RuleBench.Blocked).End(),
            b => b.Begin(Op.Sync).End()),
        new(36, "reported type",
            b => b.Start().Begin(Op.SetType, 0).End(Errno.EINVAL),
            b => b.Start().Begin(Op.SetType, 0).Note(0, r => r with { Default = RuleBench.Identity })
                .End(Errno.EINVAL),
            b => b.Start()),
        new(36, "translations",
            b => FailedTypeChange(b).Dma(0, 0x1000, null),
            b => FailedTypeChange(b).Dma(0, 0x1000, 0x1000),
            b => b.Start()),
    ];

    private static int DefaultOf0 => DomainRef.DefaultOf(new GroupId(0)).Packed;

    /// <summary>d2 defers: the record says default, nothing is attached.</summary>
    private static RuleBench Defer(RuleBench b, bool attaches)
    {
        b.StartAlone().Begin(Op.Probe, 2).OfDevice(EventKind.ProbeDevice, 2)
            .Join(2, 1).OfDevice(EventKind.Deferred, 2, flag: true)
            .Alloc(RuleBench.OtherDefault, DomainType.Dma, 2)
            .Note(1, _ => default).SetBegin(1, RuleBench.OtherDefault, must: true);
        if (attaches)
        {
            b.Attach(2, RuleBench.OtherDefault);
        }

        return b.Note(1, r => r with { Domain = RuleBench.OtherDefault, Default = RuleBench.OtherDefault })
            .SetEnd(1, RuleBench.OtherDefault, must: true)
            .OfDevice(EventKind.ProbeFinalize, 2).End();
    }

    private static RuleBench FirstWithRegion(RuleBench b, bool mapped) =>
        b.Begin(Op.Register).OfDevice(EventKind.ProbeDevice, 0).Join(0, 0)
            .Alloc(RuleBench.Default, DomainType.Dma)
            .Direct(0, 0x1_0000, 0x2000, RuleBench.Default, mapped)
            .Note(0, _ => default).SetBegin(0, RuleBench.Default, must: true)
            .Attach(0, RuleBench.Default)
            .Note(0, r => r with { Domain = RuleBench.Default, Default = RuleBench.Default })
            .SetEnd(0, RuleBench.Default, must: true).OfDevice(EventKind.ProbeFinalize, 0).End();

    private static RuleBench FailedTypeChange(RuleBench b) =>
        b.Start().Begin(Op.SetType, 0).Alloc(new DomainId(9), DomainType.Dma)
            .RefusedMove(new DomainId(9)).End(Errno.ENOMEM);
}
