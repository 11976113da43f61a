using Conformance.Model.Contract;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>
/// The I/O page table of an IOAS (struct io_pagetable): areas, ranges that are reserved or allowed, and the
/// domains that show the areas. Here what it is; what a process does to it is in the other parts.
/// </summary>
/// <param name="slot">The IOAS, for events.</param>
/// <param name="pages">Moves pages into domains and out of them.</param>
/// <param name="policy">What the kernel version decides.</param>
/// <param name="events">Where it says what changed.</param>
/// <param name="pageShift">Log2 of the CPU page.</param>
public sealed partial class IoPageTable(
    int slot, AreaPages pages, IommufdPolicy policy, IoasEvents events, int pageShift)
{
    private readonly List<IoptArea> areas = [];
    private readonly IovaSet reserved = new();
    private readonly List<Hwpt> domains = [];
    private IovaSet allowed = new();

    /// <summary>Bytes to which IOVAs, lengths and page offsets are aligned (iova_alignment).</summary>
    public ulong Alignment { get; private set; } = 1;

    /// <summary>IOMMU_OPTION_HUGE_PAGES.</summary>
    public bool HasLargePages { get; private set; } = true;

    /// <summary>Ascending.</summary>
    public IReadOnlyList<IoptArea> Areas => areas;

    /// <summary>In the order in which an area is mapped into them.</summary>
    public IReadOnlyList<Hwpt> Domains => domains;

    private ulong PageSize => 1UL << pageShift;

    /// <summary>What is not reserved, ascending (iommufd_ioas_iova_ranges).</summary>
    public IReadOnlyList<(ulong First, ulong Last)> UsableRanges() =>
        IovaSet.Holes(reserved.Ranges, 0, ulong.MaxValue);

    /// <summary>What neither is reserved nor an area, from one address to another.</summary>
    public IReadOnlyList<(ulong First, ulong Last)> FreeRanges(ulong first, ulong last) =>
        IovaSet.Holes(reserved.Ranges.Concat(areas.Select(area => (area.First, area.Last))), first, last);

    /// <summary>Where placement may look, from one address to another: the allowed ranges if any.</summary>
    public IReadOnlyList<(ulong First, ulong Last)> AllowedRanges(ulong first, ulong last) =>
        allowed.IsEmpty
            ? [(first, last)]
            : IovaSet.Holes(IovaSet.Holes(allowed.Ranges, first, last), first, last);

    /// <summary>IOMMU_OPTION_HUGE_PAGES on: always works (iopt_enable_large_pages).</summary>
    public void EnableLargePages()
    {
        HasLargePages = true;
        Alignment = OwnAlignment();
    }

    /// <summary>
    /// Off: -EINVAL once there are a domain and an area, -EADDRINUSE for areas that are not whole pages
    /// (iopt_disable_large_pages).
    /// </summary>
    public Errno DisableLargePages()
    {
        if (!HasLargePages)
        {
            return Errno.OK;
        }

        if (domains.Count > 0 && areas.Count > 0)
        {
            return Errno.EINVAL;
        }

        HasLargePages = false;
        var alignment = OwnAlignment();
        if (alignment > Alignment && !AreasFit(alignment))
        {
            HasLargePages = true;
            return Errno.EADDRINUSE;
        }

        Alignment = alignment;
        return Errno.OK;
    }

    /// <summary>Range by range what placement may use; replaces the old set (iopt_set_allow_iova).</summary>
    /// <param name="range">Null: no range, so anything.</param>
    public Errno Allow((ulong First, ulong Last)? range)
    {
        var set = new IovaSet();
        if (range is { } one)
        {
            if (one.First >= one.Last)
            {
                return Errno.EINVAL;
            }

            if (reserved.Intersects(one.First, one.Last))
            {
                return Errno.EADDRINUSE;
            }

            set.Add(one.First, one.Last, owner: null);
        }

        allowed = set;
        return Errno.OK;
    }

    private IoptArea? FirstArea(ulong first, ulong last) =>
        areas.Find(area => area.First <= last && first <= area.Last);

    private void Insert(IoptArea area)
    {
        var at = areas.FindIndex(other => other.First > area.First);
        areas.Insert(at < 0 ? areas.Count : at, area);
    }

    private bool AreasFit(ulong alignment) =>
        areas.TrueForAll(area => ((area.First | area.Length | area.PageOffset) & (alignment - 1)) == 0);

    private ulong OwnAlignment()
    {
        var alignment = HasLargePages ? 1 : PageSize;
        foreach (var hwpt in domains)
        {
            alignment = Math.Max(alignment, SmallestPage(hwpt.Domain));
        }

        return alignment;
    }

    /// <summary>A domain that has no page sizes yet asks for no alignment.</summary>
    private static ulong SmallestPage(IommuDomain domain) => Math.Max(domain.PageSizes.Min, 1);
}
