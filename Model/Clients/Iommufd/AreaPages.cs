using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>
/// Between areas and one domain each: pages into it, and out of it again (pages.c). Frames that stand in a
/// domain already are asked of it (iova_to_phys) and not pinned a second time, so what a driver answers there
/// is what the next domain maps.
/// </summary>
public sealed class AreaPages(KernelCalls kernel, ClientMemory memory)
{
    private readonly int shift = kernel.Topology.CpuPageShift;
    private readonly PinAccount pins = new(kernel, memory);

    /// <summary>Runs that the last <see cref="Read"/> pinned: first byte, bytes.</summary>
    private readonly List<(ulong First, ulong Size)> fresh = [];

    /// <summary>
    /// The frames of an area (pfn_reader): -EFAULT when a page that nobody holds lies beyond the memory.
    /// </summary>
    public Errno Read(IoptArea area, PfnBatch batch)
    {
        batch.Clear();
        fresh.Clear();
        var page = area.FirstPage;
        while (true)
        {
            var last = area.Pages.LastAlike(page, area.LastPage);
            if (area.Pages.FilledAt(page) is { } holder)
            {
                last = Math.Min(last, holder.LastPage);
                AskDomain(holder, page, last, batch);
            }
            else if (!Pin(area.Pages, page, last, batch))
            {
                ReleaseRead(area);
                return Errno.EFAULT;
            }

            if (last == area.LastPage)
            {
                return Errno.OK;
            }

            page = last + 1;
        }
    }

    /// <summary>Unpins what the last <see cref="Read"/> of an area pinned: it is mapped nowhere.</summary>
    public void ReleaseRead(IoptArea area)
    {
        foreach (var (first, size) in fresh)
        {
            foreach (var run in memory.Runs(new MemoryOffset(first), size))
            {
                pins.Unpin(run.Pa, run.Size, area.Pages.IsWritable);
            }
        }

        fresh.Clear();
    }

    /// <summary>
    /// Maps an area's frames into a domain, run by run; an error undoes it (batch_to_domain). The end of a
    /// run is counted in 64 bits, so an area that ends with the address space has its first run reach the
    /// end.
    /// </summary>
    public Errno Map(IoptArea area, Hwpt hwpt, PfnBatch batch)
    {
        var iova = area.First;
        var next = iova;
        var offset = area.PageOffset;
        foreach (var (pfn, count) in batch.Runs)
        {
            next = Math.Min(unchecked(area.Last + 1), unchecked(next + (count << shift) - offset));
            var size = unchecked(next - iova);
            var result = area.Table.HasLargePages
                ? kernel.Map(hwpt.Name, iova, (pfn << shift) + offset, size, area.Prot)
                : MapSmall(hwpt, iova, pfn << shift, size, area.Prot);
            if (result != Errno.OK)
            {
                UnmapUpTo(hwpt, area.First, iova);
                return result;
            }

            iova = next;
            offset = 0;
        }

        return Errno.OK;
    }

    /// <summary>iommu_unmap of pages of an area.</summary>
    public void Unmap(IoptArea area, Hwpt hwpt, ulong firstPage, ulong lastPage)
    {
        var start = area.IovaOf(firstPage);
        kernel.Unmap(hwpt.Name, start, unchecked(area.LastIovaOf(lastPage) - start + 1));
    }

    /// <summary>
    /// Unmaps an area whose frames the domain holds, and unpins what no other area holds
    /// (__iopt_area_unfill_domain): frames are read from the domain first, and no run is cut.
    /// </summary>
    public void Unfill(IoptArea area, Hwpt hwpt)
    {
        var batch = new PfnBatch();
        var unmappedEnd = area.FirstPage;
        var page = area.FirstPage;
        while (true)
        {
            var last = area.Pages.LastAlike(page, area.LastPage);
            if (area.Pages.FilledAt(page) is not null)
            {
                batch.SkipCarry(last - page + 1);
            }
            else
            {
                unmappedEnd = Unpin(area, hwpt, batch, page, last, unmappedEnd);
            }

            if (last == area.LastPage)
            {
                break;
            }

            page = last + 1;
        }

        if (unmappedEnd != area.LastPage + 1)
        {
            Unmap(area, hwpt, unmappedEnd, area.LastPage);
        }
    }

    /// <summary>
    /// One span that nobody else holds (iopt_area_unpin_domain). Gives the page behind what is unmapped.
    /// </summary>
    private ulong Unpin(
        IoptArea area, Hwpt hwpt, PfnBatch batch, ulong first, ulong last, ulong unmappedEnd)
    {
        if (unmappedEnd <= last)
        {
            AskDomain(area, hwpt, Math.Max(first, unmappedEnd), last, batch);
        }

        if (last != area.LastPage)
        {
            AskOn(area, hwpt, last + 1, batch);
        }

        if (unmappedEnd <= last)
        {
            Unmap(area, hwpt, unmappedEnd, first + batch.Total - 1);
            unmappedEnd = first + batch.Total;
        }

        UnpinFirst(batch, last - first + 1, area.Pages.IsWritable);
        batch.ClearCarry(unmappedEnd - last - 1);
        return unmappedEnd;
    }

    /// <summary>The first pages of a batch (batch_unpin).</summary>
    private void UnpinFirst(PfnBatch batch, ulong pages, bool writes)
    {
        foreach (var (pfn, count) in batch.Runs)
        {
            var part = Math.Min(count, pages);
            if (part == 0)
            {
                return;
            }

            pins.Unpin(new PhysAddr(pfn << shift), part << shift, writes);
            pages -= part;
        }
    }

    private void AskDomain(IoptArea holder, ulong first, ulong last, PfnBatch batch) =>
        AskDomain(
            holder,
            holder.Storage ?? throw new InvalidOperationException("an area without domain holds pages"),
            first,
            last,
            batch);

    private void AskDomain(IoptArea area, Hwpt hwpt, ulong first, ulong last, PfnBatch batch)
    {
        for (var page = first; page <= last; page++)
        {
            batch.Add(Ask(area, hwpt, page));
        }
    }

    /// <summary>Reads on while the frames follow each other (batch_from_domain_continue).</summary>
    private void AskOn(IoptArea area, Hwpt hwpt, ulong first, PfnBatch batch)
    {
        for (var page = first; page <= area.LastPage && batch.TryExtend(Ask(area, hwpt, page)); page++)
        {
            // The batch grows.
        }
    }

    private ulong Ask(IoptArea area, Hwpt hwpt, ulong page)
    {
        var offset = page == area.FirstPage ? area.PageOffset : 0;
        return unchecked(kernel.IovaToPhys(hwpt.Name, area.IovaOf(page)) - offset) >> shift;
    }

    private bool Pin(IoptPages pages, ulong first, ulong last, PfnBatch batch)
    {
        for (var page = first; page <= last; page++)
        {
            var at = pages.First + (page << shift);
            if (at >= memory.Size)
            {
                return false;
            }

            batch.Add(memory.PaOf(new MemoryOffset(at)).Value >> shift);
        }

        var start = pages.First + (first << shift);
        var size = (last - first + 1) << shift;
        pins.Pin(new MemoryOffset(start), size, pages.IsWritable);
        fresh.Add((start, size));
        return true;
    }

    /// <summary>Page by page where large pages are off (batch_iommu_map_small).</summary>
    private Errno MapSmall(Hwpt hwpt, ulong start, ulong pa, ulong size, Prot prot)
    {
        for (var done = 0UL; done != size; done += memory.PageSize)
        {
            var result = kernel.Map(hwpt.Name, unchecked(start + done), pa + done, memory.PageSize, prot);
            if (result != Errno.OK)
            {
                UnmapUpTo(hwpt, start, unchecked(start + done));
                return result;
            }
        }

        return Errno.OK;
    }

    private void UnmapUpTo(Hwpt hwpt, ulong start, ulong end)
    {
        if (start != end)
        {
            kernel.Unmap(hwpt.Name, start, unchecked(end - start));
        }
    }
}
