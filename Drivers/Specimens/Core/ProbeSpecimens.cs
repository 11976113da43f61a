using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of a device's arrival and departure.</summary>
internal static class ProbeSpecimens
{
    private const string SecondJoinsLater = "device d0 i0:0x1 group 0\ndevice d1 i0:0x2 group 0 hotplug";

    public static readonly IReadOnlyList<Specimen> All =
    [
        Sketch.OnDart(
            5,
            "core-group-ends-before-device",
            "the last device's group ends before the device is let go: its default domain is freed in use",
            Sketch.Constructed + " (iommu_deinit_device: release_device comes before iommu_group_put)",
            """
            register i0
            release d0
            """) with
        {
            ChangeCore = era => era with { Release = new GroupEndsFirst { IdentityForDirect = true } },
        },
        Sketch.OnDart(
            11,
            "core-hotplug-into-owned-gets-default",
            "a device that joins an owned group gets the default domain: a kernel mapping in a user's group",
            "\"iommu: Fix iommu_probe_device() to attach the right domain\" (v6.5), before it",
            """
            register i0
            claim-group o1 g0
            probe d1
            """,
            SecondJoinsLater) with
        {
            ChangeCore = With(new JoinsDefault()),
        },
        Sketch.OnDart(
            24,
            "core-second-default-domain",
            "a device that joins a group gets a domain of its own: what the group maps it cannot reach",
            "211ff31b3d33 \"iommu: Fix race condition during default domain allocation\" (v5.14), its "
                + "outcome; B008",
            """
            register i0
            probe d1
            """,
            SecondJoinsLater) with
        {
            ChangeCore = With(new JoinsAlone()),
        },
        Sketch.OnCrashedVtd(
            32,
            "core-deferral-not-honoured",
            "a deferred device gets its domain at probe: DMA that the crashed kernel started is refused",
            "hotplug up to v6.2, whose second attach did not ask for the deferral (core.md 3.7)",
            "register i0") with
        {
            ChangeCore = era => era with { SetDomain = new DoesNotWait() },
        },
        Sketch.OnDart(
            33,
            "core-direct-regions-after-attach",
            "direct regions are mapped only into a domain that is attached already: the first attach cuts "
                + "firmware off",
            "\"iommu: Do iommu_group_create_direct_mappings() before attach\" (v6.5), before it",
            "register i0",
            "device d0 i0:0x1 group 0 resv direct 0x100000+0x4000 rw") with
        {
            ChangeCore = era => era with { DirectMappings = new OnlyAttached { AsksForAddressOne = true } },
        },
        Sketch.OnS390(
            34,
            "core-no-release-domain",
            "release_device is called without the release domain: the requester keeps its last domain",
            "\"iommu: Add static iommu_ops->release_domain\" (v6.9), before it",
            """
            register i0
            release d0
            """) with
        {
            ChangeCore = era => era with { Release = new NotQuiesced() },
        },
    ];

    private static Func<Era, Era> With(ProbePolicy policy) => era => era with { Probe = policy };

    private sealed class GroupEndsFirst : ReleaseThroughDomain
    {
        protected override void Deinit(IommuCore core, Group group, IommuDevice dev)
        {
            core.EndGroupIfEmpty(group);
            base.Deinit(core, group, dev);
        }
    }

    private sealed class NotQuiesced : ReleaseThroughDomain
    {
        protected override void Quiesce(IommuCore core, Group group, IommuDevice dev)
        {
            // Left to the driver.
        }
    }

    private sealed class JoinsDefault : ModernProbe
    {
        protected override IommuDomain DomainForJoining(
            IommuCore core, Group group, IommuDevice dev, IommuDomain current) =>
            group.DefaultDomain ?? current;
    }

    private sealed class JoinsAlone : ModernProbe
    {
        protected override IommuDomain DomainForJoining(
            IommuCore core, Group group, IommuDevice dev, IommuDomain current)
        {
            if (core.Era.Alloc.ForUser(core, dev, AllocFlags.None).Domain is not { } own)
            {
                return current;
            }

            core.Name(own, DomainRef.DefaultOf(group.Id));
            return own;
        }
    }

    private sealed class DoesNotWait : ResetAwareSetDomain
    {
        public override Errno SetOne(
            IommuCore core, Group group, IommuDevice dev, IommuDomain target, IommuDomain? old, bool must) =>
            dev.AttachDeferred && target == group.DefaultDomain
                ? core.CallAttach(target, dev, old)
                : base.SetOne(core, group, dev, target, old, must);
    }

    private sealed class OnlyAttached : DirectMappingPolicy
    {
        protected override Errno MapRuns(IommuCore core, IommuDomain domain, ResvRegion region) =>
            core.Groups.Any(group => group.Domain == domain)
                ? base.MapRuns(core, domain, region)
                : Errno.OK;
    }
}
