using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// One VT-d page table in simulated memory, as software sees it. Sub-classes are the two kernel algorithms
/// over it:
/// <see cref="VtdClassicTable"/> (6.1, 6.12) and <see cref="VtdGenericTable"/> (7.2).
/// </summary>
/// <remarks>
/// Level 1 holds 4 KiB leaves; an entry of level n covers 2^(12 + 9(n-1)) bytes. Pages taken out of the tree
/// go to
/// a freelist and are given back by the caller once the hardware has been told.
/// </remarks>
public abstract class VtdTable
{
    protected const int PageBytes = 4096;
    protected const int Entries = 512;

    protected VtdTable(PhysicalMemory memory, VtdFormat format, int levels)
    {
        Memory = memory;
        Format = format;
        Levels = levels;
        Root = memory.Alloc(PageBytes).Value;
    }

    /// <summary>Physical address of the top table.</summary>
    public ulong Root { get; protected set; }

    /// <summary>Depth: 3, 4 or 5.</summary>
    public int Levels { get; protected set; }

    /// <summary>Leaves written from now on force snooping.</summary>
    public bool Snoop { get; set; }

    /// <summary>
    /// The walker reads what the processor wrote; otherwise each write is cleaned to memory.
    /// </summary>
    public bool Coherent { get; set; } = true;

    protected PhysicalMemory Memory { get; }

    protected VtdFormat Format { get; }

    /// <summary>Bits that one entry of a level covers.</summary>
    public static int Shift(int level) => 12 + (9 * (level - 1));

    /// <summary>Bytes that one entry of a level covers.</summary>
    public static ulong Span(int level) => 1UL << Shift(level);

    /// <summary>
    /// The physical address an IOVA reaches, 0 when nothing is mapped (also at physical 0).
    /// </summary>
    public abstract PhysAddr IovaToPhys(ulong iova);

    /// <summary>Gives back every page of the tree at once; the table cannot be used afterwards.</summary>
    public void FreeAll()
    {
        FreeTree(Root, Levels);
        Root = 0;
    }

    /// <summary>Puts a table page and all below it on a list, in the order a reader meets them.</summary>
    protected void CollectTree(ulong table, int level, List<PhysAddr> pages)
    {
        pages.Add(new PhysAddr(table));
        for (var i = 0; level > 1 && i < Entries; i++)
        {
            var entry = Memory.Read(table + ((ulong)i * 8));
            if (Format.IsPresent(entry) && !VtdFormat.IsLeaf(entry, level))
            {
                CollectTree(VtdFormat.Address(entry), level - 1, pages);
            }
        }
    }

    protected static ulong Slot(ulong table, ulong iova, int level) =>
        table + (((iova >> Shift(level)) & (Entries - 1)) * 8);

    protected void Clean(ulong pa, int bytes)
    {
        if (!Coherent)
        {
            Memory.Clean(pa, bytes);
        }
    }

    /// <summary>The entry that decides an address: a leaf, or the absent one where the walk ends.</summary>
    protected ulong Decide(ulong iova, out int level)
    {
        var table = Root;
        for (level = Levels; ; level--)
        {
            var entry = Memory.Read(Slot(table, iova, level));
            if (!Format.IsPresent(entry) || VtdFormat.IsLeaf(entry, level))
            {
                return entry;
            }

            table = VtdFormat.Address(entry);
        }
    }

    /// <summary>What <see cref="Decide"/> found, as an address.</summary>
    protected PhysAddr Resolve(ulong iova)
    {
        var entry = Decide(iova, out var level);
        return Format.IsPresent(entry)
            ? new PhysAddr(VtdFormat.Address(entry) + (iova & (Span(level) - 1)))
            : default;
    }

    /// <summary>The processor writes back all lines of the tables.</summary>
    public void WriteBack() => WriteBack(Root, Levels);

    private void WriteBack(ulong table, int level)
    {
        Memory.Clean(table, PageBytes);
        for (var i = 0; level > 1 && i < Entries; i++)
        {
            var entry = Memory.Read(table + ((ulong)i * 8));
            if (Format.IsPresent(entry) && !VtdFormat.IsLeaf(entry, level))
            {
                WriteBack(VtdFormat.Address(entry), level - 1);
            }
        }
    }

    private void FreeTree(ulong table, int level)
    {
        for (var i = 0; level > 1 && i < Entries; i++)
        {
            var entry = Memory.Read(table + ((ulong)i * 8));
            if (Format.IsPresent(entry) && !VtdFormat.IsLeaf(entry, level))
            {
                FreeTree(VtdFormat.Address(entry), level - 1);
            }
        }

        Memory.Free(new PhysAddr(table), PageBytes);
    }
}
