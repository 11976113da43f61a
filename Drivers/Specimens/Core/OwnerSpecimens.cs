using Conformance.Model.Contract;
using Conformance.Model.Core;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of DMA ownership: who may drive a group.</summary>
internal static class OwnerSpecimens
{
    public static readonly IReadOnlyList<Specimen> All =
    [
        Sketch.OnDart(
            3,
            "core-release-stays-blocked",
            "giving a group back clears the owner and moves nothing: the kernel's DMA keeps being refused",
            Sketch.Constructed,
            """
            register i0
            claim-group o1 g0
            alloc D0 d0
            attach-group D0 g0
            map D0 0x4000 0x100000 0x4000 rw
            release-group-owner g0
            """) with
        {
            ChangeCore = With(new StaysBlocked()),
        },
        Sketch.OnDart(
            9,
            "core-bind-ignores-owner",
            "a kernel driver binds to a device whose group a user owns: both drive one device",
            "the state before \"iommu: Add DMA ownership management interfaces\" (v5.19)",
            """
            register i0
            claim-group o1 g0
            bind d0
            """) with
        {
            ChangeCore = With(new BindIgnoresOwner()),
        },
        Sketch.OnDart(
            10,
            "core-claim-by-anyone",
            "a claim by device counts up without looking who owns the group: two users share it",
            Sketch.Constructed + " (iommu_device_claim_dma_owner compares the owner)",
            """
            register i0
            claim-device o1 d0
            claim-device o2 d0
            """) with
        {
            ChangeCore = With(new ClaimByAnyone()),
        },
        Sketch.OnDart(
            26,
            "core-first-release-ends-all",
            "the first release by device ends the ownership although a second claim is still open",
            Sketch.Constructed + " (iommu_device_release_dma_owner counts down)",
            """
            register i0
            claim-device o1 d0
            claim-device o1 d0
            release-device-owner d0
            """) with
        {
            ChangeCore = With(new FirstReleaseEndsAll()),
        },
        Sketch.OnDart(
            27,
            "core-unbind-keeps-count",
            "unbind leaves the count up: the group stays busy for every owner with nobody in it",
            Sketch.Constructed,
            """
            register i0
            bind d0
            unbind d0
            """) with
        {
            ChangeCore = With(new UnbindKeepsCount()),
        },
        Sketch.OnDart(
            29,
            "core-claim-checks-late",
            "a claim looks for bound drivers after it has moved the group: the refused claim cuts their DMA",
            Sketch.Constructed + " (iommu_group_claim_dma_owner tests owner_cnt first)",
            """
            register i0
            bind d0
            claim-group o1 g0
            """) with
        {
            ChangeCore = With(new ChecksLate()),
        },
    ];

    private static Func<Era, Era> With(OwnershipPolicy policy) => era => era with { Ownership = policy };

    private sealed class StaysBlocked : OwnershipPolicy
    {
        public override void ReleaseGroup(IommuCore core, Group group)
        {
            if (group.OwnerCount == 0 || group.Owner.Index == 0 || group.Pasids.Count > 0)
            {
                base.ReleaseGroup(core, group);
                return;
            }

            group.OwnerCount = 0;
            group.Owner = default;
            core.NoteRecord(group);
        }
    }

    private sealed class BindIgnoresOwner : OwnershipPolicy
    {
        public override Errno Use(IommuCore core, IommuDevice dev)
        {
            if (core.GroupOf(dev) is not { DefaultDomain: not null } group)
            {
                return base.Use(core, dev);
            }

            group.OwnerCount++;
            core.NoteRecord(group);
            return Errno.OK;
        }
    }

    private sealed class ClaimByAnyone : OwnershipPolicy
    {
        public override Errno ClaimDevice(IommuCore core, IommuDevice dev, OwnerId owner) =>
            core.GroupOf(dev) is { Owner.Index: not 0 } group && owner.Index != 0
                ? base.ClaimDevice(core, dev, group.Owner)
                : base.ClaimDevice(core, dev, owner);
    }

    private sealed class FirstReleaseEndsAll : OwnershipPolicy
    {
        public override void ReleaseDevice(IommuCore core, Group group) => ReleaseGroup(core, group);
    }

    private sealed class UnbindKeepsCount : OwnershipPolicy
    {
        public override void Unuse(IommuCore core, IommuDevice dev)
        {
            if (core.GroupOf(dev) is { } group)
            {
                core.NoteRecord(group);
            }
        }
    }

    private sealed class ChecksLate : OwnershipPolicy
    {
        public override Errno ClaimGroup(IommuCore core, Group group, OwnerId owner)
        {
            var isBound = group.OwnerCount > 0 && group.Owner.Index == 0;
            if (!isBound || owner.Index == 0)
            {
                return base.ClaimGroup(core, group, owner);
            }

            var result = core.EnsureBlockingDomain(group);
            result = result == Errno.OK ? core.SetDomain(group, group.BlockingDomain, must: false) : result;
            return result == Errno.OK ? Errno.EPERM : result;
        }
    }
}
