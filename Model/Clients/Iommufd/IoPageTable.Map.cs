using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>Areas come and go.</summary>
public sealed partial class IoPageTable
{
    /// <summary>A part of shared pages that is to become an area (struct iopt_pages_list).</summary>
    public readonly record struct Piece(IoptPages Pages, ulong StartByte, ulong Length);

    /// <summary>
    /// The pieces that show a range, which contiguous areas must cover (iopt_get_pages): -EINVAL for length
    /// 0, -EOVERFLOW, -ENOENT.
    /// </summary>
    public Errno Pieces(ulong iova, ulong length, List<Piece> pieces)
    {
        if (length == 0)
        {
            return Errno.EINVAL;
        }

        if (Overflows(iova, length - 1))
        {
            return Errno.EOVERFLOW;
        }

        var last = iova + length - 1;
        var next = iova;
        foreach (var area in areas.Where(a => a.First <= last && iova <= a.Last))
        {
            if (pieces.Count > 0 ? area.First != next : area.First > next)
            {
                break;
            }

            var end = Math.Min(last, area.Last);
            pieces.Add(new Piece(area.Pages, area.StartByteOf(next), end - next + 1));
            if (end == last)
            {
                return Errno.OK;
            }

            next = end + 1;
        }

        return Errno.ENOENT;
    }

    /// <summary>
    /// Makes areas of pieces, one behind the other, and maps them into every domain (iopt_map_pages).
    /// </summary>
    /// <param name="pieces">At least one.</param>
    /// <param name="iova">Where; null: placed by the kernel.</param>
    /// <param name="length">Bytes in all.</param>
    /// <param name="prot">Of the areas.</param>
    /// <param name="place">User's address of the first piece and largest alignment, for placing.</param>
    /// <param name="at">Where they are now.</param>
    public Errno Map(
        IReadOnlyList<Piece> pieces, ulong? iova, ulong length, Prot prot, in Placement place, out ulong at)
    {
        at = iova ?? 0;
        if ((length & (Alignment - 1)) != 0 || length == 0)
        {
            return Errno.EINVAL;
        }

        var result = iova is { } wanted
            ? CheckIova(wanted, length)
            : place.Find(this, length, out at);
        if (result != Errno.OK)
        {
            return result;
        }

        var made = new List<IoptArea>();
        result = InsertAll(pieces, at, prot, made);
        result = result == Errno.OK ? FillAll(made) : result;
        foreach (var area in made)
        {
            if (result != Errno.OK)
            {
                areas.Remove(area);
            }
            else
            {
                events.Added(slot, area);
            }
        }

        return result;
    }

    /// <summary>
    /// Removes whole areas, the lowest first; one that is covered only in part ends it with -ENOENT, and what
    /// went before it is gone (iopt_unmap_iova_range).
    /// </summary>
    public Errno Unmap(ulong first, ulong last, out ulong bytes)
    {
        bytes = 0;
        while (FirstArea(first, last) is { } area)
        {
            if (area.First < first || area.Last > last)
            {
                return Errno.ENOENT;
            }

            UnfillDomains(area);
            areas.Remove(area);
            events.Removed(slot, area);
            bytes = unchecked(bytes + area.Length);
            if (area.Last >= last)
            {
                break;
            }

            first = area.Last + 1;
        }

        return Errno.OK;
    }

    /// <summary>-EINVAL, -EOVERFLOW, -EINVAL for a reserved range, -EEXIST (iopt_check_iova).</summary>
    private Errno CheckIova(ulong iova, ulong length)
    {
        if ((iova & (Alignment - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        if (Overflows(iova, length - 1))
        {
            return Errno.EOVERFLOW;
        }

        if (policy.Ranges.KeepsOutOfReserved && reserved.Intersects(iova, iova + length - 1))
        {
            return Errno.EINVAL;
        }

        return FirstArea(iova, iova + length - 1) is null ? Errno.OK : Errno.EEXIST;
    }

    /// <summary>-EPERM for a write to pages that were mapped for reading only, -EINVAL for a page offset that
    /// is not aligned (iopt_insert_area).</summary>
    private Errno InsertAll(IReadOnlyList<Piece> pieces, ulong at, Prot prot, List<IoptArea> made)
    {
        foreach (var piece in pieces)
        {
            var area = new IoptArea(
                this, piece.Pages, at, at + (piece.Length - 1), piece.StartByte, prot, pageShift);
            if ((prot & Prot.Write) != 0 && !piece.Pages.IsWritable)
            {
                return Errno.EPERM;
            }

            if ((area.PageOffset & (Alignment - 1)) != 0)
            {
                return Errno.EINVAL;
            }

            Insert(area);
            made.Add(area);
            at = unchecked(at + piece.Length);
        }

        return Errno.OK;
    }

    /// <summary>An error takes earlier pieces out again (iopt_fill_domains_pages).</summary>
    private Errno FillAll(List<IoptArea> made)
    {
        for (var i = 0; i < made.Count; i++)
        {
            var result = policy.Pages.FillDomains(pages, made[i], domains);
            if (result == Errno.OK)
            {
                continue;
            }

            for (var done = 0; done < i; done++)
            {
                UnfillDomains(made[done]);
            }

            return result;
        }

        return Errno.OK;
    }

    /// <summary>Out of every domain, the one that holds the frames last (iopt_area_unfill_domains).</summary>
    private void UnfillDomains(IoptArea area)
    {
        if (area.Storage is not { } storage)
        {
            return;
        }

        foreach (var hwpt in domains)
        {
            if (hwpt != storage)
            {
                pages.Unmap(area, hwpt, area.FirstPage, area.LastPage);
            }
        }

        area.Pages.RemoveFilled(area);
        pages.Unfill(area, storage);
        area.Storage = null;
    }

    private static bool Overflows(ulong start, ulong length) => length > ulong.MaxValue - start;
}
