using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>iommu_map, iommu_unmap and look-ups (core.md 5).</summary>
public sealed partial class IommuCore
{
    private readonly Stack<IotlbGather> gathers = new();
    private readonly Dictionary<IommuDomain, IotlbGather> pending = [];

    /// <summary>iommu_map: all of it or, after an error, nothing.</summary>
    public Errno Map(IommuDomain domain, Iova iova, PhysAddr pa, ulong size, Prot prot)
    {
        var result = Era.Map.CheckMap(this, domain, iova.Value, pa.Value, size);
        if (result == Errno.OK)
        {
            var mapped = 0UL;
            result = Era.Map.TakesRange(domain)
                ? MapRange(domain, iova, pa, size, prot, ref mapped)
                : MapLoop(domain, iova.Value, pa.Value, size, prot, ref mapped);
            if (result == Errno.OK && (domain.Ops & DomainOps.IotlbSyncMap) != 0)
            {
                result = SyncMap(domain, iova, size);
                mapped = size;
            }

            if (result != Errno.OK)
            {
                UnmapBytes(domain, iova.Value, mapped, fast: false);
            }
        }

        ref var e = ref Trace.Add(EventKind.CoreMap);
        Fill(ref e, domain, iova, size);
        e.B = pa.Value;
        e.Extra = (byte)prot;
        e.Errno = result;
        return result;
    }

    /// <summary>
    /// iommu_unmap, or iommu_unmap_fast when the sync is left to a later <see cref="SyncPending"/>.
    /// </summary>
    public ulong Unmap(IommuDomain domain, Iova iova, ulong size, bool fast)
    {
        var bytes = UnmapBytes(domain, iova.Value, size, fast);
        ref var e = ref Trace.Add(EventKind.CoreUnmap);
        Fill(ref e, domain, iova, size);
        e.E = bytes;
        e.Flag = fast;
        return bytes;
    }

    /// <summary>iommu_iova_to_phys: IDENTITY gives the input, BLOCKED 0, else the driver decides.</summary>
    public PhysAddr IovaToPhys(IommuDomain domain, Iova iova)
    {
        var pa = domain.Type switch
        {
            DomainType.Identity => new PhysAddr(iova.Value),
            DomainType.Blocked => default,
            _ => domain.IovaToPhys(iova),
        };
        ref var e = ref Trace.Add(EventKind.CoreIovaToPhys);
        e.Domain = domain.Id;
        e.A = iova.Value;
        e.B = pa.Value;
        return pa;
    }

    /// <summary>iommu_flush_iotlb_all; an absent op is skipped.</summary>
    public void FlushIotlbAll(IommuDomain domain)
    {
        if ((domain.Ops & DomainOps.FlushIotlbAll) == 0)
        {
            return;
        }

        domain.FlushIotlbAll();
        Trace.Add(EventKind.FlushIotlbAll).Domain = domain.Id;
    }

    /// <summary>iommu_iotlb_sync of what fast unmaps left on a domain.</summary>
    public void SyncPending(IommuDomain domain)
    {
        if (pending.Remove(domain, out var gather))
        {
            SyncGather(domain, gather);
            gathers.Push(gather);
        }
    }

    private Errno MapRange(
        IommuDomain domain, Iova iova, PhysAddr pa, ulong size, Prot prot, ref ulong mapped)
    {
        var fails = Faults.TakeMap(out var injected);
        var part = fails ? Half(size, domain.PageSizes.Min) : size;
        var result = fails && part == 0 ? Errno.OK : domain.MapRange(iova, pa, part, prot, ref mapped);
        result = result == Errno.OK && fails ? injected : result;
        ref var e = ref Trace.Add(EventKind.MapRange);
        Fill(ref e, domain, iova, part);
        e.B = pa.Value;
        e.E = mapped;
        e.Extra = (byte)prot;
        e.Errno = result;
        return result;
    }

    private Errno MapLoop(
        IommuDomain domain, ulong iova, ulong pa, ulong size, Prot prot, ref ulong mapped)
    {
        while (mapped < size)
        {
            var before = mapped;
            var result = MapOnce(domain, iova + before, pa + before, size - before, prot, ref mapped);
            if (result != Errno.OK)
            {
                return result;
            }

            if (mapped == before)
            {
                throw new DriverStuckException($"map_pages of {domain} returns 0 without progress");
            }
        }

        return Errno.OK;
    }

    private Errno MapOnce(
        IommuDomain domain, ulong iova, ulong pa, ulong size, Prot prot, ref ulong mapped)
    {
        var page = Era.Map.Choose(domain.PageSizes, iova, pa, size, out var count);
        var fails = Faults.TakeMap(out var injected);
        var asked = fails ? count / 2 : count;
        var done = 0UL;
        var result = asked == 0
            ? Errno.OK
            : domain.MapPages(new Iova(iova), new PhysAddr(pa), page, asked, prot, ref done);
        result = result == Errno.OK && fails ? injected : result;
        mapped += done;
        ref var e = ref Trace.Add(EventKind.MapPages);
        Fill(ref e, domain, new Iova(iova), page);
        e.B = pa;
        e.D = asked;
        e.E = done;
        e.Extra = (byte)prot;
        e.Errno = result;
        return result;
    }

    private Errno SyncMap(IommuDomain domain, Iova iova, ulong size)
    {
        var result = domain.IotlbSyncMap(iova, size);
        ref var e = ref Trace.Add(EventKind.IotlbSyncMap);
        Fill(ref e, domain, iova, size);
        e.Errno = result;
        return Era.Map.SyncMapMayFail ? result : Errno.OK;
    }

    private ulong UnmapBytes(IommuDomain domain, ulong iova, ulong size, bool fast)
    {
        if (!Era.Map.MayUnmap(this, domain, iova, size))
        {
            return 0;
        }

        if (!pending.TryGetValue(domain, out var gather) || !fast)
        {
            gather = gathers.Count > 0 ? gathers.Pop() : new IotlbGather();
            gather.Reset();
        }

        var bytes = Era.Map.TakesRange(domain)
            ? UnmapRange(domain, iova, size, gather)
            : UnmapLoop(domain, iova, size, gather);
        if (fast)
        {
            pending[domain] = gather;
            return bytes;
        }

        SyncGather(domain, gather);
        gathers.Push(gather);
        return bytes;
    }

    private ulong UnmapRange(IommuDomain domain, ulong iova, ulong size, IotlbGather gather)
    {
        var bytes = domain.UnmapRange(new Iova(iova), size, gather);
        NoteUnmap(EventKind.UnmapRange, domain, iova, size, 1, bytes);
        return bytes;
    }

    private ulong UnmapLoop(IommuDomain domain, ulong start, ulong size, IotlbGather gather)
    {
        var total = 0UL;
        while (total < size)
        {
            var iova = start + total;
            var page = Era.Map.Choose(domain.PageSizes, iova, iova, size - total, out var count);
            var bytes = domain.UnmapPages(new Iova(iova), page, count, gather);
            NoteUnmap(EventKind.UnmapPages, domain, iova, page, count, bytes);
            if (bytes == 0)
            {
                break;
            }

            Era.Map.FillGather(gather, iova, size);
            total += bytes;
        }

        return total;
    }

    private void SyncGather(IommuDomain domain, IotlbGather gather)
    {
        if ((domain.Ops & DomainOps.IotlbSync) == 0 || !Era.Map.Syncs(gather))
        {
            gather.Reset();
            return;
        }

        var (start, end, pages) = (gather.Start, gather.End, gather.Freelist.Count);
        domain.IotlbSync(gather);
        ref var e = ref Trace.Add(EventKind.IotlbSync);
        e.Domain = domain.Id;
        e.A = start;
        e.B = end;
        e.D = (ulong)pages;
        e.Flag = start >= end;
        gather.Reset();
    }

    private void NoteUnmap(
        EventKind kind, IommuDomain domain, ulong iova, ulong page, ulong count, ulong bytes)
    {
        ref var e = ref Trace.Add(kind);
        Fill(ref e, domain, new Iova(iova), page);
        e.D = count;
        e.E = bytes;
    }

    private static void Fill(ref TraceEvent e, IommuDomain domain, Iova iova, ulong size)
    {
        e.Domain = domain.Id;
        e.A = iova.Value;
        e.C = size;
    }

    private static ulong Half(ulong size, ulong page) => size / 2 & ~(page - 1);
}

/// <summary>The driver makes no progress; the core would loop for ever.</summary>
public sealed class DriverStuckException(string message) : Exception(message);
