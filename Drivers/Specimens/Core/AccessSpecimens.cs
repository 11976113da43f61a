using Conformance.Model.Contract;
using Conformance.Model.Core;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of map, unmap and reset staging.</summary>
internal static class AccessSpecimens
{
    private const string ResetDevice = "device d0 i0:0x1 group 0 pci ats";

    public static readonly IReadOnlyList<Specimen> All =
    [
        Sketch.OnS390(
            43,
            "core-page-size-ignores-pa",
            "the page size is chosen by the IOVA alone: the driver gets a large page at a misaligned address",
            Sketch.Constructed + " (iommu_pgsize looks at iova | paddr)",
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            map D0 0x100002000 0x101000 0x2000 rw
            """,
            era: "v6.6") with
        {
            ChangeCore = era => era with { Map = new IgnoresPa() },
        },
        Sketch.OnDart(
            45,
            "core-maps-identity",
            "a map is passed on to any domain with a map op: an identity domain is asked to map",
            "\"iommu: Improve map/unmap sanity checks\" (v6.7), the test of the type left out",
            """
            register i0
            map g0.default 0x4000 0x100000 0x4000 rw
            """,
            kernel: "passthrough=1",
            era: "v6.6") with
        {
            ChangeCore = era => era with { Map = new MapsAnyType() },
        },
        Sketch.OnDart(
            62,
            "core-empty-gather-synced",
            "an unmap that removed nothing is followed by an invalidation of an empty range",
            "up to v7.1 (core.md 5.3); a driver that took the empty range at its word: B116",
            """
            register i0
            unmap g0.default 0x4000 0x4000
            """) with
        {
            ChangeCore = era => era with { Map = new SyncsAlways() },
        },
        Sketch.OnDart(
            56,
            "core-reset-not-counted",
            "prepare is a flag and no count: the first of two completions lets a device in reset do DMA",
            "0d5fd7a9323c, the reset depth is counted (7.0 stable); B018",
            """
            register i0
            reset-prepare d0
            reset-prepare d0
            reset-done d0
            """,
            ResetDevice) with
        {
            ChangeCore = era => era with { Reset = new NotCounted() },
        },
        Sketch.OnDart(
            57,
            "core-reset-restores-default",
            "the end of a reset attaches the default domain whatever the group is on: the device leaves its "
                + "user's domain",
            Sketch.Constructed + " (pci_dev_reset_iommu_done attaches group->domain)",
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            reset-prepare d0
            reset-done d0
            """,
            ResetDevice) with
        {
            ChangeCore = era => era with { Reset = new RestoresDefault() },
        },
    ];

    private sealed class IgnoresPa : MapPolicy
    {
        private readonly SilentMapping real = new();

        public IgnoresPa() => SyncMapMayFail = false;

        public override Errno CheckMap(
            IommuCore core, IommuDomain domain, ulong iova, ulong pa, ulong size) =>
            real.CheckMap(core, domain, iova, pa, size);

        public override ulong Choose(PageSizes sizes, ulong iova, ulong pa, ulong size, out ulong count) =>
            sizes.Choose(iova, iova, size, out count);
    }

    private sealed class MapsAnyType : MapPolicy
    {
        public MapsAnyType() => SyncMapMayFail = false;

        public override Errno CheckMap(IommuCore core, IommuDomain domain, ulong iova, ulong pa, ulong size)
        {
            if (!CanMap(domain))
            {
                return Errno.ENODEV;
            }

            return IsAligned(domain, iova, pa, size) ? Errno.OK : Errno.EINVAL;
        }
    }

    private sealed class SyncsAlways : GenericTableMapping
    {
        public override bool Syncs(IotlbGather gather) => true;
    }

    private sealed class NotCounted : StagedReset
    {
        public override Errno? Done(IommuCore core, IommuDevice dev)
        {
            if (core.GroupOf(dev)?.Find(dev) is { ResetDepth: > 1 } member)
            {
                member.ResetDepth = 1;
            }

            return base.Done(core, dev);
        }
    }

    private sealed class RestoresDefault : StagedReset
    {
        protected override IommuDomain? DomainAfter(Group group) => group.DefaultDomain;
    }
}
