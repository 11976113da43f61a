using System.Numerics;
using Conformance.Model.Contract;

namespace Conformance.Properties.Oracle;

/// <summary>A live base page of a <see cref="NaiveDomain"/>.</summary>
internal readonly record struct NaivePage(ulong Pa, Prot Prot, int LeafShift);

/// <summary>
/// Map and unmap rules of a profile written down page by page: a dictionary of base pages, a set of tables,
/// no ranges.
/// </summary>
internal sealed class NaiveDomain(DriverProfile profile)
{
    public const ulong Base = 4096;

    private readonly int[] levels =
        [.. Enumerable.Range(0, 64).Where(bit => profile.PageSizes.Contains(1UL << bit))];

    /// <summary>Entries (log2 of their bytes, index) that lead to a table.</summary>
    private readonly HashSet<(int Shift, ulong Index)> tables = [];

    public Dictionary<ulong, NaivePage> Pages { get; } = [];

    public Errno Map(ulong iova, ulong pa, ulong pageSize, ulong count, Prot prot, ref ulong mapped)
    {
        var leaf = profile.PartialUnmap == PartialUnmapRule.NotApplicable ? Base : pageSize;
        for (var done = 0UL; done < pageSize * count; done += leaf)
        {
            var errno = MapOne(iova + done, pa + done, leaf, prot);
            if (errno != Errno.OK)
            {
                return errno;
            }

            mapped += leaf;
        }

        return Errno.OK;
    }

    public ulong Unmap(ulong iova, ulong pageSize, ulong count) => profile.Hole switch
    {
        HoleRule.CountAfterFirst => UnmapUnits(iova, pageSize, count),
        HoleRule.StopAtEntry => UnmapEntries(iova, pageSize, count),
        HoleRule.CountToEntryEnd => UnmapToEntryEnd(iova, pageSize * count),
        _ => UnmapPages(iova, pageSize, count),
    };

    private Errno MapOne(ulong iova, ulong pa, ulong size, Prot prot)
    {
        var shift = BitOperations.Log2(size);
        var live = BasePages(iova, size).Where(Pages.ContainsKey).ToArray();
        if (live.Length > 0)
        {
            var old = Pages[live[0]].LeafShift;
            var rule = old < shift ? profile.OverlapSmaller ?? profile.Overlap
                : old == shift && size > Base ? profile.OverlapLarge ?? profile.Overlap
                : profile.Overlap;
            if (rule == OverlapRule.Refuse)
            {
                return profile.OverlapErrno;
            }

            if (rule == OverlapRule.KeepOldAndSucceed)
            {
                return Errno.OK;
            }

            Clear(iova, size);
        }

        foreach (var page in BasePages(iova, size))
        {
            Pages[page] = new NaivePage(pa + (page - iova), prot, shift);
        }

        foreach (var level in levels)
        {
            if (level > shift)
            {
                tables.Add((level, iova >> level));
            }
            else
            {
                tables.RemoveWhere(
                    t => t.Shift == level && t.Index << level >= iova && t.Index << level < iova + size);
            }
        }

        return Errno.OK;
    }

    private ulong UnmapPages(ulong iova, ulong pageSize, ulong count)
    {
        var end = iova + (pageSize * count);
        var at = iova;
        while (at < end)
        {
            if (!Pages.TryGetValue(at, out var page))
            {
                if (profile.Hole == HoleRule.Stop)
                {
                    break;
                }

                at += Base;
            }
            else if (!TryUnmapLeaf(page, ref at, pageSize))
            {
                break;
            }
        }

        return at - iova;
    }

    private ulong UnmapUnits(ulong iova, ulong pageSize, ulong count)
    {
        var at = iova;
        for (; count > 0; count--)
        {
            var outside = profile.UnmapOutsideRefused
                && (at < profile.IovaFirst || at + pageSize - 1 > profile.IovaLast);
            if (outside || !Pages.TryGetValue(at, out var page)
                || (profile.UnmapTakesPhysicalZeroForHole && page.Pa == 0))
            {
                break;
            }

            Clear(at, pageSize);
            at += pageSize;
        }

        return at - iova;
    }

    private ulong UnmapEntries(ulong iova, ulong pageSize, ulong count)
    {
        var shift = BitOperations.Log2(pageSize);
        var end = iova + (pageSize * count);
        var at = iova;
        while (at < end)
        {
            if (Pages.TryGetValue(at, out var page) && page.LeafShift >= shift)
            {
                if (!TryUnmapLeaf(page, ref at, pageSize))
                {
                    break;
                }
            }
            else if (tables.Contains((shift, at >> shift)))
            {
                Clear(at, pageSize);
                DropTablesIn(at, pageSize);
                at += pageSize;
            }
            else
            {
                break;
            }
        }

        return at - iova;
    }

    private ulong UnmapToEntryEnd(ulong iova, ulong size)
    {
        var end = 1UL << levels[0];
        foreach (var level in levels.Skip(1).Reverse())
        {
            var isLeaf = Pages.TryGetValue(iova, out var page) && page.LeafShift == level;
            if (isLeaf || !tables.Contains((level, iova >> level)))
            {
                end = 1UL << level;
                break;
            }
        }

        size = Math.Max(size, end);
        var reach = 1UL << (levels[^1] + (levels[^1] - levels[^2]));
        if (iova + size > reach)
        {
            return size;
        }

        foreach (var page in BasePages(iova, size).Where(Pages.ContainsKey).ToArray())
        {
            var leaf = 1UL << Pages[page].LeafShift;
            var start = page & ~(leaf - 1);
            if (start >= iova && start + leaf <= iova + size)
            {
                Pages.Remove(page);
            }
        }

        DropTablesIn(iova, size);
        return size;
    }

    /// <summary>The leaf at an address goes by the rule for partial unmaps, or does not.</summary>
    private bool TryUnmapLeaf(NaivePage page, ref ulong at, ulong pageSize)
    {
        var leaf = 1UL << page.LeafShift;
        var start = at & ~(leaf - 1);
        switch (profile.PartialUnmap)
        {
            case PartialUnmapRule.Refuse when pageSize < leaf:
            case PartialUnmapRule.WholeFromStart when at != start:
                return false;
            case PartialUnmapRule.Whole:
            case PartialUnmapRule.WholeFromStart:
                Clear(start, leaf);
                at = start + leaf;
                return true;
            default:
                Clear(at, Math.Min(leaf, pageSize));
                at += Math.Min(leaf, pageSize);
                return true;
        }
    }

    /// <summary>Removes one entry's worth; a larger leaf around it is split level by level.</summary>
    private void Clear(ulong iova, ulong size)
    {
        foreach (var page in BasePages(iova, size))
        {
            if (Pages.TryGetValue(page, out var live))
            {
                SplitTo(page, live.LeafShift, BitOperations.Log2(size));
                Pages.Remove(page);
            }
        }
    }

    private void SplitTo(ulong iova, int from, int to)
    {
        while (from > to)
        {
            var next = levels.Last(level => level < from);
            var start = iova >> from << from;
            tables.Add((from, iova >> from));
            foreach (var page in BasePages(start, 1UL << from))
            {
                if (Pages.TryGetValue(page, out var live))
                {
                    Pages[page] = live with { LeafShift = next };
                }
            }

            from = next;
        }
    }

    private void DropTablesIn(ulong iova, ulong size) =>
        tables.RemoveWhere(t =>
            t.Index << t.Shift >= iova && (t.Index << t.Shift) + (1UL << t.Shift) <= iova + size);

    private static IEnumerable<ulong> BasePages(ulong iova, ulong size)
    {
        for (var at = iova; at < iova + size; at += Base)
        {
            yield return at;
        }
    }
}
