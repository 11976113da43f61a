namespace Conformance.Drivers.PageTables;

/// <summary>
/// How an IOVA is cut into indices. Level 1 is the leaf table, level <see cref="TopLevel"/> chooses the TTBR,
/// and each level takes <see cref="BitsPerLevel"/> bits above those of the level below.
/// </summary>
/// <param name="pageShift">12 or 14; a table is as large as a page.</param>
/// <param name="topLevel">3, or 4 in four-level mode.</param>
/// <param name="tableBits">log2 of the number of TTBRs in use, 0 to 2.</param>
/// <param name="topBits">IOVA bits the driver looks at to choose the TTBR.</param>
public class DartGeometry(int pageShift, int topLevel, int tableBits, int topBits)
{
    /// <summary>Most TTBRs a stream has.</summary>
    public const int TablesMax = 4;

    private readonly ulong mask = (1UL << (pageShift - DartBits.EntryShift)) - 1;
    private readonly ulong topMask = (1UL << topBits) - 1;

    public int PageShift { get; } = pageShift;

    public int TopLevel { get; } = topLevel;

    public int BitsPerLevel { get; } = pageShift - DartBits.EntryShift;

    /// <summary>TTBRs in use.</summary>
    public int Tables { get; } = 1 << tableBits;

    /// <summary>Bytes of a table.</summary>
    public int TableBytes => 1 << PageShift;

    public int EntriesPerTable => 1 << BitsPerLevel;

    /// <summary>
    /// 6.1 and 6.12: two levels under up to four TTBRs, for either page size; upper IOVA bits are masked
    /// away, so an address beyond the tables aliases a low one. Null when the width needs more TTBRs
    /// (dart_alloc_pgtable).
    /// </summary>
    public static DartGeometry? TwoLevel(int pageShift, int ias)
    {
        var tableBits = Math.Max(0, ias - pageShift - (2 * (pageShift - DartBits.EntryShift)));
        return 1 << tableBits > TablesMax ? null : new DartGeometry(pageShift, 3, tableBits, tableBits);
    }

    /// <summary>
    /// 7.2: a second upper level where one is not enough; only 4K tables have more than one TTBR. The TTBR
    /// index has the width of any other index, so an address beyond the tables is noticed, but again aliases
    /// from one index further up (dart_alloc_pgtable, dart_get_index).
    /// </summary>
    public static DartGeometry? Levelled(int pageShift, int ias)
    {
        var bits = pageShift - DartBits.EntryShift;
        var ttbrBits = pageShift == 12 ? 2 : 0;
        var iovaBits = ias - pageShift;
        var levels = Math.Max(2, (iovaBits - ttbrBits + bits - 1) / bits);
        var tableBits = Math.Max(0, iovaBits - (bits * levels));
        return levels > 3 || tableBits > ttbrBits
            ? null
            : new DartGeometry(pageShift, levels + 1, tableBits, bits);
    }

    /// <summary>Which TTBR; <see cref="Tables"/> or more when there is none.</summary>
    public int Table(ulong iova) => (int)((iova >> Shift(TopLevel)) & topMask);

    /// <summary>Index into a table of a level below the top.</summary>
    public virtual int Index(ulong iova, int level) => (int)((iova >> Shift(level)) & mask);

    /// <summary>Lowest IOVA bit of a level's index.</summary>
    protected int Shift(int level) => (level * BitsPerLevel) + DartBits.EntryShift;
}
