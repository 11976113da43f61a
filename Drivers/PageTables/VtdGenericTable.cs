using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// The shared page-table library of 7.2 with the formats <c>vtdss</c> and <c>x86_64</c>
/// (drivers/iommu/generic_pt/iommu_pt.h: map_range, unmap_range, iova_to_phys).
/// </summary>
/// <param name="memory">Where the tables lie.</param>
/// <param name="format">Second or first stage.</param>
/// <param name="levels">Depth.</param>
/// <param name="width">Bits of IOVA that the table accepts.</param>
/// <param name="signExtended">Accept 2^(width-1) from below and the sign-extended half at the top of 64
/// bits.</param>
public sealed class VtdGenericTable(
    PhysicalMemory memory, VtdFormat format, int levels, int width, bool signExtended)
    : VtdTable(memory, format, levels)
{
    /// <summary>Physical addresses have 52 bits in both formats.</summary>
    private const int OutputBits = 52;

    private readonly ulong half = 1UL << (signExtended ? width - 1 : width);

    private ulong removed;

    /// <summary>Page sizes that leaves may have.</summary>
    public PageSizes Sizes { get; set; }

    /// <summary>
    /// A parent of nested tables: leaves without write permission are -EINVAL (an erratum, applied always).
    /// </summary>
    public bool RefusesReadOnly { get; set; }

    public override PhysAddr IovaToPhys(ulong iova) => Accepts(iova, iova) ? Resolve(iova) : default;

    /// <summary>
    /// Maps a range with the largest leaves that fit. Empty tables that a large leaf replaces go to
    /// <paramref name="dropped"/>, to be invalidated over the whole range and then freed.
    /// </summary>
    /// <returns>
    /// 0; -EINVAL no permission asked or length 0; -ERANGE outside of the table; -EOVERFLOW wrap; -ENXIO
    /// misaligned; -EADDRINUSE a live leaf in the way, with <paramref name="mapped"/> telling the progress.
    /// </returns>
    public Errno Map(ulong iova, ulong pa, ulong size, Prot prot, List<PhysAddr> dropped, ref ulong mapped)
    {
        var errno = Check(iova, pa, size, prot);
        while (errno == Errno.OK && size > 0)
        {
            //// A tail below the smallest page is out of contract; its last leaf covers more than was asked.
            var leaf = Sizes.Choose(iova, pa, Math.Max(size, Sizes.Min), out var count);
            var done = 0UL;
            errno = MapLeaves(iova, pa, LevelOf(leaf), count, prot, dropped, ref done);
            iova += done;
            pa += done;
            size -= Math.Min(size, done);
            mapped += done;
        }

        return errno;
    }

    /// <summary>
    /// Removes leaves from the start up to the first absent entry; a leaf cut by the end of the range goes
    /// whole,
    /// one cut by its start stops the walk. Returns the bytes removed; covered tables go to the freelist.
    /// </summary>
    public ulong Unmap(ulong iova, ulong size, List<PhysAddr> freelist)
    {
        var last = iova + size - 1;
        if (size == 0 || last < iova || !Accepts(iova, last))
        {
            return 0;
        }

        removed = 0;
        UnmapTable(Root, Levels, iova, last, freelist);
        return removed;
    }

    private static int LevelOf(ulong pageSize) => pageSize >= Span(3) ? 3 : pageSize >= Span(2) ? 2 : 1;

    private bool Accepts(ulong iova, ulong last) =>
        last < half || (signExtended && iova >= 0 - half);

    private Errno Check(ulong iova, ulong pa, ulong size, Prot prot)
    {
        if ((prot & (Prot.Read | Prot.Write)) == 0)
        {
            return Errno.EINVAL;
        }

        if (pa >> OutputBits != 0)
        {
            return Errno.ERANGE;
        }

        if (size == 0 || (RefusesReadOnly && (prot & Prot.Write) == 0))
        {
            return Errno.EINVAL;
        }

        if (iova + size - 1 < iova)
        {
            return Errno.EOVERFLOW;
        }

        if (((iova | pa) & (PageBytes - 1)) != 0 || size < PageBytes)
        {
            return Errno.ENXIO;
        }

        return Accepts(iova, iova + size - 1) ? Errno.OK : Errno.ERANGE;
    }

    private Errno MapLeaves(
        ulong iova, ulong pa, int level, ulong count, Prot prot, List<PhysAddr> dropped, ref ulong done)
    {
        var span = Span(level);
        while (count > 0)
        {
            var errno = Descend(iova, level, out var table);
            if (errno != Errno.OK)
            {
                return errno;
            }

            var first = (int)((iova >> Shift(level)) & (Entries - 1));
            var run = (int)Math.Min(count, (ulong)(Entries - first));
            for (var i = 0; i < run && errno == Errno.OK; i++)
            {
                errno = WriteLeaf(table + ((ulong)(first + i) * 8), level, pa, prot, dropped);
                if (errno == Errno.OK)
                {
                    pa += span;
                    iova += span;
                    done += span;
                }
            }

            Clean(table + ((ulong)first * 8), run * 8);
            if (errno != Errno.OK)
            {
                return errno;
            }

            count -= (ulong)run;
        }

        return Errno.OK;
    }

    /// <summary>
    /// The table of a level for an address, with the missing ones made; a leaf on the way is in use.
    /// </summary>
    private Errno Descend(ulong iova, int leafLevel, out ulong table)
    {
        table = Root;
        for (var level = Levels; level > leafLevel; level--)
        {
            var slot = Slot(table, iova, level);
            var entry = Memory.Read(slot);
            if (!Format.IsPresent(entry))
            {
                entry = Format.Table(Memory.Alloc(PageBytes).Value);
                Memory.Write(slot, entry);
                MarkCleaned(slot, entry);
            }
            else if (VtdFormat.IsLeaf(entry, level))
            {
                return Errno.EADDRINUSE;
            }

            table = VtdFormat.Address(entry);
        }

        return Errno.OK;
    }

    /// <summary>
    /// The software bit says that the entry has reached memory; it is set after the write-back.
    /// </summary>
    private void MarkCleaned(ulong slot, ulong entry)
    {
        if (!Coherent)
        {
            Memory.Clean(slot, 8);
            Memory.Write(slot, entry | Format.CleanedBit);
        }
    }

    private Errno WriteLeaf(ulong slot, int level, ulong pa, Prot prot, List<PhysAddr> dropped)
    {
        var entry = Memory.Read(slot);
        if (Format.IsPresent(entry))
        {
            if (VtdFormat.IsLeaf(entry, level) || HasLeaf(VtdFormat.Address(entry), level - 1))
            {
                return Errno.EADDRINUSE;
            }

            CollectTree(VtdFormat.Address(entry), level - 1, dropped);
        }

        Memory.Write(slot, Format.Leaf(pa, level, prot, Snoop));
        return Errno.OK;
    }

    private bool HasLeaf(ulong table, int level)
    {
        for (var i = 0; i < Entries; i++)
        {
            var entry = Memory.Read(table + ((ulong)i * 8));
            if (Format.IsPresent(entry)
                && (VtdFormat.IsLeaf(entry, level) || HasLeaf(VtdFormat.Address(entry), level - 1)))
            {
                return true;
            }
        }

        return false;
    }

    private bool UnmapTable(ulong table, int level, ulong iova, ulong last, List<PhysAddr> freelist)
    {
        var span = Span(level);
        var first = (int)((iova >> Shift(level)) & (Entries - 1));
        var end = (int)((last >> Shift(level)) & (Entries - 1));
        var index = first;
        var ok = true;
        for (; index <= end; index++)
        {
            var slot = table + ((ulong)index * 8);
            var entry = Memory.Read(slot);
            ok = Format.IsPresent(entry);
            if (ok && VtdFormat.IsLeaf(entry, level))
            {
                ok = index != first || (iova & (span - 1)) == 0;
                removed += ok ? span : 0;
            }
            else if (ok)
            {
                var from = index == first ? iova : 0;
                var to = index == end ? last : span - 1;
                ok = UnmapTable(VtdFormat.Address(entry), level - 1, from, to, freelist);
                if (ok && ((from & (span - 1)) != 0 || (to & (span - 1)) != span - 1))
                {
                    continue;
                }

                if (ok)
                {
                    freelist.Add(new PhysAddr(VtdFormat.Address(entry)));
                }
            }

            if (!ok)
            {
                break;
            }

            Memory.Write(slot, 0);
        }

        Clean(table + ((ulong)first * 8), (index - first) * 8);
        return ok;
    }
}
