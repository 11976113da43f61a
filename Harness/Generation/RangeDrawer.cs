using System.Numerics;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// Draws addresses and sizes: edges of pages, tables, apertures and 32 and 64 bits; neighbours of what is
/// mapped; what was unmapped a while ago; and a few addresses of the run again and again, so that ranges
/// collide.
/// </summary>
internal sealed class RangeDrawer
{
    private const ulong LeavesUsual = 1024;
    private const ulong LeavesRare = 16384;
    private const ulong BytesMax = 64UL << 20;

    private readonly Dice dice;
    private readonly Topology topology;
    private readonly ulong[] hot = new ulong[6];

    public RangeDrawer(Dice dice, Topology topology)
    {
        this.dice = dice;
        this.topology = topology;
        for (var i = 0; i < hot.Length; i++)
        {
            hot[i] = dice.Next() >> dice.Between(16, 52);
        }
    }

    /// <summary>Arguments of a map. <paramref name="other"/> is the memory of some other domain.</summary>
    public MappedRange ForMap(PageLadder ladder, DomainMemory own, DomainMemory other)
    {
        var size = DrawSize(ladder);
        var iova = DrawIova(ladder, own, other, size);
        if (dice.Percent(8) && own.Gone.Count > 0)
        {
            var gone = dice.Pick(own.Gone);
            (iova, size) = (gone.Iova, gone.Size);
        }

        var pa = DrawPa(ladder, iova, size);
        var limit = dice.Percent(3) ? LeavesRare : LeavesUsual;
        if (ladder.Leaves(iova, pa, size) > limit)
        {
            pa = Congruent(ladder, iova, pa);
        }

        var leaves = ladder.Leaves(iova, pa, size);
        if (leaves > limit || (own.Bytes > BytesMax && leaves > 16))
        {
            size = ladder.Min * (1 + (ulong)dice.Below(4));
        }

        return new MappedRange(iova, pa, size);
    }

    /// <summary>Where a range of a given size may go, as in <see cref="ForMap"/>.</summary>
    public ulong ForArea(PageLadder ladder, DomainMemory own, DomainMemory other, ulong size) =>
        own.Gone.Count > 0 && dice.Percent(8)
            ? dice.Pick(own.Gone).Iova
            : DrawIova(ladder, own, other, size);

    /// <summary>The size, or one page when so much work would come of it that runs grow slow.</summary>
    public static ulong Bearable(PageLadder ladder, ulong iova, ulong pa, ulong size) =>
        ladder.Leaves(iova, pa, size) > LeavesRare ? ladder.Min : size;

    /// <summary>
    /// Arguments of an unmap: mostly what was mapped, else parts, joins, holes, and what is gone.
    /// </summary>
    public (ulong Iova, ulong Size) ForUnmap(PageLadder ladder, DomainMemory own, DomainMemory other)
    {
        var (iova, size) = DrawUnmap(ladder, own, other);
        return (iova, Bearable(ladder, iova, iova, size));
    }

    private (ulong Iova, ulong Size) DrawUnmap(PageLadder ladder, DomainMemory own, DomainMemory other)
    {
        if (own.Live.Count == 0 || dice.Percent(5))
        {
            var from = other.Live.Count > 0 && dice.Percent(40) ? other.Live : own.Gone;
            return from.Count > 0
                ? (dice.Pick(from).Iova, dice.Pick(from).Size)
                : (DrawIova(ladder, own, other, ladder.Min), Cap(DrawSize(ladder)));
        }

        var live = dice.Pick(own.Live);
        var pages = Math.Max(live.Size / ladder.Min, 1);
        var skip = dice.Below(pages) * ladder.Min;
        return dice.Weighted([66, 7, 7, 6, 6, 4, 4]) switch
        {
            0 => (live.Iova, live.Size),
            1 => (live.Iova, (1 + dice.Below(pages)) * ladder.Min),
            2 => (live.Iova + skip, live.Size - skip),
            3 => (live.Iova + skip, ladder.Min),
            4 => (live.Iova, Cap(live.Size + (ladder.Min * (1 + dice.Below(8UL))))),
            5 => (live.Iova - ladder.Min, live.Size + ladder.Min),
            _ => Join(live, dice.Pick(own.Live)),
        };
    }

    /// <summary>An address to look at or to access: in, at the ends of, and beside ranges.</summary>
    public ulong ForProbe(PageLadder ladder, DomainMemory own)
    {
        var from = own.Gone.Count > 0 && dice.Percent(30) ? own.Gone : own.Live;
        if (from.Count == 0 || dice.Percent(15))
        {
            return DrawIova(ladder, own, own, ladder.Min) + dice.Below(ladder.Min);
        }

        var range = dice.Pick(from);
        return dice.Below(5) switch
        {
            0 => range.Iova,
            1 => range.End - 1,
            2 => range.End,
            3 => range.Iova - 1,
            _ => range.Iova + dice.Below(Math.Max(range.Size, 1)),
        };
    }

    private static ulong Cap(ulong size) => Math.Min(size, BytesMax);

    /// <summary>From the start of the lower to the end of the higher range, if that is not far.</summary>
    private static (ulong Iova, ulong Size) Join(MappedRange one, MappedRange two)
    {
        var low = one.Iova <= two.Iova ? one : two;
        var high = one.Iova <= two.Iova ? two : one;
        return (low.Iova, Math.Max(low.Size, Math.Min(high.End - low.Iova, BytesMax)));
    }

    private ulong DrawSize(PageLadder ladder)
    {
        // The next smaller level below a gigabyte page costs 512 leaves as soon as a page is missing.
        var large = dice.Pick(ladder.Large);
        large = large > BytesMax && !dice.Percent(30) ? ladder.Large[0] : large;
        return dice.Weighted([34, 22, 18, 8, 6, 12]) switch
        {
            0 => ladder.Min,
            1 => ladder.Min * (2 + dice.Below(7UL)),
            2 => large,
            3 => dice.Percent(50) ? large + ladder.Min : large - ladder.Min,
            4 => large * (2 + dice.Below(3UL)),
            _ => ladder.Min * (1 + dice.Below(64UL)),
        };
    }

    private ulong DrawIova(PageLadder ladder, DomainMemory own, DomainMemory other, ulong size)
    {
        var large = dice.Pick(ladder.Large);
        var kind = dice.Weighted([26, 20, 10, 14, 16, 5, 4, 5]);
        var iova = kind switch
        {
            0 => dice.Pick<ulong>(hot) + (dice.Below(8UL) * ladder.Min),
            1 => (dice.Pick<ulong>(hot) & ~(large - 1)) + (large * dice.Below(4UL)),
            2 => TableBoundary(ladder) - (ladder.Min * dice.Below(4UL)),
            3 => Edge(ladder, size),
            4 => Neighbour(ladder, own, size),
            5 => other.Live.Count > 0 ? dice.Pick(other.Live).Iova : dice.Pick<ulong>(hot),
            6 => BesideRegion(ladder),
            _ => dice.Next() >> dice.Below(52),
        };
        iova &= ~(ladder.Min - 1);
        return kind is 3 or 4 || Inside(ladder, iova) ? iova : Fold(ladder, iova);
    }

    private static bool Inside(PageLadder ladder, ulong iova) => iova >= ladder.First && iova <= ladder.Last;

    /// <summary>The same offset inside the aperture, so that high random addresses stay useful.</summary>
    private static ulong Fold(PageLadder ladder, ulong iova)
    {
        var span = ladder.Last - ladder.First;
        return span == ulong.MaxValue ? iova : (ladder.First + (iova % (span + 1))) & ~(ladder.Min - 1);
    }

    /// <summary>A multiple of a power of two between a few pages and the whole space.</summary>
    private ulong TableBoundary(PageLadder ladder)
    {
        var minBits = BitOperations.Log2(ladder.Min);
        var topBits = BitOperations.Log2(ladder.Last | 1) + 1;
        var bits = minBits + dice.Below(Math.Max(topBits - minBits, 1));
        return (1 + dice.Below(3UL)) << Math.Min(bits, 63);
    }

    /// <summary>
    /// The range that begins at an end, ends there, or reaches across; mostly one inside the aperture.
    /// </summary>
    private ulong Edge(PageLadder ladder, ulong size)
    {
        var end = dice.Pick(ladder.Ends);
        var first = dice.Weighted([45, 45, 5, 5]) switch
        {
            0 => end,
            1 => end - size,
            2 => end - ladder.Min,
            _ => end - (size / 2),
        };
        var isFar = !Inside(ladder, first) || !Inside(ladder, first + size - 1);
        return isFar && dice.Percent(70) ? ladder.Last + 1 - size : first;
    }

    private ulong Neighbour(PageLadder ladder, DomainMemory own, ulong size)
    {
        if (own.Live.Count == 0)
        {
            return dice.Pick<ulong>(hot);
        }

        var range = own.Live[Math.Max(0, own.Live.Count - 1 - dice.Below(6))];
        return dice.Below(6) switch
        {
            0 => range.Iova,
            1 => range.Iova - size,
            2 => range.Iova + (ladder.Min * dice.Below(8UL)),
            3 => range.End - ladder.Min,
            _ => range.End,
        };
    }

    private ulong BesideRegion(PageLadder ladder)
    {
        if (topology.Devices.IsEmpty)
        {
            return 0;
        }

        var device = topology.Devices[dice.Below(topology.Devices.Length)];
        if (device.Regions.IsEmpty)
        {
            return dice.Pick<ulong>(hot);
        }

        var region = dice.Pick(device.Regions.AsSpan());
        return dice.Below(3) switch
        {
            0 => region.Start.Value,
            1 => region.Start.Value - ladder.Min,
            _ => region.End + 1,
        };
    }

    private ulong DrawPa(PageLadder ladder, ulong iova, ulong size)
    {
        var pa = dice.Weighted([60, 22, 8, 4, 6]) switch
        {
            0 => dice.Next() >> 32,
            1 => dice.Next() & ladder.PaLast,
            2 => ladder.PaLast + 1 - size,
            3 => iova,
            _ => dice.Percent(30) ? 0 : ladder.Min,
        };
        pa = Math.Min(pa, ladder.PaLast) & ~(ladder.Min - 1);
        return dice.Percent(65) ? Congruent(ladder, iova, pa) : pa;
    }

    /// <summary>
    /// Equal to the IOVA modulo the largest page that fits below the end of memory: large pages fit.
    /// </summary>
    private static ulong Congruent(PageLadder ladder, ulong iova, ulong pa)
    {
        for (var i = ladder.Large.Count - 1; i >= 0; i--)
        {
            var large = ladder.Large[i];
            var moved = (pa & ~(large - 1)) | (iova & (large - 1));
            if (large <= ladder.PaLast / 4 && moved <= ladder.PaLast)
            {
                return moved;
            }
        }

        return pa;
    }
}
