using System.Buffers.Binary;
using Conformance.Drivers.Hardware;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// The I/O translation tables of s390 PCI functions: region-first, -second and -third tables, segment table,
/// page table. Entries are 64-bit and big-endian. Source: arch/s390/include/asm/pci_dma.h of 6.1, 6.12 and
/// 7.2.
/// </summary>
/// <remarks>
/// A level is the number the format itself uses in an entry's type field and in the anchor's designation: 0
/// segment, 1 region-third, 2 region-second, 3 region-first. A table of a level holds entries of that type.
/// </remarks>
public static class S390Format
{
    public const int PageShift = 12;
    public const ulong PageSize = 1UL << PageShift;

    /// <summary>Region and segment tables: 2048 entries, 16 KiB, aligned to their size.</summary>
    public const int TableEntries = 2048;
    public const int TableBytes = 16 * 1024;

    /// <summary>Page tables: 256 entries, 2 KiB, aligned to their size.</summary>
    public const int PageTableEntries = 256;
    public const int PageTableBytes = 2 * 1024;

    /// <summary>
    /// Bit 5 of region and segment entries: nothing below. What empty tables are filled with.
    /// </summary>
    public const ulong TableInvalid = 0x20;

    /// <summary>Bit 10 of page entries. What empty page tables are filled with.</summary>
    public const ulong PageInvalid = 0x400;

    /// <summary>Bit 9 of any entry: writes are refused.</summary>
    public const ulong Protected = 0x200;

    /// <summary>Address bits of a page entry.</summary>
    public const ulong PageAddress = ~0xfffUL;

    /// <summary>Address bits of a region entry and of the anchor.</summary>
    public const ulong TableAddress = ~0x3fffUL;

    /// <summary>Address bits of a segment entry.</summary>
    public const ulong PageTableAddress = ~0x7ffUL;

    /// <summary>
    /// Anchor: translation is on. Without it addresses are used untranslated (7.2, relaxed translation).
    /// </summary>
    public const ulong AnchorEnabled = 0x800;

    public const int Segment = 0;
    public const int RegionThird = 1;
    public const int RegionSecond = 2;
    public const int RegionFirst = 3;

    private const int SegmentShift = 20;
    private const int TableBits = 11;
    private const int TypeShift = 2;
    private const ulong TypeMask = 3;
    private const ulong LengthMask = 3;
    private const int OffsetShift = 6;
    private const ulong OffsetMask = 3;

    /// <summary>Index into the table of a level: bits 30:20, 41:31, 52:42, 63:53.</summary>
    public static int TableIndex(ulong iova, int level) =>
        (int)(iova >> (SegmentShift + (TableBits * level))) & (TableEntries - 1);

    /// <summary>Index into a page table: bits 19:12.</summary>
    public static int PageIndex(ulong iova) => (int)(iova >> PageShift) & (PageTableEntries - 1);

    /// <summary>
    /// First address behind what a root of the level reaches is this many bits wide: 42, 53, 64.
    /// </summary>
    public static int AddressBits(int rootLevel) => SegmentShift + (TableBits * (rootLevel + 1));

    /// <summary>Bytes that one entry of a table of the level spans.</summary>
    public static ulong Span(int level) => 1UL << (SegmentShift + (TableBits * level));

    /// <summary>
    /// Entry of a table of <paramref name="level"/> that leads to <paramref name="next"/>; full length.
    /// </summary>
    public static ulong TableEntry(ulong next, int level) =>
        level == Segment ? next : next | ((ulong)level << TypeShift) | LengthMask;

    /// <summary>Address of the table that an entry of the level leads to.</summary>
    public static ulong NextTable(ulong entry, int level) =>
        entry & (level == Segment ? PageTableAddress : TableAddress);

    public static bool IsTableValid(ulong entry) => (entry & TableInvalid) == 0;

    public static bool IsPageValid(ulong entry) => (entry & PageInvalid) == 0;

    /// <summary>Does the type field of an entry match the level of its table?</summary>
    public static bool HasType(ulong entry, int level) => ((entry >> TypeShift) & TypeMask) == (ulong)level;

    /// <summary>
    /// Does the table that a region entry leads to, of the quarters [offset, length], hold this index? A
    /// segment entry leads to a whole page table.
    /// </summary>
    public static bool Reaches(ulong entry, int level, int nextIndex)
    {
        var quarter = (ulong)nextIndex >> 9;
        return level == Segment
            || (quarter >= ((entry >> OffsetShift) & OffsetMask) && quarter <= (entry & LengthMask));
    }

    /// <summary>
    /// Anchor (IOTA) of a root table: address, enabled, key 0, designation = level of the root.
    /// </summary>
    public static ulong Anchor(ulong root, int rootLevel) =>
        root | AnchorEnabled | ((ulong)rootLevel << TypeShift);

    /// <summary>The level an anchor designates.</summary>
    public static int Designation(ulong anchor) => (int)((anchor >> TypeShift) & TypeMask);

    /// <summary>A word as an entry: memory words are little-endian, entries big-endian.</summary>
    public static ulong Swap(ulong word) => BinaryPrimitives.ReverseEndianness(word);

    /// <summary>The CPU reads an entry.</summary>
    public static ulong ReadEntry(this PhysicalMemory memory, ulong pa) => Swap(memory.Read(pa));

    /// <summary>The CPU writes an entry.</summary>
    public static void WriteEntry(this PhysicalMemory memory, ulong pa, ulong entry) =>
        memory.Write(pa, Swap(entry));
}
