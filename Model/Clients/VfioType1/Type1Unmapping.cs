using Conformance.Model.Contract;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>
/// Takes a mapping out of all domains and lets go of its pages (vfio_unmap_unpin). The first domain is where
/// the physical addresses are kept: it comes last.
/// </summary>
public class Type1Unmapping
{
    /// <summary>VFIO_IOMMU_TLB_SYNC_MAX: regions that wait for one invalidation.</summary>
    private const int RegionsPerSync = 512;

    /// <summary>Unmaps and unpins a mapping; the list of mappings stays as it is.</summary>
    public void Run(Type1 container, Type1Mapping mapping)
    {
        if (mapping.Size == 0 || container.Domains.Count == 0)
        {
            return;
        }

        UnmapOthers(container, mapping);
        var first = container.Domains[0];
        var waiting = new List<(ulong Pa, ulong Size)>();
        var page = container.PageSize;
        var walked = container.Mappings.Walked(mapping);
        var done = 0UL;
        while (done < walked)
        {
            var iova = unchecked(mapping.Iova + done);
            var pa = container.Kernel.IovaToPhys(first.Name, iova);
            if (pa == 0)
            {
                done += page;
                continue;
            }

            var run = first.HasFineLargePages
                ? page
                : container.ContiguousFrom(first, iova, pa, walked - done);
            var bytes = UnmapRun(container, mapping, iova, pa, run, waiting);
            if (bytes == 0)
            {
                break;
            }

            done += bytes;
        }

        if (waiting.Count > 0)
        {
            SyncAndUnpin(container, mapping, waiting);
        }
    }

    /// <summary>iommu_unmap, with its invalidation, from all domains but the first.</summary>
    protected virtual void UnmapOthers(Type1 container, Type1Mapping mapping)
    {
        foreach (var domain in container.Domains.Skip(1))
        {
            container.Kernel.Unmap(domain.Name, mapping.Iova, mapping.Size);
        }
    }

    /// <summary>vfio_sync_unpin.</summary>
    protected virtual void SyncAndUnpin(
        Type1 container, Type1Mapping mapping, List<(ulong Pa, ulong Size)> waiting)
    {
        container.Kernel.Sync(container.Domains[0].Name);
        Unpin(container, mapping, waiting);
    }

    protected static void Unpin(
        Type1 container, Type1Mapping mapping, List<(ulong Pa, ulong Size)> waiting)
    {
        foreach (var (pa, size) in waiting)
        {
            container.Pins.Unpin(new PhysAddr(pa), size, mapping.IsWritable);
        }

        waiting.Clear();
    }

    /// <summary>
    /// One run out of the first domain, its pages left for a later invalidation (unmap_unpin_fast); if
    /// nothing comes out, once more at once (unmap_unpin_slow).
    /// </summary>
    private ulong UnmapRun(
        Type1 container, Type1Mapping mapping, ulong iova, ulong pa, ulong run,
        List<(ulong Pa, ulong Size)> waiting)
    {
        var name = container.Domains[0].Name;
        var bytes = container.Kernel.UnmapFast(name, iova, run);
        if (bytes != 0)
        {
            waiting.Add((pa, bytes));
        }

        if (bytes == 0 || waiting.Count >= RegionsPerSync)
        {
            SyncAndUnpin(container, mapping, waiting);
        }

        if (bytes != 0)
        {
            return bytes;
        }

        bytes = container.Kernel.Unmap(name, iova, run);
        if (bytes != 0)
        {
            Unpin(container, mapping, [(pa, bytes)]);
        }

        return bytes;
    }
}
