using Conformance.Model.Contract;
using Conformance.Model.Core;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of moving a whole group to another domain.</summary>
internal static class GroupMoveSpecimens
{
    private const string TwoDevices = "device d0 i0:0x1 group 0\ndevice d1 i0:0x2 group 0";

    public static readonly IReadOnlyList<Specimen> All =
    [
        Sketch.OnDart(
            1,
            "core-owned-detach-assigns-nothing",
            "detaching an owned group clears the record and calls no driver: the old mappings stay "
                + "reachable, and the domain is freed under the device",
            "\"iommu: iommu_group_claim_dma_owner() must always assign a domain\" (v5.19-rc); B004",
            """
            register i0
            claim-group o1 g0
            alloc D0 d0
            attach-group D0 g0
            map D0 0x4000 0x100000 0x4000 rw
            detach-group D0 g0
            """,
            era: "v5.19") with
        {
            ChangeCore = With(new AssignsNothing()),
        },
        Sketch.OnDart(
            17,
            "core-direct-device-blocked",
            "a device whose firmware region must stay reachable accepts blocking: a claim cuts firmware off",
            "a48ce36e2786 \"iommu: Prevent RESV_DIRECT devices from blocking domains\" (v6.6), before it; "
                + "B021",
            """
            register i0
            claim-group o1 g0
            """,
            "device d0 i0:0x1 group 0 resv direct 0x100000+0x4000 rw") with
        {
            ChangeCore = With(new ResetAwareSetDomain { DirectRefusesBlocking = false }),
        },
        Sketch.OnDart(
            25,
            "core-failed-move-recorded",
            "the record names the new domain although the move failed: the devices are left behind",
            Sketch.Constructed,
            """
            register i0
            alloc D0 d0
            fail-attach d0 0 -ENOMEM
            attach-group D0 g0
            """) with
        {
            ChangeCore = With(new FailureIsRecorded()),
        },
        Sketch.OnDart(
            28,
            "core-reattach-not-short",
            "attaching the domain that the group is on calls the driver again",
            "iommu_attach_group before v6.5 (core.md 4.4, row 12), in a later kernel",
            """
            register i0
            attach-group g0.default g0
            """) with
        {
            ChangeCore = With(new NoShortcut()),
        },
        Sketch.OnDart(
            30,
            "core-no-unwind",
            "a group whose second device refuses is left half moved",
            "dcf40ed3a20d \"iommu: Make __iommu_group_set_domain() handle error unwind\" (v6.5), before it; "
                + "for attach \"iommu: Attach device group to old domain in error path\" (v6.3); B001, B002",
            """
            register i0
            alloc D0 d0
            fail-attach d1 0 -ENOMEM
            attach-group D0 g0
            """,
            TwoDevices) with
        {
            ChangeCore = With(new NoUnwind()),
        },
        Sketch.OnDart(
            30,
            "core-failing-device-reverted",
            "the device that refused is attached to the old domain as well, which it never left",
            "\"iommu: Do not revert set_domain for the last gdev\" (v6.19), before it",
            """
            register i0
            alloc D0 d0
            fail-attach d0 0 -ENOMEM
            attach-group D0 g0
            """) with
        {
            ChangeCore = With(new ResetAwareSetDomain { RollsBackFailingDevice = true }),
        },
        Sketch.OnDart(
            31,
            "core-must-succeed-stops",
            "a detach stops at the first device that refuses: the others stay on a domain that is freed next",
            "__iommu_group_set_domain() before v6.5, where calls that cannot fail ended like those that can; "
                + "B002",
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            fail-attach d0 0 -ENOMEM
            detach-group D0 g0
            """,
            TwoDevices) with
        {
            ChangeCore = With(new MustStops()),
        },
        Sketch.OnDart(
            58,
            "core-detach-busy-in-reset",
            "a detach during a reset gets -EBUSY as well: the record keeps a domain that its user frees next",
            "5474e6e17a26 \"iommu: Fix WARN_ON in __iommu_group_set_domain_nofail() due to reset\" (7.0-rc); "
                + "B017",
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            reset-prepare d0
            detach-group D0 g0
            """,
            "device d0 i0:0x1 group 0 pci ats") with
        {
            ChangeCore = With(new BusyForAll()),
        },
    ];

    private static Func<Era, Era> With(SetDomainPolicy policy) => era => era with { SetDomain = policy };

    private sealed class AssignsNothing : PlainSetDomain
    {
        public override Errno Set(IommuCore core, Group group, IommuDomain? target, bool must)
        {
            if (!must || target is null || target != group.BlockingDomain)
            {
                return base.Set(core, group, target, must);
            }

            core.SetRecord(group, null);
            return Errno.OK;
        }
    }

    private sealed class FailureIsRecorded : ResetAwareSetDomain
    {
        public override Errno Set(IommuCore core, Group group, IommuDomain? target, bool must)
        {
            var result = base.Set(core, group, target, must);
            if (result != Errno.OK && !must)
            {
                core.SetRecord(group, target);
            }

            return result;
        }
    }

    private sealed class NoShortcut : ResetAwareSetDomain
    {
        public override Errno Set(IommuCore core, Group group, IommuDomain? target, bool must) =>
            target is not null && group.Domain == target && group.RecoveryCount == 0
                ? Move(core, group, target, must)
                : base.Set(core, group, target, must);
    }

    private sealed class NoUnwind : ResetAwareSetDomain
    {
        protected override void RollBack(IommuCore core, Group group, IommuDomain refused, int failed)
        {
            // Nothing is moved back.
        }
    }

    private sealed class MustStops : ResetAwareSetDomain
    {
        public override Errno Set(IommuCore core, Group group, IommuDomain? target, bool must) =>
            base.Set(core, group, target, must && group.RecoveryCount > 0);
    }

    private sealed class BusyForAll : ResetAwareSetDomain
    {
        public override Errno Set(IommuCore core, Group group, IommuDomain? target, bool must) =>
            group.Domain != target && IsInReset(group)
                ? Errno.EBUSY
                : base.Set(core, group, target, must);
    }
}
