using Conformance.Model.Clients;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>
/// Draws what a client maps and unmaps: pieces of its memory, large ones where it is contiguous, at the
/// addresses that <see cref="RangeDrawer"/> finds interesting.
/// </summary>
internal sealed class AreaDrawer
{
    private readonly Dice dice;
    private readonly ClientMemory memory;
    private readonly RangeDrawer ranges;
    private readonly ulong[] hot = new ulong[4];

    public AreaDrawer(Dice dice, ClientPlace place)
    {
        this.dice = dice;
        memory = place.Memory;
        ranges = new RangeDrawer(dice, place.Topology);
        for (var i = 0; i < hot.Length; i++)
        {
            hot[i] = (ulong)dice.Below(ClientMemory.Pages) * memory.PageSize;
        }
    }

    /// <summary>Where the upper half of the memory begins: one piece, aligned to its size.</summary>
    private ulong Half => memory.Size / 2;

    /// <summary>An area for a map at a fixed IOVA.</summary>
    public MappedRange ForMap(PageLadder ladder, DomainMemory own, DomainMemory other)
    {
        var large = LargeOf(ladder);
        var size = DrawSize(large);
        var at = DrawMemory(size, large);
        var iova = ranges.ForArea(ladder, own, other, size);
        if (size >= large && dice.Percent(70))
        {
            // Congruent to the memory, so that the tables can use a large page.
            iova = (iova & ~(large - 1)) | (at & (large - 1));
        }
        else if (dice.Percent(92))
        {
            iova &= ~(memory.PageSize - 1);
        }

        return new MappedRange(iova, at, size);
    }

    /// <summary>Where an area of a given size may go.</summary>
    public ulong At(PageLadder ladder, DomainMemory own, DomainMemory other, ulong size) =>
        ranges.ForArea(ladder, own, other, size) & ~(memory.PageSize - 1);

    /// <summary>An area of the size and address of another one, elsewhere in memory.</summary>
    public MappedRange Elsewhere(MappedRange area) =>
        area with { Pa = DrawMemory(area.Size, Math.Max(area.Size, memory.PageSize)) };

    /// <summary>Memory for a map whose address the kernel chooses.</summary>
    public (ulong Memory, ulong Size) ForMapAuto(PageLadder ladder)
    {
        var large = LargeOf(ladder);
        var size = DrawSize(large);
        return (DrawMemory(size, large), size);
    }

    /// <summary>Arguments of an unmap, as <see cref="RangeDrawer.ForUnmap"/>.</summary>
    public (ulong Iova, ulong Size) ForUnmap(PageLadder ladder, DomainMemory own, DomainMemory other) =>
        ranges.ForUnmap(ladder, own, other);

    /// <summary>An address to access, as <see cref="RangeDrawer.ForProbe"/>.</summary>
    public ulong ForDma(PageLadder ladder, DomainMemory own) => ranges.ForProbe(ladder, own);

    /// <summary>An area over the beginning, the end, or all of a range that must not be mapped.</summary>
    public MappedRange Over((ulong First, ulong Last) reserved)
    {
        var (first, last) = reserved;
        var page = memory.PageSize;
        var begin = first & ~(page - 1);
        var iova = dice.Below(4) switch
        {
            0 => begin - page,
            1 => begin,
            2 => last & ~(page - 1),
            _ => begin + (dice.Below(Math.Min((last - begin) / page, 1024) + 1) * page),
        };
        var size = page * (dice.Percent(50) ? 2UL : 1UL);
        return new MappedRange(iova, DrawMemory(size, size), size);
    }

    /// <summary>An offset in the memory; mostly one of a few, used again and again.</summary>
    public ulong DrawMemory(ulong size, ulong large)
    {
        if (size > memory.Size)
        {
            return 0;
        }

        if (size >= large && large <= Half && dice.Percent(75))
        {
            var steps = (memory.Size - Half) / large;
            var at = Half + (dice.Below(steps) * large);
            return size <= memory.Size - at ? at : Math.Min(Half, memory.Size - size);
        }

        var offset = dice.Percent(60)
            ? dice.Pick<ulong>(hot) + (dice.Below(4UL) * memory.PageSize)
            : (ulong)dice.Below(ClientMemory.Pages) * memory.PageSize;
        return Math.Min(offset, memory.Size - size) & ~(memory.PageSize - 1);
    }

    /// <summary>The smallest page above a CPU page that fits half of the memory.</summary>
    private ulong LargeOf(PageLadder ladder)
    {
        foreach (var large in ladder.Large)
        {
            if (large > memory.PageSize && large <= Half)
            {
                return large;
            }
        }

        return memory.PageSize << 9;
    }

    private ulong DrawSize(ulong large) => dice.Weighted([34, 26, 13, 7, 14, 4, 2]) switch
    {
        0 => memory.PageSize,
        1 => memory.PageSize * (2 + dice.Below(7UL)),
        2 => large,
        3 => dice.Percent(50) ? large + memory.PageSize : large - memory.PageSize,
        4 => memory.PageSize * (1 + dice.Below(64UL)),
        5 => Math.Min(large * (2 + dice.Below(3UL)), Half),
        _ => memory.PageSize * (1 + dice.Below(700UL)),
    };
}
