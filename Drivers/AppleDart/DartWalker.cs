using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.AppleDart;

/// <summary>What the silicon reads out of a leaf.</summary>
internal readonly record struct DartLeaf(ulong Pa, bool Read, bool Write, ulong FirstByte, ulong LastByte);

/// <summary>
/// The table walker of one unit: reads descriptors from memory and keeps each it has read, absent ones too,
/// until the streams are invalidated.
/// </summary>
/// <remarks>
/// Assumed, as no manual is public: absent descriptors are cached; sub-pages are 1/4096 of a page, checked
/// unless a DART1 leaf disables them; a descriptor with undefined bits, and one read from outside memory, is
/// refused.
/// </remarks>
internal sealed class DartWalker(PhysicalMemory memory, DartFormat format, int pageShift, Trace? trace)
{
    private const int LevelShift = 60;

    private readonly int bits = pageShift - DartBits.EntryShift;
    private readonly ulong undefined =
        format == DartFormat.Dart1 ? DartBits.Dart1Undefined : DartBits.Dart2Undefined;
    private readonly TaggedCache<ulong> cache = new();

    public int PageShift => pageShift;

    /// <summary>Forget what was read for a stream.</summary>
    public void Invalidate(uint stream) => cache.DropTag(stream);

    public void InvalidateAll() => cache.DropAll();

    /// <summary>TTBR number of an IOVA; may exceed any TTBR there is.</summary>
    public ulong TopIndex(ulong iova, int topLevel) => iova >> Shift(topLevel);

    /// <summary>A leaf in the cache, valid or not.</summary>
    public bool TryCached(uint stream, ulong iova, out ulong leaf) =>
        cache.TryGet(stream, Key(iova, 1), out leaf);

    /// <summary>
    /// Walks from a top table to the leaf, through the cache; returns the level at which it ended: 1 when
    /// <paramref name="leaf"/> is the leaf descriptor, else that of an invalid table descriptor.
    /// </summary>
    public int Walk(uint stream, ulong iova, ulong table, int topLevel, out ulong leaf)
    {
        for (var level = topLevel - 1; ; level--)
        {
            var key = Key(iova, level);
            if (!cache.TryGet(stream, key, out leaf))
            {
                leaf = Fetch(table + (Index(iova, level) << DartBits.EntryShift));
                cache.Put(stream, key, leaf);
            }

            if (level == 1 || !IsUsable(leaf))
            {
                return level;
            }

            table = AddressOf(leaf);
        }
    }

    /// <summary>Valid, and nothing set that the format does not define.</summary>
    public bool IsUsable(ulong entry) => (entry & DartBits.Valid) != 0 && (entry & undefined) == 0;

    public DartLeaf Decode(ulong entry)
    {
        var disabled = format == DartFormat.Dart1 && (entry & DartBits.Dart1SubPageDisable) != 0;
        var (first, last) = disabled
            ? (0, DartBits.SubPageLast)
            : (SubPage(entry, DartBits.SubPageStartShift), SubPage(entry, DartBits.SubPageEndShift));
        var unit = pageShift - 12;
        var (noRead, noWrite) = format == DartFormat.Dart1
            ? (DartBits.Dart1NoRead, DartBits.Dart1NoWrite)
            : (DartBits.Dart2NoRead, DartBits.Dart2NoWrite);
        return new DartLeaf(
            AddressOf(entry),
            (entry & noRead) == 0,
            (entry & noWrite) == 0,
            first << unit,
            ((last + 1) << unit) - 1);
    }

    /// <summary>All leaves under a top table as memory holds them, the cache aside, ascending.</summary>
    public void Enumerate(ulong iova, ulong table, int level, Action<TranslationRun> sink)
    {
        for (var i = 0UL; i < 1UL << bits; i++)
        {
            var entry = memory.Contains(table) ? memory.Fetch(table + (i << DartBits.EntryShift)) : 0;
            if (!IsUsable(entry))
            {
                continue;
            }

            var at = iova + (i << Shift(level));
            if (level > 1)
            {
                Enumerate(at, AddressOf(entry), level - 1, sink);
                continue;
            }

            var leaf = Decode(entry);
            if (leaf.FirstByte <= leaf.LastByte && (leaf.Read || leaf.Write))
            {
                var length = leaf.LastByte - leaf.FirstByte + 1;
                sink(new TranslationRun(
                    at + leaf.FirstByte, leaf.Pa + leaf.FirstByte, length, leaf.Read, leaf.Write));
            }
        }
    }

    public int Shift(int level) => (level * bits) + DartBits.EntryShift;

    private ulong Fetch(ulong pa)
    {
        if (!memory.Contains(pa))
        {
            return 0;
        }

        var entry = memory.Fetch(pa);
        var isPoison = entry == PhysicalMemory.Poison;
        if (!isPoison && (entry & DartBits.Valid) != 0 && (entry & undefined) != 0 && trace is not null)
        {
            ref var e = ref trace.Add(EventKind.BadCommand);
            e.A = pa;
            e.B = entry;
        }

        return entry;
    }

    private static ulong SubPage(ulong entry, int shift) => (entry >> shift) & DartBits.SubPageLast;

    private ulong AddressOf(ulong entry) => format == DartFormat.Dart1
        ? entry & DartBits.Dart1Address
        : (entry & DartBits.Dart2Address) << DartBits.Dart2AddressShift;

    private ulong Index(ulong iova, int level) => (iova >> Shift(level)) & ((1UL << bits) - 1);

    private ulong Key(ulong iova, int level) => ((ulong)level << LevelShift) | (iova >> Shift(level));
}
