using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>VFIO_IOMMU_MAP_DMA and VFIO_IOMMU_UNMAP_DMA (core.md 8.3).</summary>
public sealed partial class Type1
{
    /// <summary>
    /// vfio_dma_do_map. Where a range wraps 6.1 and 6.12 look later, but for the same error.
    /// </summary>
    public Errno Map(ulong iova, MemoryOffset at, ulong size, Prot prot)
    {
        var user = unchecked(ClientMemory.UserAddress + at.Value);
        if (size == 0)
        {
            return Errno.EINVAL;
        }

        if (Wraps(iova, size) || Wraps(user, size))
        {
            return Policy.RangeWraps;
        }

        if (prot == Prot.None || !IsAligned(iova | user | size))
        {
            return Errno.EINVAL;
        }

        if (Mappings.Find(iova, size) is not null)
        {
            return Errno.EEXIST;
        }

        return valid.Allows(iova, iova + (size - 1))
            ? PinAndMap(new Type1Mapping(iova, prot), at.Value, size)
            : Errno.EINVAL;
    }

    /// <summary>vfio_dma_do_unmap: the bytes of the mappings that were removed.</summary>
    public Outcome Unmap(ulong iova, ulong size)
    {
        if (!IsAligned(iova | size) || size == 0)
        {
            return Outcome.Of(Errno.EINVAL);
        }

        if (Wraps(iova, size))
        {
            return Outcome.Of(Policy.RangeWraps);
        }

        return isV2 && Policy.Requests.CutsMapping(Mappings, iova, iova + (size - 1))
            ? Outcome.Of(Errno.EINVAL)
            : Outcome.Bytes(RemoveWithin(iova, size));
    }

    /// <summary>With VFIO_DMA_UNMAP_FLAG_ALL; v2 has no test then.</summary>
    public ulong UnmapAll() => RemoveWithin(0, ulong.MaxValue);

    private static bool Wraps(ulong first, ulong size) => size - 1 > ulong.MaxValue - first;

    /// <summary>Aligned to the smallest page that all domains have.</summary>
    private bool IsAligned(ulong value) => (value & (pageSizes.Min - 1)) == 0;

    /// <summary>v1 goes no further than to the first mapping that begins before the range.</summary>
    private ulong RemoveWithin(ulong iova, ulong size)
    {
        var bytes = 0UL;
        foreach (var mapping in Mappings.Within(iova, size).ToArray())
        {
            if (!isV2 && iova > mapping.Iova)
            {
                break;
            }

            bytes += mapping.Size;
            Remove(mapping);
        }

        return bytes;
    }

    /// <summary>
    /// vfio_pin_map_dma: run by run of contiguous memory. A run that ends with the memory although the
    /// process asked for more is not mapped: the kernel fails to pin what follows before it knows that the
    /// run is at its end. An error removes what was mapped.
    /// </summary>
    private Errno PinAndMap(Type1Mapping mapping, ulong at, ulong size)
    {
        Mappings.Add(mapping);
        var result = Errno.OK;
        while (mapping.Size < size && result == Errno.OK)
        {
            var next = at + mapping.Size;
            var run = PinRun(next, size - mapping.Size, mapping.IsWritable);
            if (run == 0)
            {
                result = Errno.EFAULT;
                break;
            }

            var pa = memory.PaOf(new MemoryOffset(next)).Value;
            result = MapRun(mapping, unchecked(mapping.Iova + mapping.Size), pa, run);
            if (result == Errno.OK)
            {
                mapping.Size += run;
            }
            else
            {
                Pins.Unpin(new PhysAddr(pa), run, mapping.IsWritable);
            }
        }

        if (result != Errno.OK)
        {
            Remove(mapping);
        }

        return result;
    }

    /// <summary>Bytes of the run that is pinned from a byte on, 0 for -EFAULT.</summary>
    private ulong PinRun(ulong at, ulong size, bool writes)
    {
        if (at >= memory.Size)
        {
            return 0;
        }

        var start = new MemoryOffset(at);
        var run = memory.Runs(start, Math.Min(size, memory.Size - at)).First().Size;
        Pins.Pin(start, run, writes);
        if (at + run < memory.Size || run == size)
        {
            return run;
        }

        Pins.Unpin(memory.PaOf(start), run, writes);
        return 0;
    }

    /// <summary>vfio_iommu_map: into every domain, or into none.</summary>
    private Errno MapRun(Type1Mapping mapping, ulong iova, ulong pa, ulong size)
    {
        for (var i = 0; i < domains.Count; i++)
        {
            var result = Kernel.Map(domains[i].Name, iova, pa, size, Policy.Requests.ProtOf(mapping));
            if (result == Errno.OK)
            {
                continue;
            }

            for (var undone = i - 1; undone >= 0; undone--)
            {
                Kernel.Unmap(domains[undone].Name, iova, size);
            }

            return result;
        }

        return Errno.OK;
    }
}
