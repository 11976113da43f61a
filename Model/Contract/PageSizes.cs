using System.Numerics;

namespace Conformance.Model.Contract;

/// <summary>
/// <c>pgsize_bitmap</c>: the OR of all page sizes, in bytes. Empty means the domain cannot map.
/// </summary>
public readonly record struct PageSizes(ulong Bitmap)
{
    public static readonly PageSizes None = new(0);

    public bool IsEmpty => Bitmap == 0;

    /// <summary>The smallest size, the required alignment of everything; 0 when empty.</summary>
    public ulong Min => Bitmap & (0 - Bitmap);

    public bool Contains(ulong size) => BitOperations.IsPow2(size) && (Bitmap & size) != 0;

    /// <summary>
    /// The page size and count of the next driver call (iommu.c: iommu_pgsize; core.md 5.2). For unmap
    /// <paramref name="pa"/> is the IOVA. <paramref name="size"/> is not 0 and all three are aligned to
    /// <see cref="Min"/>.
    /// </summary>
    public ulong Choose(ulong iova, ulong pa, ulong size, out ulong count)
    {
        var merge = iova | pa;
        var sizes = Bitmap & MaskUpTo(BitOperations.Log2(size));
        if (merge != 0)
        {
            sizes &= MaskUpTo(BitOperations.TrailingZeroCount(merge));
        }

        var chosen = 1UL << BitOperations.Log2(sizes);
        count = size / chosen;
        var larger = Bitmap & ~MaskUpTo(BitOperations.Log2(chosen));
        if (larger == 0)
        {
            return chosen;
        }

        var next = larger & (0 - larger);
        if (((iova ^ pa) & (next - 1)) != 0)
        {
            return chosen;
        }

        var offset = next - (iova & (next - 1));
        if (offset + next >= next && offset + next <= size)
        {
            count = offset / chosen;
        }

        return chosen;
    }

    public override string ToString() => $"0x{Bitmap:x}";

    private static ulong MaskUpTo(int bit) => bit >= 63 ? ulong.MaxValue : (1UL << (bit + 1)) - 1;
}

/// <summary>The inclusive range of IOVA a domain can map (<c>struct iommu_domain_geometry</c>).</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">Last byte, inclusive.</param>
/// <param name="Force">DMA outside is not possible.</param>
public readonly record struct Aperture(ulong Start, ulong End, bool Force)
{
    /// <summary>0 to 2^<paramref name="bits"/> - 1, forced.</summary>
    public static Aperture OfBits(int bits) =>
        new(0, bits >= 64 ? ulong.MaxValue : (1UL << bits) - 1, Force: true);

    public bool Contains(ulong iova) => iova >= Start && iova <= End;
}
