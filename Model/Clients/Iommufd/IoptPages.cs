using Conformance.Model.Contract;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>
/// Pages of the client's memory that areas share (struct iopt_pages): those of one IOMMU_IOAS_MAP and of all
/// copies of it.
/// </summary>
/// <param name="first">Offset in the client's memory of page 0, aligned to pages.</param>
/// <param name="writable">Mapped for writing, so copies may be too.</param>
public sealed class IoptPages(ulong first, bool writable)
{
    private readonly List<IoptArea> filled = [];

    public ulong First { get; } = first;

    public bool IsWritable { get; } = writable;

    /// <summary>
    /// An area whose pages stand in a domain (domains_itree); by first page, then in the order of arrival.
    /// </summary>
    public void AddFilled(IoptArea area)
    {
        var at = filled.FindIndex(other => other.FirstPage > area.FirstPage);
        filled.Insert(at < 0 ? filled.Count : at, area);
    }

    public void RemoveFilled(IoptArea area) => filled.Remove(area);

    /// <summary>The area whose domain is asked for a page; null: it has to be pinned.</summary>
    public IoptArea? FilledAt(ulong page) =>
        filled.Find(area => area.FirstPage <= page && page <= area.LastPage);

    /// <summary>
    /// Last page from <paramref name="page"/> on that is held like it, at most a given one.
    /// </summary>
    public ulong LastAlike(ulong page, ulong last)
    {
        var held = FilledAt(page) is not null;
        if (held)
        {
            return LastHeld(page, last);
        }

        foreach (var area in filled)
        {
            if (area.FirstPage > page)
            {
                return Math.Min(last, area.FirstPage - 1);
            }
        }

        return last;
    }

    private ulong LastHeld(ulong page, ulong last)
    {
        var end = page;
        foreach (var area in filled)
        {
            if (area.FirstPage <= end + 1 && area.LastPage > end)
            {
                end = area.LastPage;
            }
        }

        return Math.Min(end, last);
    }
}

/// <summary>IOVA to pages: one area of an IOAS (struct iopt_area).</summary>
/// <param name="Table">Whose area it is.</param>
/// <param name="Pages">What it shows.</param>
/// <param name="First">First IOVA.</param>
/// <param name="Last">Last IOVA, inclusive.</param>
/// <param name="StartByte">Bytes from page 0 of <paramref name="Pages"/> to the first IOVA.</param>
/// <param name="Prot">CACHE, with READ, WRITE or both.</param>
/// <param name="PageShift">Log2 of the CPU page.</param>
public sealed record IoptArea(
    IoPageTable Table, IoptPages Pages, ulong First, ulong Last, ulong StartByte, Prot Prot, int PageShift)
{
    /// <summary>The domain that is asked for the frames (storage_domain); null: none is filled.</summary>
    public Hwpt? Storage { get; set; }

    public ulong PageOffset => StartByte & ((1UL << PageShift) - 1);

    public ulong FirstPage => StartByte >> PageShift;

    public ulong LastPage => (StartByte + (Last - First)) >> PageShift;

    /// <summary>Bytes; 0 for all of the address space.</summary>
    public ulong Length => unchecked(Last - First + 1);

    /// <summary>Where a page of the area begins (iopt_area_index_to_iova).</summary>
    public ulong IovaOf(ulong page) => page == FirstPage
        ? First
        : unchecked(First - PageOffset + ((page - FirstPage) << PageShift));

    /// <summary>Where it ends, inclusive (iopt_area_index_to_iova_last).</summary>
    public ulong LastIovaOf(ulong page) => page == LastPage
        ? Last
        : unchecked(First - PageOffset + ((page - FirstPage + 1) << PageShift) - 1);

    /// <summary>Bytes from page 0 of <see cref="Pages"/> to an IOVA inside.</summary>
    public ulong StartByteOf(ulong iova) => StartByte + (iova - First);

    public bool Equals(IoptArea? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
