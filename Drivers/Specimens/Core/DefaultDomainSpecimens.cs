using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of which default domain a group has, and of whose domains it takes.</summary>
internal static class DefaultDomainSpecimens
{
    public static readonly IReadOnlyList<Specimen> All =
    [
        Sketch.OnDart(
            8,
            "core-one-default-for-all",
            "all groups get the same default domain: each device reaches what any driver has mapped",
            Sketch.Constructed,
            "register i0",
            "device d0 i0:0x1 group 0\ndevice d1 i0:0x2 group 1") with
        {
            ChangeCore = era => era with { Alloc = new OneForAll() },
        },
        Sketch.OnDart(
            16,
            "core-untrusted-not-strict",
            "an untrusted device gets the default of all others: with passthrough it reaches all of memory",
            "\"iommu: Reorganize iommu_get_default_domain_type() to respect def_domain_type()\" (v6.7), the "
                + "test left out",
            "register i0",
            "device d0 i0:0x1 group 0 pci untrusted",
            "passthrough=1") with
        {
            ChangeCore = era => era with { DefaultType = new TrustsAll() },
        },
        Sketch.OnDart(
            35,
            "core-type-change-while-used",
            "the sysfs type changes under a bound driver or an owner, and their mappings are gone",
            Sketch.Constructed + " (iommu_group_store_type tests owner_cnt)",
            """
            register i0
            bind d0
            set-type g0 identity
            """) with
        {
            ChangeCore = era => era with { Sysfs = new ChangesInUse() },
        },
        Sketch.OnS390(
            36,
            "core-failed-type-change-relabels",
            "a failed write to the sysfs type leaves the asked type on the present domain",
            Sketch.Constructed + " (before v6.5 an error path restored pointers only; core.md 4.6)",
            """
            register i0
            fail-alloc -ENOMEM
            set-type g0 DMA
            """,
            kernel: "strict=0") with
        {
            ChangeCore = era => era with { Sysfs = new RelabelsAnyway() },
        },
        Sketch.OnDart(
            38,
            "core-foreign-domain-accepted",
            "a domain of another driver is passed to attach_dev, which takes its private data for its own",
            "\"iommu: Validate that devices match domains\" (v6.8), before it",
            """
            register i0
            register i1
            alloc D0 d1
            attach-group D0 g0
            """,
            "iommu i1 s390/zpci\ndevice d0 i0:0x1 group 0\ndevice d1 i1:0x123 group 1 pci") with
        {
            ChangeCore = era => era with { Foreign = ForeignDomainPolicy.NotChecked },
        },
    ];

    private sealed class OneForAll : DeviceAlloc
    {
        public override AllocResult Default(IommuCore core, Group group, IommuDevice dev, DomainType? wish)
        {
            var other = core.Groups.FirstOrDefault(g =>
                g.DefaultDomain is { Owner: { } owner } && owner == dev.Driver);
            return group.DefaultDomain is null && other?.DefaultDomain is { } shared
                ? AllocResult.Of(shared)
                : base.Default(core, group, dev, wish);
        }
    }

    private sealed class TrustsAll : AgreedDefaultType
    {
        protected override bool HasUntrusted(Group group) => false;
    }

    private sealed class ChangesInUse : ModernSysfs
    {
        public override Errno SetType(IommuCore core, Group group, TypeRequest request)
        {
            var count = group.OwnerCount;
            group.OwnerCount = 0;
            var result = base.SetType(core, group, request);
            group.OwnerCount = count;
            core.NoteRecord(group);
            return result;
        }
    }

    private sealed class RelabelsAnyway : ModernSysfs
    {
        public override Errno SetType(IommuCore core, Group group, TypeRequest request)
        {
            var result = base.SetType(core, group, request);
            var failed = result is not (Errno.OK or Errno.EPERM);
            if (failed && group.DefaultDomain is { } present && present.Type.IsPaging()
                && Asked(request) is { } type && type.IsPaging())
            {
                core.Relabel(present, type);
            }

            return result;
        }
    }
}
