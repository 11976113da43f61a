using Conformance.Drivers.Hardware;

namespace Conformance.Drivers.IntelVtd;

/// <summary>A context entry as the context cache holds it; legacy entries use the first two words.</summary>
internal readonly record struct CachedContext(ulong Q0, ulong Q1, ulong Q2, ulong Q3, ushort Did);

/// <summary>A PASID-table entry as the PASID cache holds it (q3 to q7 are zero).</summary>
internal readonly record struct CachedPasid(ulong Q0, ulong Q1, ulong Q2)
{
    public ushort Did => (ushort)Q1;
}

/// <summary>
/// A translation as the IOTLB or a device TLB holds it; neither permission means a cached miss.
/// </summary>
internal readonly record struct CachedPage(ulong Pa, bool Read, bool Write)
{
    public bool IsMiss => !Read && !Write;
}

/// <summary>A table found on the way down, with the permissions gathered so far.</summary>
internal readonly record struct CachedTable(ulong Pa, bool Read, bool Write);

/// <summary>
/// The caches of a remapping unit. Nothing leaves before the right command: contexts are tagged with
/// source-id and
/// domain id, PASID entries with both and the PASID, translations and paging structures with the domain id
/// and, for
/// the first stage, the PASID.
/// </summary>
/// <param name="firstStageBits">
/// Bits of a first-stage address that are translated; those above repeat the highest and are not compared.
/// </param>
internal sealed class VtdCaches(int firstStageBits)
{
    private const int ClassShift = 60;
    private const ulong FirstStage = 1UL << 40;

    private readonly ulong firstStageMask = (1UL << firstStageBits) - 1;

    private readonly Dictionary<ushort, CachedContext> contexts = [];
    private readonly Dictionary<(ushort Sid, uint Pasid), CachedPasid> pasids = [];
    private readonly TaggedCache<CachedPage> pages = new();
    private readonly TaggedCache<CachedTable> tables = new();
    private readonly Dictionary<ushort, HashSet<ulong>> pasidTags = [];
    private readonly List<ushort> doomedContexts = [];
    private readonly List<(ushort Sid, uint Pasid)> doomedPasids = [];

    public static ulong SecondStageTag(ushort did) => did;

    public static ulong FirstStageTag(ushort did, uint pasid) => FirstStage | ((ulong)pasid << 16) | did;

    public bool TryContext(ushort sid, out CachedContext context) => contexts.TryGetValue(sid, out context);

    public void PutContext(ushort sid, in CachedContext context) => contexts[sid] = context;

    public bool TryPasid(ushort sid, uint pasid, out CachedPasid entry) =>
        pasids.TryGetValue((sid, pasid), out entry);

    public void PutPasid(ushort sid, uint pasid, in CachedPasid entry) => pasids[(sid, pasid)] = entry;

    /// <summary>A cached translation of any size; <paramref name="shift"/> tells which.</summary>
    public bool TryPage(ulong tag, ulong iova, out CachedPage page, out int shift)
    {
        iova = Compared(tag, iova);
        for (shift = 12; shift <= 30; shift += 9)
        {
            if (pages.TryGet(tag, PageKey(iova, shift), out page))
            {
                return true;
            }
        }

        page = default;
        return false;
    }

    public void PutPage(ulong tag, ulong iova, int shift, in CachedPage page)
    {
        Note(tag);
        pages.Put(tag, PageKey(Compared(tag, iova), shift), page);
    }

    /// <summary>
    /// The deepest cached table on the way to an address; the walk goes on at <paramref name="level"/>.
    /// </summary>
    public bool TryTable(ulong tag, ulong iova, int top, out CachedTable table, out int level)
    {
        iova = Compared(tag, iova);
        for (level = 1; level < top; level++)
        {
            if (tables.TryGet(tag, TableKey(iova, level), out table))
            {
                return true;
            }
        }

        table = default;
        return false;
    }

    /// <param name="tag">Domain, and PASID for the first stage.</param>
    /// <param name="iova">Address under translation.</param>
    /// <param name="level">Level of the table itself.</param>
    /// <param name="table">Where it lies.</param>
    public void PutTable(ulong tag, ulong iova, int level, in CachedTable table)
    {
        Note(tag);
        tables.Put(tag, TableKey(Compared(tag, iova), level), table);
    }

    public void DropAll()
    {
        contexts.Clear();
        pasids.Clear();
        DropAllPages();
    }

    public void DropAllContexts() => contexts.Clear();

    public void DropAllPasids() => pasids.Clear();

    public void DropAllPages()
    {
        pages.DropAll();
        tables.DropAll();
        pasidTags.Clear();
    }

    /// <summary>
    /// Contexts of a domain; with a source-id only those whose id matches under the function mask.
    /// </summary>
    /// <param name="did">Domain id; null for scalable mode, where context entries carry none.</param>
    /// <param name="sid">Source-id, or null for all.</param>
    /// <param name="ignored">Bits of the source-id not compared.</param>
    public void DropContexts(ushort? did, ushort? sid, ushort ignored)
    {
        doomedContexts.Clear();
        foreach (var (key, context) in contexts)
        {
            if ((did is null || context.Did == did) && (sid is null || ((key ^ sid) & ~ignored) == 0))
            {
                doomedContexts.Add(key);
            }
        }

        foreach (var key in doomedContexts)
        {
            contexts.Remove(key);
        }
    }

    /// <summary>PASID entries of a domain; with a PASID only that one.</summary>
    public void DropPasids(ushort did, uint? pasid)
    {
        doomedPasids.Clear();
        foreach (var (key, entry) in pasids)
        {
            if (entry.Did == did && (pasid is null || key.Pasid == pasid))
            {
                doomedPasids.Add(key);
            }
        }

        foreach (var key in doomedPasids)
        {
            pasids.Remove(key);
        }
    }

    /// <summary>All translations and tables with a domain id, of both stages.</summary>
    public void DropDomain(ushort did)
    {
        DropTag(SecondStageTag(did));
        if (pasidTags.Remove(did, out var tags))
        {
            foreach (var tag in tags)
            {
                DropTag(tag);
            }
        }
    }

    public void DropTag(ulong tag)
    {
        pages.DropTag(tag);
        tables.DropTag(tag);
    }

    /// <summary>
    /// Translations that touch [first, last]; tables on the way to it unless only leaves changed.
    /// </summary>
    public void DropRange(ulong tag, ulong first, ulong last, bool leafOnly)
    {
        (first, last) = (Compared(tag, first), Compared(tag, last));
        for (var shift = 12; shift <= 30; shift += 9)
        {
            pages.DropRange(tag, PageKey(first, shift), PageKey(last, shift));
        }

        for (var level = 1; !leafOnly && level <= 4; level++)
        {
            tables.DropRange(tag, TableKey(first, level), TableKey(last, level));
        }
    }

    private static ulong PageKey(ulong iova, int shift) =>
        ((ulong)shift / 10 << ClassShift) | (iova >> shift);

    /// <summary>A table of level n serves the addresses of one entry of level n + 1.</summary>
    private static ulong TableKey(ulong iova, int level) =>
        ((ulong)level << ClassShift) | (iova >> (12 + (9 * level)));

    private ulong Compared(ulong tag, ulong iova) =>
        (tag & FirstStage) == 0 ? iova : iova & firstStageMask;

    private void Note(ulong tag)
    {
        if ((tag & FirstStage) == 0)
        {
            return;
        }

        var did = (ushort)tag;
        if (!pasidTags.TryGetValue(did, out var tags))
        {
            pasidTags[did] = tags = [];
        }

        tags.Add(tag);
    }
}
