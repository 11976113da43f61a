namespace Conformance.Model.Clients.Iommufd;

/// <summary>
/// The value of IOMMU_IOAS_IOVA_RANGES in an outcome: FNV-1a, 64 bits, over the alignment and then first and
/// last byte of each range, ascending, each number as eight bytes, the lowest first.
/// </summary>
public static class RangeDigest
{
    private const ulong Basis = 0xcbf2_9ce4_8422_2325;
    private const ulong Prime = 0x0000_0100_0000_01b3;

    /// <summary>The digest; never 0.</summary>
    /// <param name="alignment">Bytes, a power of two.</param>
    /// <param name="ranges">Ascending, both ends inclusive.</param>
    public static ulong Of(ulong alignment, IEnumerable<(ulong First, ulong Last)> ranges)
    {
        var hash = Fold(Basis, alignment);
        foreach (var (first, last) in ranges)
        {
            hash = Fold(Fold(hash, first), last);
        }

        return hash == 0 ? 1 : hash;
    }

    private static ulong Fold(ulong hash, ulong number)
    {
        for (var shift = 0; shift < 64; shift += 8)
        {
            hash = unchecked((hash ^ ((number >> shift) & 0xff)) * Prime);
        }

        return hash;
    }
}
