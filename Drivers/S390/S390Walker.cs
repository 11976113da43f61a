using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using static Conformance.Drivers.PageTables.S390Format;

namespace Conformance.Drivers.S390;

/// <summary>
/// Error event codes of a refused access. The kernel names none of them; the numbers are those of QEMU's
/// model of the machine (hw/s390x/s390-pci-bus.h). For printing only.
/// </summary>
public enum S390EventCode
{
    None = 0,
    InvalidAddressSpace = 1,
    OutOfRange = 2,
    TranslationProtection = 4,
    InvalidEntry = 7,
    TableLength = 8,
    TableType = 9,
    SerialError = 11,
}

/// <summary>The walk through the tables as the silicon does it.</summary>
public sealed class S390Walker(PhysicalMemory memory)
{
    /// <summary>
    /// The page entry for a bus address, its bit 0x200 set if any entry on the way is protected. On "not
    /// valid" (at any level) an entry with bit 0x400 set; other codes leave it without meaning.
    /// </summary>
    public ulong Walk(ulong anchor, ulong bus, out S390EventCode code)
    {
        var table = anchor & TableAddress;
        var isProtected = 0UL;
        var level = Designation(anchor);
        if (level != RegionFirst && bus >> AddressBits(level) != 0)
        {
            code = S390EventCode.TableLength;
            return PageInvalid;
        }

        for (; level >= Segment; level--)
        {
            var entry = Fetch(table + ((ulong)TableIndex(bus, level) << 3), out code);
            if (code != S390EventCode.None) return PageInvalid;
            if (!IsTableValid(entry))
            {
                code = S390EventCode.InvalidEntry;
                return PageInvalid;
            }

            code = Check(entry, level, bus);
            if (code != S390EventCode.None) return PageInvalid;
            isProtected |= entry & Protected;
            table = NextTable(entry, level);
        }

        var page = Fetch(table + ((ulong)PageIndex(bus) << 3), out code);
        if (code != S390EventCode.None) return PageInvalid;
        code = IsPageValid(page) ? S390EventCode.None : S390EventCode.InvalidEntry;
        return page | isProtected;
    }

    /// <summary>All valid pages in ascending order, neighbours of one kind merged.</summary>
    public void Report(ulong anchor, Action<TranslationRun> sink)
    {
        var run = default(TranslationRun);
        ReportTable(anchor & TableAddress, Designation(anchor), 0, 0, ref run, sink);
        if (run.Length != 0) sink(run);
    }

    private static S390EventCode Check(ulong entry, int level, ulong bus)
    {
        if (!HasType(entry, level)) return S390EventCode.TableType;
        return level == Segment || Reaches(entry, level, TableIndex(bus, level - 1))
            ? S390EventCode.None
            : S390EventCode.TableLength;
    }

    private void ReportTable(
        ulong table,
        int level,
        ulong at,
        ulong inherited,
        ref TranslationRun run,
        Action<TranslationRun> sink)
    {
        for (var i = 0; i < TableEntries; i++)
        {
            var entry = Fetch(table + ((ulong)i << 3), out var code);
            if (code != S390EventCode.None || !IsTableValid(entry) || !HasType(entry, level)) continue;
            var from = at + ((ulong)i * Span(level));
            var isProtected = inherited | (entry & Protected);
            var next = NextTable(entry, level);
            if (level == Segment)
            {
                ReportPages(next, from, isProtected, ref run, sink);
            }
            else
            {
                ReportTable(next, level - 1, from, isProtected, ref run, sink);
            }
        }
    }

    private void ReportPages(
        ulong table, ulong at, ulong inherited, ref TranslationRun run, Action<TranslationRun> sink)
    {
        for (var i = 0; i < PageTableEntries; i++)
        {
            var entry = Fetch(table + ((ulong)i << 3), out var code);
            if (code != S390EventCode.None || !IsPageValid(entry)) continue;
            var iova = at + ((ulong)i << PageShift);
            var pa = entry & PageAddress;
            var write = ((entry | inherited) & Protected) == 0;
            var continues = run.Iova + run.Length == iova && run.Pa + run.Length == pa && run.Write == write;
            if (run.Length != 0 && continues)
            {
                run = run with { Length = run.Length + PageSize };
                continue;
            }

            if (run.Length != 0) sink(run);
            run = new TranslationRun(iova, pa, PageSize, Read: true, write);
        }
    }

    /// <summary>An entry; storage that does not answer, or was given back, refuses the access.</summary>
    private ulong Fetch(ulong pa, out S390EventCode code)
    {
        var word = memory.Fetch(pa);
        code = word == PhysicalMemory.Poison || !memory.Contains(pa)
            ? S390EventCode.SerialError
            : S390EventCode.None;
        return Swap(word);
    }
}
