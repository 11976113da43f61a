using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// The software half of a long-descriptor table: map, unmap and lookup as io-pgtable-arm.c of one tree does
/// them, on words in simulated memory.
/// </summary>
/// <remarks>
/// Emptied lower tables stay until a request of exactly their span removes them, or until <see cref="Free"/>.
/// Such a request counts the whole span, whatever was in the table.
/// </remarks>
public class ArmLpaeTable
{
    private readonly ArmLpaeRules rules;
    private readonly IArmLpaeFlush flush;

    public ArmLpaeTable(
        PhysicalMemory memory, ArmLpaeConfig config, ArmLpaeLayout layout, ArmLpaeRules rules,
            IArmLpaeFlush flush)
    {
        this.rules = rules;
        this.flush = flush;
        Memory = memory;
        Config = config;
        Layout = layout;
        Root = memory.Alloc(layout.TopBytes, Math.Max(4096, layout.TopBytes)).Value;
    }

    public ArmLpaeConfig Config { get; }

    public ArmLpaeLayout Layout { get; }

    /// <summary>Physical address of the top table: TTBR or VTTBR.</summary>
    public ulong Root { get; }

    protected PhysicalMemory Memory { get; }

    /// <summary>
    /// Maps up to the end of one table at the level of <paramref name="size"/>; adds the bytes done to
    /// <paramref name="mapped"/>. -EINVAL for a size not offered or no permission, -ERANGE for an address
    /// beyond
    /// input or output, -EEXIST over a live leaf. A table in the way of a block is removed with all it maps.
    /// </summary>
    public Errno Map(ulong iova, ulong pa, ulong size, ulong count, Prot prot, ref ulong mapped)
    {
        if (!Layout.PageSizes.Contains(size))
        {
            return Errno.EINVAL;
        }

        // Only the first address is tested: a run that crosses the output limit wraps into low memory.
        if (!IsInside(iova) || pa >> Layout.OutputBits != 0)
        {
            return Errno.ERANGE;
        }

        if ((prot & (Prot.Read | Prot.Write)) == 0)
        {
            return Errno.EINVAL;
        }

        var table = Root;
        var level = Layout.StartLevel;
        while (1UL << Layout.Shift(level) != size)
        {
            if (!Descend(table + (8UL * (ulong)Index(iova, level)), level, ref table))
            {
                return Errno.EEXIST;
            }

            level++;
        }

        var first = Index(iova, level);
        var entries = (int)Math.Min(count, (ulong)EntriesLeft(first));
        var error = InitLeaves(table, first, entries, level, iova, pa, LeafBits(prot));
        mapped += error == Errno.OK ? (ulong)entries * size : 0;
        return error;
    }

    /// <summary>
    /// Unmaps up to the end of one table at the level of <paramref name="size"/>; returns the bytes. Stops at
    /// an absent entry. Inside a block: splits it or does nothing, as the tree does.
    /// </summary>
    public ulong Unmap(ulong iova, ulong size, ulong count, IotlbGather? gather)
    {
        if (!Layout.PageSizes.Contains(size) || count == 0 || !IsInside(iova))
        {
            return 0;
        }

        return UnmapFrom(Root, Layout.StartLevel, iova, size, count, gather);
    }

    /// <summary>0 when absent. Bits above the input size are not looked at: such an address
    /// aliases.</summary>
    public ulong IovaToPhys(ulong iova)
    {
        var table = Root;
        for (var level = Layout.StartLevel; level <= 3; level++)
        {
            var entry = Memory.Read(table + (8UL * (ulong)Index(iova, level)));
            if (entry == 0)
            {
                return 0;
            }

            if (ArmLpaeEntry.IsLeaf(entry, level))
            {
                return Deref(entry) | (iova & ((1UL << Layout.Shift(level)) - 1));
            }

            table = Deref(entry);
        }

        return 0;
    }

    /// <summary>Asks for a flush of everything, then frees all tables.</summary>
    public void Free()
    {
        flush.TlbFlushAll();
        FreeTables(Root, Layout.StartLevel);
    }

    /// <summary>All of a leaf but type and address.</summary>
    protected virtual ulong LeafBits(Prot prot) => ArmLpaeEntry.LeafBits(prot, Config);

    /// <summary>Result of meeting a live leaf.</summary>
    protected virtual Errno OverLiveLeaf => Errno.EEXIST;

    /// <summary>Makes written entries visible to a walker that does not snoop.</summary>
    protected virtual void SyncEntries(ulong at, int count)
    {
        if (!Config.CoherentWalk)
        {
            Memory.Clean(at, count * 8);
        }
    }

    /// <summary>Clears leaves or table entries.</summary>
    protected virtual void ClearEntries(ulong at, int count)
    {
        for (var i = 0; i < count; i++)
        {
            Memory.Write(at + (8UL * (ulong)i), 0);
        }

        SyncEntries(at, count);
    }

    private bool IsInside(ulong iova)
    {
        var extension = (long)iova >> Layout.InputBits;
        return (Config.Quirks.HasFlag(ArmLpaeQuirks.Ttbr1) ? ~extension : extension) == 0;
    }

    private int Index(ulong iova, int level)
    {
        var bits = level == Layout.StartLevel ? Layout.TopBits : Layout.BitsPerLevel;
        return (int)(iova >> Layout.Shift(level)) & ((1 << bits) - 1);
    }

    /// <summary>Concatenated top tables count as separate ones.</summary>
    private int EntriesLeft(int index) =>
        Layout.EntriesPerTable - (index & (Layout.EntriesPerTable - 1));

    private ulong Deref(ulong entry) => ArmLpaeEntry.UnpackAddress(entry, Layout.GranuleShift);

    /// <summary>Follows or makes the table below an entry; false when a block is there.</summary>
    private bool Descend(ulong at, int level, ref ulong table)
    {
        var entry = Memory.Read(at);
        if (entry == 0)
        {
            table = Memory.Alloc(Layout.TableBytes, Layout.TableBytes).Value;
            InstallTable(at, table);
            return true;
        }

        if (!Config.CoherentWalk && (entry & ArmLpaeEntry.Synced) == 0)
        {
            SyncEntries(at, 1);
        }

        if (ArmLpaeEntry.IsLeaf(entry, level))
        {
            return false;
        }

        table = Deref(entry);
        return true;
    }

    /// <summary>The software bit is set after the clean, so memory holds the word without it.</summary>
    private void InstallTable(ulong at, ulong table)
    {
        var pointer = ArmLpaeEntry.Pointer(table, Config.Quirks);
        Memory.Write(at, pointer);
        if (!Config.CoherentWalk)
        {
            SyncEntries(at, 1);
            Memory.Write(at, pointer | ArmLpaeEntry.Synced);
        }
    }

    private Errno InitLeaves(ulong table, int first, int entries, int level, ulong iova, ulong pa, ulong bits)
    {
        var size = 1UL << Layout.Shift(level);
        for (var i = 0; i < entries; i++)
        {
            var entry = Memory.Read(table + (8UL * (ulong)(first + i)));
            if (ArmLpaeEntry.IsLeaf(entry, level))
            {
                return OverLiveLeaf;
            }

            if ((entry & ArmLpaeEntry.TypeMask) == ArmLpaeEntry.Table)
            {
                UnmapFrom(table, level, iova + ((ulong)i * size), size, 1, gather: null);
            }
        }

        WriteLeaves(table + (8UL * (ulong)first), entries, level, pa, bits);
        return Errno.OK;
    }

    private void WriteLeaves(ulong at, int entries, int level, ulong pa, ulong bits)
    {
        var size = 1UL << Layout.Shift(level);
        var typed = bits | (level == 3 ? ArmLpaeEntry.Page : ArmLpaeEntry.Block);
        for (var i = 0UL; i < (ulong)entries; i++)
        {
            Memory.Write(at + (8 * i), typed | ArmLpaeEntry.PackAddress(pa + (i * size)));
        }

        SyncEntries(at, entries);
    }

    private ulong UnmapFrom(ulong table, int level, ulong iova, ulong size, ulong count, IotlbGather? gather)
    {
        while (level <= 3)
        {
            var index = Index(iova, level);
            var at = table + (8UL * (ulong)index);
            var entry = Memory.Read(at);
            if (entry == 0)
            {
                return 0;
            }

            if (1UL << Layout.Shift(level) == size)
            {
                var entries = (int)Math.Min(count, (ulong)EntriesLeft(index));
                return rules.ClearsInBulk
                    ? ClearInBulk(at, entries, level, iova, size, gather)
                    : ClearOneByOne(at, entries, level, iova, size, gather);
            }

            if (ArmLpaeEntry.IsLeaf(entry, level))
            {
                return rules.SplitsBlocks ? Split(at, entry, level + 1, iova, size, count, gather) : 0;
            }

            table = Deref(entry);
            level++;
        }

        return 0;
    }

    /// <summary>6.1: each entry is read, cleared and flushed or gathered by itself.</summary>
    private ulong ClearOneByOne(
        ulong at, int entries, int level, ulong iova, ulong size, IotlbGather? gather)
    {
        var done = 0;
        for (; done < entries; done++)
        {
            var entry = Memory.Read(at + (8UL * (ulong)done));
            if (entry == 0)
            {
                break;
            }

            ClearEntries(at + (8UL * (ulong)done), 1);
            var page = iova + ((ulong)done * size);
            if (!ArmLpaeEntry.IsLeaf(entry, level))
            {
                DropTable(entry, level, page, size);
            }
            else if (gather is { Queued: false })
            {
                flush.TlbAddPage(gather, page, size);
            }
        }

        return (ulong)done * size;
    }

    /// <summary>6.12 and 7.2: tables first, then all leaves in one write; tables are gathered as
    /// well.</summary>
    private ulong ClearInBulk(ulong at, int entries, int level, ulong iova, ulong size, IotlbGather? gather)
    {
        var done = 0;
        for (; done < entries; done++)
        {
            var entry = Memory.Read(at + (8UL * (ulong)done));
            if (entry == 0)
            {
                break;
            }

            if (!ArmLpaeEntry.IsLeaf(entry, level))
            {
                ClearEntries(at + (8UL * (ulong)done), 1);
                DropTable(entry, level, iova + ((ulong)done * size), size);
            }
        }

        ClearEntries(at, done);
        for (var i = 0; i < done && gather is { Queued: false }; i++)
        {
            flush.TlbAddPage(gather, iova + ((ulong)i * size), size);
        }

        return (ulong)done * size;
    }

    /// <summary>Partial walks must be gone before the table is; a flush queue does not delay this.</summary>
    private void DropTable(ulong entry, int level, ulong iova, ulong size)
    {
        flush.TlbFlushWalk(iova, size, 1UL << Layout.GranuleShift);
        FreeTables(Deref(entry), level + 1);
    }

    private void FreeTables(ulong table, int level)
    {
        var isTop = level == Layout.StartLevel;
        var entries = isTop ? 1 << Layout.TopBits : Layout.EntriesPerTable;
        for (var i = 0UL; level < 3 && i < (ulong)entries; i++)
        {
            var entry = Memory.Read(table + (8 * i));
            if (entry != 0 && !ArmLpaeEntry.IsLeaf(entry, level))
            {
                FreeTables(Deref(entry), level + 1);
            }
        }

        var bytes = isTop ? Layout.TopBytes : Layout.TableBytes;
        Memory.Free(new PhysAddr(table), bytes, Math.Max(4096, bytes));
    }

    /// <summary>
    /// 6.1, 6.12: a table takes the place of the block, without the part to unmap when that is at its level,
    /// else
    /// whole and the unmap goes on inside. The block is not invalidated before the table is in place.
    /// </summary>
    private ulong Split(
        ulong at, ulong block, int level, ulong iova, ulong size, ulong count, IotlbGather? gather)
    {
        var table = Memory.Alloc(Layout.TableBytes, Layout.TableBytes).Value;
        var first = Index(iova, level);
        var here = 1UL << Layout.Shift(level) == size;
        var entries = here ? (int)Math.Min(count, (ulong)EntriesLeft(first)) : 0;
        var pa = Deref(block);
        var part = 1UL << Layout.Shift(level);
        var bits = ArmLpaeEntry.KeepProt(block);
        if (here)
        {
            var after = first + entries;
            WriteLeaves(table, first, level, pa, bits);
            WriteLeaves(table + (8UL * (ulong)after), Layout.EntriesPerTable - after, level,
                pa + ((ulong)after * part), bits);
        }
        else
        {
            WriteLeaves(table, Layout.EntriesPerTable, level, pa, bits);
        }

        InstallTable(at, table);
        if (!here)
        {
            return UnmapFrom(table, level, iova, size, count, gather);
        }

        // Gathered even in queue mode: the library does not look at the flag here.
        for (var i = 0; i < entries && gather is not null; i++)
        {
            flush.TlbAddPage(gather, iova + ((ulong)i * size), size);
        }

        return (ulong)entries * size;
    }
}
