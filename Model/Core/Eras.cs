using Conformance.Model.Clients.Iommufd;
using Conformance.Model.Clients.VfioType1;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Core;

/// <summary>
/// The eras, oldest first. core.md section 0 says which exact tree shows what: v5.19 to v6.6 run the drivers
/// of 6.1,
/// v6.7 (to v6.12) those of 6.12, v6.19 and v7.2 those of 7.2.
/// </summary>
public static class Eras
{
    /// <summary>E61, plain: ownership and the blocking domain, detach_dev, no rollback anywhere.</summary>
    public static readonly Era V5_19 = new("v5.19", 0, KernelTree.V6_1)
    {
        Marker = "detach_dev, DMA ownership, no rollback",
        PassesOldDomain = false,
        OneDriverPerSystem = true,
        HasDeviceClaim = false,
        HasReplace = false,
        HasHandles = false,
        Probe = new TwiceAttachingProbe { SecondAttachHonoursDeferral = false },
        Release = new ReleaseByDriver { Warns = false },
        DefaultType = new ConflictGivesGlobalType { HotplugAsksNewDeviceOnly = true },
        FlushQueue = FlushQueuePolicy.SeenByDriver,
        Alloc = new TypeAlloc { FallsBackToDma = true },
        DirectMappings = new DirectMappingPolicy { FlushesAfter = true },
        SetDomain = new PlainSetDomain(),
        Foreign = ForeignDomainPolicy.NotChecked,
        Ownership = new OwnershipPolicy
        {
            RefusesNullOwner = false,
            SeesPasids = false,
            BindNeedsDefaultDomain = false,
            IdentityIsAsGoodAsDefault = true,
        },
        Sysfs = new SingleDeviceSysfs(),
        Map = new SilentMapping(),
        Pasid = new NoPasid(),
        Reset = new NoReset(),
        Iommufd = null,
        Vfio = Type1Policy.V6_1,
    };

    /// <summary>
    /// E64: detach_dev replaced by set_platform_dma_ops; group attach rolls back, nothing else does.
    /// </summary>
    public static readonly Era V6_3 = V5_19 with
    {
        Name = "v6.3",
        Order = 1,
        Marker = "set_platform_dma_ops, rollback in group attach",
        HasDeviceClaim = true,
        Probe = new TwiceAttachingProbe { SecondAttachHonoursDeferral = true },
        SetDomain = new AttachRollbackSetDomain(),
        Ownership = new OwnershipPolicy
        {
            BindNeedsDefaultDomain = false,
            IdentityIsAsGoodAsDefault = true,
        },
        Pasid = new FirstPasid(),
    };

    /// <summary>
    /// E66 before its fix: common unwind, flush queue a capability, DMA_FQ hidden from allocation only.
    /// </summary>
    public static readonly Era V6_5 = V6_3 with
    {
        Name = "v6.5",
        Order = 2,
        Marker = "common unwind, one default-domain function, DMA_FQ hidden from allocation and tagged "
            + "before attach",
        Probe = new ModernProbe(),
        Release = new ReleaseByDriver { Warns = true },
        DefaultType = new ConflictGivesGlobalType { HotplugAsksNewDeviceOnly = false },
        FlushQueue = FlushQueuePolicy.TaggedThenDemoted,
        Alloc = new TypeAlloc { FallsBackToDma = false },
        SetDomain = new UnwindingSetDomain
        {
            MayLeaveToPlatform = true,
            RollsBackFailingDevice = true,
            DirectRefusesBlocking = false,
        },
        Sysfs = new ModernSysfs { FinalizesAgain = true },
    };

    /// <summary>
    /// E66: as v6.5, DMA_FQ only for devices that can; RESV_DIRECT refuses blocking; replace exists.
    /// </summary>
    public static readonly Era V6_6 = V6_5 with
    {
        Name = "v6.6",
        Order = 3,
        Marker = "DMA_FQ only where the device can defer, RESV_DIRECT refuses blocking, replace",
        HasReplace = true,
        FlushQueue = FlushQueuePolicy.OnlyWhereCapable,
        SetDomain = new UnwindingSetDomain { MayLeaveToPlatform = true, RollsBackFailingDevice = true },
        Iommufd = new IommufdPolicy
        {
            Attach = Op.AttachGroup,
            Detach = Op.DetachGroup,
            Devices = new UpgradingDevices(),
            HasDirtyTracking = false,
            Requests = new HwptRequestPolicy { Known = HwptFlags.None, OnHwpt = Errno.ENOENT },
            Ranges = new RangePolicy { AddressBeforeLength = false },
        },
    };

    /// <summary>
    /// E69, as the tree 6.12 shows it: default domain mandatory, static domains, release_domain.
    /// </summary>
    public static readonly Era V6_7 = new("v6.7", 4, KernelTree.V6_12)
    {
        Marker = "static identity and blocked domains, mandatory default domain (to v6.12)",
        PassesOldDomain = false,
        Release = new ReleaseThroughDomain { IdentityForDirect = false },
        Alloc = new MixedAlloc(),
        DirectMappings = new DirectMappingPolicy { FlushesAfter = true },
        SetDomain = new UnwindingSetDomain { RollsBackFailingDevice = true },
        Foreign = ForeignDomainPolicy.Refused,
        Map = new WarnedMapping(),
        Pasid = new PasidByRemoval(),
        Reset = new NoReset(),
        Iommufd = new IommufdPolicy
        {
            Requests = new HwptRequestPolicy { Known = HwptFlags.NestParent | HwptFlags.DirtyTracking },
            Ranges = new RangePolicy { AddressBeforeLength = false },
        },
        Vfio = Type1Policy.V6_12,
    };

    /// <summary>E7: the old domain is an argument, the failing device is not reverted.</summary>
    public static readonly Era V6_19 = new("v6.19", 5, KernelTree.V7_2)
    {
        Marker = "old domain handed to attach, the failing device is not reverted",
        SetDomain = new UnwindingSetDomain { RollsBackFailingDevice = false },
        DirectMappings = new DirectMappingPolicy(),
        Map = new FlagsLastMapping(),
        Reset = new NoReset(),
    };

    /// <summary>
    /// E72: staged resets, generic page tables behind iommu_map, no sync of an empty gather.
    /// </summary>
    public static readonly Era V7_2 = new("v7.2", 6, KernelTree.V7_2)
    {
        Marker = "reset staging per device, generic page tables, empty gathers not synced",
    };

    public static readonly IReadOnlyList<Era> All = [V5_19, V6_3, V6_5, V6_6, V6_7, V6_19, V7_2];

    public static Era Newest => All[^1];

    /// <summary>The era of a name, or null.</summary>
    public static Era? Find(string name) =>
        All.FirstOrDefault(era => string.Equals(era.Name, name, StringComparison.Ordinal));
}
