using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>What the driver declares, per tree and variant.</summary>
public static class ArmSmmuV3Profile
{
    private const int AddressBits = 48;

    private const IommuOps CommonOps = IommuOps.DefDomainType | IommuOps.Capable;

    private const DomainOps CommonDomainOps = DomainOps.Paging | DomainOps.FlushIotlbAll
        | DomainOps.IotlbSync;

    private static readonly IReadOnlyList<DomainType> PerRequest =
        [DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq, DomainType.Identity];

    private static readonly IReadOnlyList<ResvType> FirmwareRegions =
        [ResvType.Direct, ResvType.DirectRelaxable, ResvType.Reserved, ResvType.Msi];

    public static DriverProfile Of(KernelTree tree, string variant, SmmuBuild build) => tree switch
    {
        KernelTree.V6_1 => Of61(Base(tree, variant, build), build),
        KernelTree.V6_12 => Modern(Base(tree, variant, build), build) with
        {
            Ops = CommonOps | IommuOps.DomainAllocPaging | IommuOps.DomainAllocPagingFlags,
            AllocFlags = build.Has(SmmuBuild.S1P) ? AllocFlags.DirtyTracking : AllocFlags.None,
            PartialUnmap = PartialUnmapRule.Split,
            ReleaseLeavesDirect = RefusedAttach.Bypass,
        },
        _ => Modern(Base(tree, variant, build), build) with
        {
            Ops = CommonOps | IommuOps.DomainAllocPagingFlags,
            PagingOps = CommonDomainOps | DomainOps.SetDevPasid | DomainOps.EnforceCacheCoherency,
            AllocFlags = build.Has(SmmuBuild.S1P)
                ? AllocFlags.DirtyTracking | AllocFlags.Pasid
                : AllocFlags.None,
            ReleasesToBlocked = true,
            PartialUnmap = PartialUnmapRule.Refuse,
        },
    };

    private static DriverProfile Base(KernelTree tree, string variant, SmmuBuild build) => new()
    {
        Driver = ArmSmmuV3Factory.DriverName,
        Variant = variant,
        Tree = tree,
        Ops = CommonOps,
        PagingOps = CommonDomainOps,
        KnownTypes = PerRequest,
        PageSizes = new PageSizes((build.Idr5 & SmmuBuild.Granule64K) != 0 ? 0x2001_0000UL : 0x4020_1000UL),
        Aperture = Aperture.OfBits(AddressBits),
        IovaLast = (1UL << AddressBits) - 1,
        PaLast = (1UL << AddressBits) - 1,
        WriteOnly = build.Has(SmmuBuild.S1P) ? WriteOnlyRule.BecomesReadWrite : WriteOnlyRule.Exact,
        ClipsAtLimit = true,
        ChecksCallFirst = true,
        CallEntryBits = (build.Idr5 & SmmuBuild.Granule64K) != 0 ? 13 : 9,
        Masks = IovaMasking.Lookup,
        Overlap = OverlapRule.Refuse,
        OverlapErrno = Errno.EEXIST,
        OverlapSmaller = OverlapRule.Replace,
        Hole = HoleRule.StopAtEntry,
        UnattachedFor = device => IsInUse(device) ? UnattachedDma.Bypass : UnattachedDma.Blocked,
        DefDomainType = device =>
            device is { Pci: true, Wish: DeviceWish.Identity } ? DomainType.Identity : null,
        DriverRegions = [ArmSmmuV3Driver.SoftwareMsi],
        ReportsRegions = FirmwareRegions,
        CheckProbe = device => device.Requesters.Any(r => r.Id.Value >> build.StreamIdBits != 0)
            ? Errno.ERANGE
            : Errno.OK,
        Capabilities = Capabilities.NoExec | Capabilities.DeferredFlush
            | (build.Has(SmmuBuild.Coherent) ? Capabilities.CacheCoherency : Capabilities.None),
        Limits = new TopologyLimits
        {
            RequesterLast = (1U << build.StreamIdBits) - 1,
            RequestersPerInstance = 3,
            Wishes = [DeviceWish.None, DeviceWish.Identity],
            Regions = FirmwareRegions,
        },
    };

    /// <summary>Finalised at the first attach; the old domain is left before any check.</summary>
    private static DriverProfile Of61(DriverProfile common, SmmuBuild build) => common with
    {
        Ops = CommonOps | IommuOps.DomainAlloc,
        AllocTypes = PerRequest,
        PageSizesBefore = new PageSizes(ulong.MaxValue),
        Finalise = FinaliseRule.AtFirstAttach,
        PartialUnmap = PartialUnmapRule.Split,
        RefusedAttach = RefusedAttach.Blocked,
        LeavesDetachedAlone = true,
        CheckAttach = (first, device, type) => CheckAttach61(first, device, type, build),
    };

    private static DriverProfile Modern(DriverProfile common, SmmuBuild build) => common with
    {
        PagingOps = CommonDomainOps | DomainOps.SetDevPasid,
        HasStaticBlocked = true,
        HasStaticIdentity = true,
        KnownTypes = [.. PerRequest, DomainType.Blocked],
        ChecksBeforeChange = true,
        CheckAttach = (first, device, type) =>
            type.IsPaging() && first is not null && first.Instance != device.Instance ? Errno.EINVAL
                : Errno.OK,
        CheckPasid = pasid => CheckPasid(pasid, build),
        MaxPasids = build.SubstreamIdBits == 0 ? 0 : 1U << build.SubstreamIdBits,
        Capabilities = common.Capabilities
            | (build.Has(SmmuBuild.DirtyUpdate | SmmuBuild.Coherent) ? Capabilities.DirtyTracking
                : Capabilities.None),
    };

    /// <summary>-ENXIO on another unit; -EINVAL when the CD table of the domain has another width.</summary>
    private static Errno CheckAttach61(DeviceSpec? first, DeviceSpec device, DomainType type, SmmuBuild build)
    {
        if (first is null)
        {
            return Errno.OK;
        }

        if (first.Instance != device.Instance)
        {
            return Errno.ENXIO;
        }

        return type.IsPaging() && build.Has(SmmuBuild.S1P)
            && ContextBits(first, build) != ContextBits(device, build)
            ? Errno.EINVAL
            : Errno.OK;
    }

    /// <summary>Stage 1 on the unit of the domain; normal DMA through the CD table, or on a static
    /// domain.</summary>
    private static Errno CheckPasid(in PasidCase pasid, SmmuBuild build) =>
        build.Has(SmmuBuild.S1P) && pasid.MadeFor?.Instance == pasid.Device.Instance && pasid.Rid is not null
            ? Errno.OK
            : Errno.EINVAL;

    /// <summary>Firmware reserves memory for the device (IORT RMR), so its streams start in bypass.</summary>
    private static bool IsInUse(DeviceSpec device) =>
        device.Regions.Any(region => region.Type is ResvType.Direct or ResvType.DirectRelaxable);

    private static int ContextBits(DeviceSpec device, SmmuBuild build)
    {
        var wanted = 0;
        while (wanted < build.SubstreamIdBits && 1U << wanted < device.MaxPasids)
        {
            wanted++;
        }

        return build.Has(SmmuBuild.TwoLevelCd) ? wanted : Math.Min(wanted, 10);
    }
}
