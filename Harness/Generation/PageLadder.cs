using System.Numerics;
using Conformance.Model.Contract;

namespace Conformance.Harness.Generation;

/// <summary>The sizes and ends that matter to the tables of one profile.</summary>
internal sealed class PageLadder
{
    /// <summary>No page above this is asked for: the walk over it would say nothing new.</summary>
    private const int LargeBitsMax = 39;

    private readonly List<ulong> large = [];

    // Every power of two is offered by drivers that write small pages all the same (s390, mtk, sprd of 6.1).
    private readonly bool allPowers;

    public PageLadder(DriverProfile profile)
    {
        Sizes = profile.PageSizes.IsEmpty ? new PageSizes(0x1000) : profile.PageSizes;
        Min = Sizes.Min;
        First = profile.Aperture.End > profile.Aperture.Start ? profile.Aperture.Start : 0;
        Last = profile.Aperture.End > profile.Aperture.Start ? profile.Aperture.End : profile.IovaLast;
        IovaLast = profile.IovaLast;
        PaLast = profile.PaLast;
        Ends = EndsOf(profile);
        SizesOnly = profile.IsGenericPageTable;
        allPowers = Sizes.Contains(Min << 1) && Sizes.Contains(Min << 2);
        var minBits = BitOperations.Log2(Min);
        for (var bits = minBits + 1; bits <= LargeBitsMax && !allPowers; bits++)
        {
            if (Sizes.Contains(1UL << bits))
            {
                large.Add(1UL << bits);
            }
        }

        if (large.Count == 0)
        {
            // One real page size: what a table of it spans, as declared or for the formats there are.
            large.AddRange(
                profile.EntryShifts.Where(s => s > minBits && s <= LargeBitsMax).Select(s => 1UL << s));
        }

        if (large.Count == 0)
        {
            large.AddRange([Min << 8, Min << 9, Min << 10, Min << 11]);
        }
    }

    public PageSizes Sizes { get; }

    public ulong Min { get; }

    /// <summary>Larger pages, ascending; with one page size, spans of tables.</summary>
    public IReadOnlyList<ulong> Large => large;

    /// <summary>First IOVA of the aperture.</summary>
    public ulong First { get; }

    /// <summary>Last IOVA of the aperture.</summary>
    public ulong Last { get; }

    public ulong IovaLast { get; }

    public ulong PaLast { get; }

    /// <summary>
    /// First addresses of parts of the space that the profile names, and those just behind them.
    /// </summary>
    public IReadOnlyList<ulong> Ends { get; }

    /// <summary>
    /// Sizes that are no multiple of the smallest page are out of contract (generic page table).
    /// </summary>
    public bool SizesOnly { get; }

    /// <summary>Leaves of a map, capped: the work that it makes. Misaligned arguments count 0.</summary>
    public ulong Leaves(ulong iova, ulong pa, ulong size)
    {
        if (((iova | pa | size) & (Min - 1)) != 0)
        {
            return 0;
        }

        if (allPowers)
        {
            return size / Min;
        }

        var leaves = 0UL;
        for (var steps = 0; size != 0 && steps < 64; steps++)
        {
            var page = Sizes.Choose(iova, pa, size, out var count);
            leaves += count;
            iova += page * count;
            pa += page * count;
            size -= page * count;
        }

        return leaves;
    }

    private List<ulong> EndsOf(DriverProfile profile)
    {
        List<ulong> ends = [0, Min, First, Last + 1, profile.IovaFirst, IovaLast + 1, 1UL << 31, 1UL << 32];
        if (profile.IovaUpperFirst is { } upper)
        {
            ends.Add(upper);
        }

        if (profile.DmaWindow is { } window)
        {
            ends.AddRange([window.First, window.Last + 1]);
        }

        if (profile.Untranslated is { } hole)
        {
            ends.AddRange([hole.First, hole.Last + 1]);
        }

        ends.AddRange(profile.DriverRegions.SelectMany(r => (ulong[])[r.Start.Value, r.End + 1]));
        return ends;
    }
}
