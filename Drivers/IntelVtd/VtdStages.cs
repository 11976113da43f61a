using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>The paging structures that a context or PASID entry names.</summary>
/// <param name="First">First stage, else second.</param>
/// <param name="Scalable">Named by a PASID entry; faults have other numbers.</param>
/// <param name="Tag">Cache tag.</param>
/// <param name="Root">Top table.</param>
/// <param name="Levels">Depth; 0 is pass-through.</param>
/// <param name="Snooped">Table reads see the processor caches.</param>
/// <param name="NoExecute">First stage: the execute-disable bit is not reserved.</param>
internal readonly record struct VtdStage(
    bool First, bool Scalable, ulong Tag, ulong Root, int Levels, bool Snooped, bool NoExecute);

/// <summary>
/// The walk through the paging structures of one stage, with the IOTLB and the paging-structure caches.
/// </summary>
internal sealed class VtdStages(VtdCapabilities capabilities, PhysicalMemory memory, VtdCaches caches)
{
    private const ulong AddressMask = 0x000f_ffff_ffff_f000;
    private const ulong LargePage = 1UL << 7;
    private const ulong SnoopBit = 1UL << 11;
    private const ulong UserBit = 1UL << 2;
    private const ulong ExecuteDisable = 1UL << 63;

    /// <summary>0 and the page, or the fault reason.</summary>
    public uint Translate(in VtdStage stage, ulong iova, DmaAccess access, out CachedPage page, out int shift)
    {
        if (Outside(stage, iova))
        {
            page = default;
            shift = 12;
            return stage.First ? VtdFault.NonCanonical : VtdFault.BeyondWidth;
        }

        if (caches.TryPage(stage.Tag, iova, out page, out shift))
        {
            return Allowed(stage, page, access);
        }

        var reason = Walk(stage, iova, out page, out shift);
        if (reason != 0)
        {
            return reason;
        }

        if (!page.IsMiss || (capabilities.IsCaching && !stage.First))
        {
            caches.PutPage(stage.Tag, iova, shift, page);
        }

        return Allowed(stage, page, access);
    }

    /// <summary>All leaves from memory alone, ascending.</summary>
    public void Enumerate(in VtdStage stage, Action<TranslationRun> sink) =>
        Enumerate(stage, stage.Root, stage.Levels, 0, new CachedTable(0, Read: true, Write: true), sink);

    private static int Shift(int level) => 12 + (9 * (level - 1));

    private static uint Allowed(in VtdStage stage, in CachedPage page, DmaAccess access)
    {
        if (access == DmaAccess.Read ? page.Read : page.Write)
        {
            return 0;
        }

        if (stage.First)
        {
            return page.IsMiss ? VtdFault.FirstNotPresent
                : access == DmaAccess.Read ? VtdFault.FirstNoRead : VtdFault.FirstNoWrite;
        }

        return stage.Scalable ? VtdFault.SecondPermission
            : access == DmaAccess.Read ? VtdFault.NoRead : VtdFault.NoWrite;
    }

    private ulong Fetch(in VtdStage stage, ulong pa) =>
        stage.Snooped ? memory.FetchSnooped(pa) : memory.Fetch(pa);

    /// <summary>
    /// Second stage: above the table's and the unit's width. First stage: not sign-extended.
    /// </summary>
    private bool Outside(in VtdStage stage, ulong iova)
    {
        var width = Shift(stage.Levels + 1);
        if (!stage.First)
        {
            return iova >> Math.Min(width, capabilities.Mgaw) != 0;
        }

        var top = (long)iova >> (width - 1);
        return top is not 0 and not -1;
    }

    private uint Walk(in VtdStage stage, ulong iova, out CachedPage page, out int shift)
    {
        page = default;
        shift = 12;
        if (!caches.TryTable(stage.Tag, iova, stage.Levels, out var table, out var level))
        {
            table = new CachedTable(stage.Root, Read: true, Write: true);
            level = stage.Levels;
        }

        for (; ; level--)
        {
            var at = table.Pa + (((iova >> Shift(level)) & 511) * 8);
            if (!memory.Contains(at))
            {
                return stage.First ? VtdFault.FirstAccess : SecondAccess(stage);
            }

            var entry = Fetch(stage, at);
            var (read, write) = Permissions(stage, entry);
            if (!read && !write)
            {
                return 0;
            }

            if (Reserved(stage, entry, level))
            {
                return stage.First ? VtdFault.FirstReserved : SecondReserved(stage);
            }

            read &= table.Read;
            write &= table.Write;
            if (level == 1 || (entry & LargePage) != 0)
            {
                shift = Shift(level);
                page = new CachedPage(entry & AddressMask, read, write);
                return 0;
            }

            table = new CachedTable(entry & AddressMask, read, write);
            caches.PutTable(stage.Tag, iova, level - 1, table);
        }
    }

    /// <summary>
    /// First stage: present is readable; all our requests are user requests, so U is needed too.
    /// </summary>
    private static (bool Read, bool Write) Permissions(in VtdStage stage, ulong entry)
    {
        if (!stage.First)
        {
            return ((entry & 1) != 0, (entry & 2) != 0);
        }

        var usable = (entry & 1) != 0 && (entry & UserBit) != 0;
        return (usable, usable && (entry & 2) != 0);
    }

    private bool Reserved(in VtdStage stage, ulong entry, int level)
    {
        var leaf = level == 1 || (entry & LargePage) != 0;
        var large = level > 1 && leaf;
        if (large && (!LargeAllowed(stage, level)
            || (entry & AddressMask & ((1UL << Shift(level)) - 1)) != 0))
        {
            return true;
        }

        return stage.First
            ? (entry & ExecuteDisable) != 0 && !stage.NoExecute
            : leaf && (entry & SnoopBit) != 0 && !capabilities.HasSnoopControl;
    }

    private bool LargeAllowed(in VtdStage stage, int level) => level switch
    {
        2 => stage.First || (capabilities.LargePages & 1) != 0,
        3 => stage.First ? capabilities.HasFirstStage1G : (capabilities.LargePages & 2) != 0,
        _ => false,
    };

    private static uint SecondAccess(in VtdStage stage) =>
        stage.Scalable ? VtdFault.SecondAccess : VtdFault.TableAccess;

    private static uint SecondReserved(in VtdStage stage) =>
        stage.Scalable ? VtdFault.SecondReserved : VtdFault.PteReserved;

    private void Enumerate(
        in VtdStage stage, ulong pa, int level, ulong iova, in CachedTable above, Action<TranslationRun> sink)
    {
        if (!memory.Contains(pa))
        {
            return;
        }

        for (var i = 0; i < 512; i++)
        {
            var slot = pa + ((ulong)i * 8);
            var entry = stage.Snooped ? memory.FetchSnooped(slot) : memory.Settled(slot);
            var (read, write) = Permissions(stage, entry);
            if ((!read && !write) || Reserved(stage, entry, level))
            {
                continue;
            }

            var at = iova + ((ulong)i << Shift(level));
            if (stage.First && level == stage.Levels && i >= 256)
            {
                at |= ulong.MaxValue << Shift(level + 1);
            }

            var below = new CachedTable(entry & AddressMask, read && above.Read, write && above.Write);
            if (level > 1 && (entry & LargePage) == 0)
            {
                Enumerate(stage, below.Pa, level - 1, at, below, sink);
            }
            else if ((below.Read || below.Write) && !Outside(stage, at))
            {
                sink(new TranslationRun(at, below.Pa, 1UL << Shift(level), below.Read, below.Write));
            }
        }
    }
}
