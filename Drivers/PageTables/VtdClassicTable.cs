using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// The VT-d driver's own walker of 6.1 and 6.12 (drivers/iommu/intel/iommu.c: __domain_mapping,
/// switch_to_super_page, pfn_to_dma_pte, dma_pte_clear_level). It never looks twice: a live leaf stays, a
/// large
/// leaf clears whatever was below it, and an unmap clears from its start for as long as one entry of the
/// level
/// where the walk ended.
/// </summary>
/// <remarks>
/// The kernel treats the target of a large leaf as a table when a map or unmap of smaller size falls inside
/// it,
/// and so reads or writes device data. Data is not simulated: it reads as empty and writes to it are lost,
/// which
/// leaves the translation as the kernel leaves it.
/// </remarks>
public sealed class VtdClassicTable(PhysicalMemory memory, VtdFormat format, int levels)
    : VtdTable(memory, format, levels)
{
    private readonly List<PhysAddr> replaced = [];

    /// <summary>
    /// Large leaves that may be written: 0 none, 1 2 MiB, 2 also 1 GiB (<c>iommu_superpage</c>).
    /// </summary>
    public int LargeLevels { get; set; }

    /// <summary>Addresses that the tables can express at the present depth.</summary>
    public bool Supports(ulong iova) => Shift(Levels + 1) >= 64 || iova >> Shift(Levels + 1) == 0;

    public override PhysAddr IovaToPhys(ulong iova) => Supports(iova) ? Resolve(iova) : default;

    /// <summary>
    /// Maps pages; the range is aligned and inside the table. Each run of addresses whose small tables a
    /// large
    /// leaf replaced is reported to <paramref name="cleared"/> after those tables were freed.
    /// </summary>
    public void Map(ulong iova, ulong pa, ulong size, Prot prot, Action<ulong, ulong> cleared)
    {
        var end = iova + size;
        while (iova != end)
        {
            var level = LevelFor(iova | pa, end - iova);
            var span = Span(level);
            var table = Descend(iova, level);
            var first = (int)((iova >> Shift(level)) & (Entries - 1));
            var run = (int)Math.Min((end - iova) / span, (ulong)(Entries - first));
            for (var i = 0; i < run && table != 0; i++)
            {
                var at = iova + ((ulong)i * span);
                var slot = table + ((ulong)(first + i) * 8);
                if (level > 1 && Format.IsPresent(Memory.Read(slot)))
                {
                    ClearForLarge(slot, level);
                    cleared(at, span);
                }

                if (!Format.IsPresent(Memory.Read(slot)))
                {
                    Memory.Write(slot, Format.Leaf(pa + ((ulong)i * span), level, prot, Snoop));
                }
            }

            if (table != 0)
            {
                Clean(table + ((ulong)first * 8), run * 8);
            }

            iova += (ulong)run * span;
            pa += (ulong)run * span;
        }
    }

    /// <summary>
    /// Clears a range that begins at <paramref name="iova"/>: at least <paramref name="size"/> bytes, at
    /// least one
    /// entry of the level where the walk for the first address ends, even when nothing is there. Returns the
    /// bytes
    /// reported as removed; covered tables go to the freelist.
    /// </summary>
    public ulong Unmap(ulong iova, ulong size, List<PhysAddr> freelist)
    {
        if (!Supports(iova))
        {
            return 0;
        }

        Decide(iova, out var level);
        size = Math.Max(size, Span(level));
        var last = iova + size - 1;
        if (last >= iova && Supports(last))
        {
            ClearTable(Root, Levels, 0, iova, last, freelist);
        }

        return size;
    }

    /// <summary>
    /// The last byte an <see cref="Unmap"/> would touch; true when it lies beyond the tables.
    /// </summary>
    public bool UnmapLeavesTable(ulong iova, ulong size)
    {
        Decide(iova, out var level);
        var last = iova + Math.Max(size, Span(level)) - 1;
        return last < iova || !Supports(last);
    }

    /// <summary>
    /// Makes the table shallower for a unit with fewer levels: the first table below the top becomes the top,
    /// the
    /// old top is freed. An empty top is kept and merely read as a lower one.
    /// </summary>
    public void DropTop()
    {
        var entry = Memory.Read(Root);
        if (Format.IsPresent(entry))
        {
            Memory.Free(new PhysAddr(Root), PageBytes);
            Root = VtdFormat.Address(entry);
        }

        Levels--;
    }

    private int LevelFor(ulong addresses, ulong size)
    {
        var level = 1;
        while (level <= LargeLevels && (addresses & (Span(level + 1) - 1)) == 0 && size >= Span(level + 1))
        {
            level++;
        }

        return level;
    }

    /// <summary>
    /// The table of a level for an address, made where missing; 0 when a large leaf is in the way.
    /// </summary>
    private ulong Descend(ulong iova, int leafLevel)
    {
        var table = Root;
        for (var level = Levels; level > leafLevel; level--)
        {
            var slot = Slot(table, iova, level);
            var entry = Memory.Read(slot);
            if (!Format.IsPresent(entry))
            {
                entry = Format.Table(Memory.Alloc(PageBytes).Value);
                Memory.Write(slot, entry);
                Clean(slot, 8);
            }
            else if (VtdFormat.IsLeaf(entry, level))
            {
                return 0;
            }

            table = VtdFormat.Address(entry);
        }

        return table;
    }

    /// <summary>
    /// An old leaf is cleared; old tables are unlinked and freed at once, before any invalidation.
    /// </summary>
    private void ClearForLarge(ulong slot, int level)
    {
        var entry = Memory.Read(slot);
        Memory.Write(slot, 0);
        Clean(slot, 8);
        if (VtdFormat.IsLeaf(entry, level))
        {
            return;
        }

        replaced.Clear();
        CollectTree(VtdFormat.Address(entry), level - 1, replaced);
        foreach (var page in replaced)
        {
            Memory.Free(page, PageBytes);
        }
    }

    private void ClearTable(ulong table, int level, ulong tableIova, ulong first, ulong last,
        List<PhysAddr> freelist)
    {
        var span = Span(level);
        var from = Math.Max(first, tableIova);
        var index = (int)((from >> Shift(level)) & (Entries - 1));
        var low = Entries;
        var high = -1;
        for (; index < Entries; index++)
        {
            var at = tableIova + ((ulong)index << Shift(level));
            if (at > last)
            {
                break;
            }

            var slot = table + ((ulong)index * 8);
            var entry = Memory.Read(slot);
            if (!Format.IsPresent(entry))
            {
                continue;
            }

            var leaf = VtdFormat.IsLeaf(entry, level);
            if (first <= at && last >= at + span - 1)
            {
                if (!leaf)
                {
                    CollectTree(VtdFormat.Address(entry), level - 1, freelist);
                }

                Memory.Write(slot, 0);
                low = Math.Min(low, index);
                high = index;
            }
            else if (!leaf)
            {
                ClearTable(VtdFormat.Address(entry), level - 1, at, first, last, freelist);
            }
        }

        if (high >= 0)
        {
            Clean(table + ((ulong)low * 8), (high - low + 1) * 8);
        }
    }
}
