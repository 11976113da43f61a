using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>1:1 mappings of firmware regions (iommu_create_device_direct_mappings; core.md 3.5).</summary>
public class DirectMappingPolicy
{
    /// <summary>flush_iotlb_all after a device's mappings (6.1, 6.12).</summary>
    public bool FlushesAfter { get; init; }

    /// <summary>
    /// Looks IOVA 0 up as address 1, so that its right answer 0 is not taken for "unmapped" (7.2).
    /// </summary>
    public bool AsksForAddressOne { get; init; }

    /// <summary>Lays the direct regions of a device into a domain; the first error ends it.</summary>
    public Errno Create(IommuCore core, IommuDevice dev, IommuDomain domain)
    {
        var isDma = domain.Type.IsDmaApi();
        if (isDma && domain.PageSizes.IsEmpty)
        {
            core.Warn(WarnCode.NoPageSizes, dev: dev, domain: domain);
            return Errno.EINVAL;
        }

        var regions = new List<ResvRegion>();
        IommuCore.DriverOf(dev).GetResvRegions(dev, regions);
        var result = Errno.OK;
        foreach (var region in regions)
        {
            result = One(core, dev, domain, region, isDma);
            if (result != Errno.OK)
            {
                break;
            }
        }

        if (result == Errno.OK && FlushesAfter && isDma && regions.Count > 0)
        {
            core.FlushIotlbAll(domain);
        }

        ref var e = ref core.Trace.Add(EventKind.DirectMappings);
        e.Device = (short)dev.Id.Index;
        e.Domain = domain.Id;
        e.Errno = result;
        return result;
    }

    /// <summary>
    /// Both ends are rounded up; runs of pages that translate to nothing are mapped to themselves.
    /// </summary>
    protected virtual Errno MapRuns(IommuCore core, IommuDomain domain, ResvRegion region)
    {
        var page = domain.PageSizes.Min;
        var start = RoundUp(region.Start.Value, page);
        var end = RoundUp(region.Start.Value + region.Length, page);
        var run = 0UL;
        for (var addr = start; addr < end; addr += page)
        {
            var asked = addr == 0 && AsksForAddressOne ? 1 : addr;
            if (core.IovaToPhys(domain, new Iova(asked)).Value == 0)
            {
                run += page;
                continue;
            }

            var result = MapRun(core, domain, addr - run, run, region.Prot);
            if (result != Errno.OK)
            {
                return result;
            }

            run = 0;
        }

        return MapRun(core, domain, end - run, run, region.Prot);
    }

    private Errno One(IommuCore core, IommuDevice dev, IommuDomain domain, ResvRegion region, bool isDma)
    {
        if (region.Type is not (ResvType.Direct or ResvType.DirectRelaxable))
        {
            return Errno.OK;
        }

        dev.RequireDirect |= region.Type == ResvType.Direct;
        ref var e = ref core.Trace.Add(EventKind.DirectRegion);
        e.Device = (short)dev.Id.Index;
        e.A = region.Start.Value;
        e.B = region.End;
        e.Extra = (byte)region.Prot;
        e.Flag = region.Type == ResvType.DirectRelaxable;
        return isDma ? MapRuns(core, domain, region) : Errno.OK;
    }

    private static Errno MapRun(IommuCore core, IommuDomain domain, ulong start, ulong size, Prot prot) =>
        size == 0 ? Errno.OK : core.Map(domain, new Iova(start), new PhysAddr(start), size, prot);

    private static ulong RoundUp(ulong value, ulong page) => (value + page - 1) & ~(page - 1);
}
