namespace Conformance.Model.Contract;

/// <summary>What an unmap collects until one <c>iotlb_sync</c> (struct iommu_iotlb_gather).</summary>
/// <remarks>A class that the core reuses: no allocation per unmap. Empty means <c>Start &gt;=
/// End</c>.</remarks>
public sealed class IotlbGather
{
    /// <summary>First byte gathered; all ones when empty.</summary>
    public ulong Start { get; private set; } = ulong.MaxValue;

    /// <summary>Last byte gathered, inclusive; 0 when empty.</summary>
    public ulong End { get; private set; }

    /// <summary>Page size of the gathered pages; 0 when none or a plain range.</summary>
    public ulong PageSize { get; private set; }

    /// <summary>
    /// Set when a flush queue will flush later; drivers then gather nothing and send nothing.
    /// </summary>
    public bool Queued { get; set; }

    /// <summary>Table pages to be freed by the driver once the invalidation has completed.</summary>
    public List<PhysAddr> Freelist { get; } = [];

    public bool IsEmpty => Start >= End;

    public void Reset()
    {
        Start = ulong.MaxValue;
        End = 0;
        PageSize = 0;
        Queued = false;
        Freelist.Clear();
    }

    /// <summary>Extends the range; never syncs (iommu_iotlb_gather_add_range).</summary>
    public void AddRange(ulong iova, ulong size)
    {
        Start = Math.Min(Start, iova);
        End = Math.Max(End, iova + size - 1);
    }

    /// <summary>
    /// Extends by pages of one size. True when the caller must sync and <see cref="Reset"/> first, because
    /// the
    /// page size differs or the range is disjoint (iommu_iotlb_gather_add_page).
    /// </summary>
    public bool NeedsSyncBefore(ulong iova, ulong size, ulong pageSize) =>
        (PageSize != 0 && PageSize != pageSize) || IsDisjoint(iova, size);

    /// <summary>Extends by pages of <paramref name="pageSize"/>.</summary>
    public void AddPage(ulong iova, ulong size, ulong pageSize)
    {
        PageSize = pageSize;
        AddRange(iova, size);
    }

    private bool IsDisjoint(ulong iova, ulong size) =>
        End != 0 && ((iova > End && iova - End > 1) || (iova + size < Start && iova + size != 0));
}
