using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using static Conformance.Drivers.PageTables.S390Format;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// One translation tree of an s390 PCI function as Linux writes it: tables are made on demand and go only
/// with the whole tree. Source: s390-iommu.c (6.12, 7.2), arch/s390/pci/pci_dma.c (6.1).
/// </summary>
/// <remarks>
/// Page tables are half a frame: the lower half of a frame is handed out first, its upper half next, as the
/// kernel's slab would for one user.
/// </remarks>
public class S390PageTable
{
    private readonly PhysicalMemory memory;
    private ulong spareHalf;

    /// <param name="memory">Where the tables live.</param>
    /// <param name="rootLevel">Level of the root: region-third, -second or -first.</param>
    /// <param name="root">An empty root that exists already; null to make one.</param>
    public S390PageTable(PhysicalMemory memory, int rootLevel, PhysAddr? root = null)
    {
        this.memory = memory;
        RootLevel = rootLevel;
        Root = root?.Value ?? memory.Alloc(TableBytes, TableBytes).Value;
        memory.Fill(Root, TableBytes, Swap(TableInvalid));
    }

    /// <summary>Physical address of the root table.</summary>
    public ulong Root { get; }

    public int RootLevel { get; }

    /// <summary>The anchor that a register instruction gets.</summary>
    public ulong Anchor => S390Format.Anchor(Root, RootLevel);

    /// <summary>
    /// Writes <paramref name="pages"/> page entries from <paramref name="iova"/> on, whatever stood there.
    /// Address bits above the tree's reach are not looked at, as in the kernel: the caller tests the
    /// aperture.
    /// </summary>
    public void Validate(ulong iova, ulong pa, ulong pages, bool isReadOnly)
    {
        var flags = isReadOnly ? Protected : 0;
        while (pages > 0)
        {
            var entry = EntryAt(iova);
            var run = Math.Min(pages, (ulong)(PageTableEntries - PageIndex(iova)));
            for (var i = 0UL; i < run; i++)
            {
                memory.WriteEntry(entry + (i << 3), (pa & PageAddress) | flags);
                pa += PageSize;
            }

            iova += run << PageShift;
            pages -= run;
        }
    }

    /// <summary>
    /// Invalidates page entries: bit 0x400 on, bit 0x200 off, the address stays. Makes the tables of a hole,
    /// too.
    /// </summary>
    public void Invalidate(ulong iova, ulong pages)
    {
        while (pages > 0)
        {
            var entry = EntryAt(iova);
            var run = Math.Min(pages, (ulong)(PageTableEntries - PageIndex(iova)));
            for (var i = 0UL; i < run; i++)
            {
                var at = entry + (i << 3);
                memory.WriteEntry(at, (memory.ReadEntry(at) | PageInvalid) & ~Protected);
            }

            iova += run << PageShift;
            pages -= run;
        }
    }

    /// <summary>
    /// Physical address of the page, without the offset in the page; 0 when nothing is mapped.
    /// </summary>
    public ulong Lookup(ulong iova)
    {
        var table = Root;
        for (var level = RootLevel; level >= Segment; level--)
        {
            var entry = memory.ReadEntry(table + ((ulong)TableIndex(iova, level) << 3));
            if (!IsTableValid(entry)) return 0;
            table = NextTable(entry, level);
        }

        var page = memory.ReadEntry(table + ((ulong)PageIndex(iova) << 3));
        return IsPageValid(page) ? page & PageAddress : 0;
    }

    /// <summary>Gives all tables back.</summary>
    public void Free() => FreeTable(Root, RootLevel);

    /// <summary>Takes memory for a region or segment table.</summary>
    protected virtual PhysAddr TakeTable() => memory.Alloc(TableBytes, TableBytes);

    /// <summary>Takes memory for a page table.</summary>
    protected virtual PhysAddr TakePageTable()
    {
        if (spareHalf != 0)
        {
            var upper = spareHalf;
            spareHalf = 0;
            return new PhysAddr(upper);
        }

        var lower = memory.Alloc(2 * PageTableBytes);
        spareHalf = lower.Value + PageTableBytes;
        return lower;
    }

    /// <summary>Address of the page entry, making the tables on the way.</summary>
    private ulong EntryAt(ulong iova)
    {
        var table = Root;
        for (var level = RootLevel; level >= Segment; level--)
        {
            var at = table + ((ulong)TableIndex(iova, level) << 3);
            var entry = memory.ReadEntry(at);
            table = IsTableValid(entry) ? NextTable(entry, level) : Grow(at, level);
        }

        return table + ((ulong)PageIndex(iova) << 3);
    }

    private ulong Grow(ulong at, int level)
    {
        var isPageTable = level == Segment;
        var next = (isPageTable ? TakePageTable() : TakeTable()).Value;
        memory.Fill(
            next,
            isPageTable ? PageTableBytes : TableBytes,
            Swap(isPageTable ? PageInvalid : TableInvalid));
        memory.WriteEntry(at, TableEntry(next, level));
        return next;
    }

    private void FreeTable(ulong table, int level)
    {
        for (var i = 0UL; i < TableEntries; i++)
        {
            var entry = memory.ReadEntry(table + (i << 3));
            if (!IsTableValid(entry)) continue;
            var next = NextTable(entry, level);
            if (level != Segment)
            {
                FreeTable(next, level - 1);
            }
            else if ((next & PageTableBytes) == 0)
            {
                memory.Free(new PhysAddr(next), 2 * PageTableBytes);
            }
        }

        memory.Free(new PhysAddr(table), TableBytes, TableBytes);
    }
}
