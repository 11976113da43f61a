using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.S390;

/// <summary>What s390-iommu declares, per tree and variant.</summary>
public static class S390Profile
{
    public static DriverProfile Of(KernelTree tree, string variant)
    {
        var firmware = S390Firmware.Of(variant);
        return tree switch
        {
            KernelTree.V6_1 => Of61(variant, firmware),
            KernelTree.V6_12 => AmongOthers(Of612(variant, firmware), firmware),
            _ => AmongOthers(Of72(variant, firmware), firmware),
        };
    }

    private static TopologyLimits Limits { get; } = new()
    {
        RequesterLast = 0xffff,
        InstancePerDevice = true,
        SharedGroups = false,
    };

    private static DriverProfile Of61(string variant, S390Firmware firmware)
    {
        var (start, end) = firmware.Window(KernelTree.V6_1);
        var lastUsable = firmware.Ism ? end - S390Format.PageSize : end;
        return new DriverProfile
        {
            Driver = S390Driver.DriverName,
            Variant = variant,
            Tree = KernelTree.V6_1,
            Ops = IommuOps.DomainAlloc | IommuOps.SetPlatformDmaOps | IommuOps.Capable,
            PagingOps = DomainOps.Paging | DomainOps.DetachDev,
            AllocTypes = [DomainType.Unmanaged],
            KnownTypes = [DomainType.Unmanaged],
            PageSizes = new PageSizes(S390Format.PageAddress),
            PageSizesBefore = new PageSizes(S390Format.PageAddress),
            Aperture = new Aperture(start, end, Force: true),
            ApertureBefore = default,
            Finalise = FinaliseRule.AtFirstAttachOfEmpty,
            CheckCompatible = IsSameWindow,
            MapBeforeFinalise = Errno.EINVAL,
            IovaFirst = start,

            // The aperture test of 6.1 loses the last page.
            IovaLast = end - S390Format.PageSize,
            IovaOutside = Errno.EINVAL,
            ClipsAtLimit = true,
            UnmapOutsideRefused = true,
            UnmapTakesPhysicalZeroForHole = true,
            PaLast = ulong.MaxValue,
            NoPermission = Errno.EINVAL,
            WriteOnly = WriteOnlyRule.Refuse,
            Overlap = OverlapRule.Replace,
            Hole = HoleRule.CountAfterFirst,
            IovaToPhysIsPageBase = true,
            LooksUpInAperture = true,
            RefusedAttach = RefusedAttach.Blocked,
            Unattached = UnattachedDma.Platform,
            PlatformTable = S390PlatformTable.Content(start),
            BeforeStart = UnattachedDma.Blocked,
            DmaWindow = (start, lastUsable),
            CheckProbe = spec => spec.Pci ? Errno.OK : Errno.ENODEV,
            SingletonGroups = true,
            Capabilities = Capabilities.CacheCoherency | Capabilities.InterruptRemap,
            Limits = Limits,
        };
    }

    private static DriverProfile Of612(string variant, S390Firmware firmware)
    {
        var (start, end) = firmware.Window(KernelTree.V6_12);
        var last = S390Firmware.TableLast(S390Format.RegionThird);
        return new DriverProfile
        {
            Driver = S390Driver.DriverName,
            Variant = variant,
            Tree = KernelTree.V6_12,
            Ops = IommuOps.DomainAllocPaging | IommuOps.Capable,
            PagingOps =
                DomainOps.Paging | DomainOps.FlushIotlbAll | DomainOps.IotlbSync | DomainOps.IotlbSyncMap,
            HasStaticBlocked = true,
            ReleasesToBlocked = true,
            KnownTypes = [DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq, DomainType.Blocked],
            PageSizes = new PageSizes(S390Format.PageSize),
            Aperture = new Aperture(0, last, Force: true),
            IovaLast = last,
            IovaOutside = Errno.EINVAL,
            UnmapOutsideRefused = true,
            PaLast = ulong.MaxValue,
            NoPermission = Errno.OK,
            NoPermissionBecomes = Prot.Read,
            WriteOnly = WriteOnlyRule.BecomesReadWrite,
            Overlap = OverlapRule.ReplaceUntilFlushed,
            Hole = HoleRule.Count,
            IovaToPhysIsPageBase = true,
            LooksUpInAperture = true,
            RefusedAttach = RefusedAttach.Blocked,
            CheckCompatible = TouchesWindow,
            RefusedBeforeChange = [Errno.EINVAL],
            BeforeStart = UnattachedDma.Blocked,
            DmaWindow = (start, end),
            CheckProbe = spec => spec.Pci ? Errno.OK : Errno.ENODEV,
            SingletonGroups = true,
            DriverRegions = [.. Below(start), .. Above(end, last)],
            Capabilities = firmware.Ism
                ? Capabilities.CacheCoherency
                : Capabilities.CacheCoherency | Capabilities.DeferredFlush,
            Limits = Limits,
        };
    }

    private static DriverProfile Of72(string variant, S390Firmware firmware)
    {
        var (start, end) = firmware.Window(KernelTree.V7_2);
        var last = S390Firmware.TableLast(firmware.RootLevel(start, end));
        end = Math.Min(end, last);
        return Of612(variant, firmware) with
        {
            Tree = KernelTree.V7_2,
            IdentityOffset = start,
            Aperture = new Aperture(0, last, Force: true),
            IovaLast = last,
            DmaWindow = (start, end),
            DriverRegions = [.. Below(start)],
            DriverRegionsWhilePaging = [.. Above(end, last)],
        };
    }

    /// <summary>
    /// What hangs on all functions of a system: a replaced page is announced at once if all have
    /// <c>tlb_refresh</c>; identity (7.2) is there if all have relaxed translation.
    /// </summary>
    private static DriverProfile AmongOthers(DriverProfile profile, S390Firmware firmware) =>
        WithOthers(profile, firmware.TlbRefresh, firmware.RelaxedTranslation) with
        {
            InTopology = topology => WithOthers(
                profile,
                S390Firmware.All(topology, f => f.TlbRefresh),
                S390Firmware.All(topology, f => f.RelaxedTranslation)),
        };

    private static DriverProfile WithOthers(DriverProfile profile, bool allRefresh, bool allRelaxed)
    {
        var hasIdentity = profile.Tree == KernelTree.V7_2 && allRelaxed;
        return profile with
        {
            Overlap = allRefresh ? OverlapRule.Replace : OverlapRule.ReplaceUntilFlushed,
            HasStaticIdentity = hasIdentity,
            KnownTypes = hasIdentity ? [.. profile.KnownTypes, DomainType.Identity] : profile.KnownTypes,
        };
    }

    /// <summary>
    /// 6.1: all functions of a domain have the window of the first; found out after the switch.
    /// </summary>
    private static Errno IsSameWindow(AttachCase attach) =>
        attach.MadeFor is null || attach.Domain.Aperture == attach.Unit.Aperture ? Errno.OK : Errno.EINVAL;

    /// <summary>From 6.12 on: the window must touch the aperture, else nothing changes.</summary>
    private static Errno TouchesWindow(AttachCase attach)
    {
        var aperture = attach.Domain.Aperture;
        var window = attach.Unit.DmaWindow.GetValueOrDefault((0, ulong.MaxValue));
        return attach.Type.IsPaging() && (aperture.Start > window.Last || aperture.End < window.First)
            ? Errno.EINVAL
            : Errno.OK;
    }

    private static IEnumerable<ResvRegion> Below(ulong start) =>
        start == 0 ? [] : [new ResvRegion(ResvType.Reserved, new Iova(0), start, Prot.None)];

    private static IEnumerable<ResvRegion> Above(ulong end, ulong last) =>
        end == last ? [] : [new ResvRegion(ResvType.Reserved, new Iova(end + 1), last - end, Prot.None)];
}
