using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// The translation caches inside the PCI devices behind a unit (ATS). A device with ATS on asks for
/// translations, keeps
/// them, and later uses the physical address directly; switching ATS off empties its cache.
/// </summary>
internal sealed class VtdDeviceTlbs
{
    private const int LargeClass = 60;

    private readonly HashSet<ushort> enabled = [];
    private readonly Dictionary<ushort, HashSet<ulong>> tagsOf = [];
    private readonly TaggedCache<CachedPage> pages = new();

    public bool IsEnabled(ushort sid) => enabled.Contains(sid);

    /// <summary>The configuration-space enable bit of a function.</summary>
    public void Set(ushort sid, bool on)
    {
        if (on)
        {
            enabled.Add(sid);
            return;
        }

        enabled.Remove(sid);
        Drop(sid, null, 0, ulong.MaxValue);
    }

    /// <summary>A kept translation that allows the access.</summary>
    public bool TryUse(ushort sid, uint pasid, ulong iova, DmaAccess access, out ulong pa)
    {
        for (var shift = 12; shift <= 30; shift += 9)
        {
            if (pages.TryGet(Tag(sid, pasid), Key(iova, shift), out var page)
                && (access == DmaAccess.Read ? page.Read : page.Write))
            {
                pa = page.Pa | (iova & ((1UL << shift) - 1));
                return true;
            }
        }

        pa = 0;
        return false;
    }

    public void Put(ushort sid, uint pasid, ulong iova, int shift, in CachedPage page)
    {
        if (!tagsOf.TryGetValue(sid, out var tags))
        {
            tagsOf[sid] = tags = [];
        }

        tags.Add(Tag(sid, pasid));
        pages.Put(Tag(sid, pasid), Key(iova, shift), page);
    }

    /// <summary>
    /// An invalidation request to the function: of one PASID (0: of requests without), or null for all.
    /// </summary>
    public void Drop(ushort sid, uint? pasid, ulong first, ulong last)
    {
        if (!tagsOf.TryGetValue(sid, out var tags))
        {
            return;
        }

        foreach (var tag in tags)
        {
            if (pasid is { } one && tag != Tag(sid, one))
            {
                continue;
            }

            for (var shift = 12; shift <= 30; shift += 9)
            {
                pages.DropRange(tag, Key(first, shift), Key(last, shift));
            }
        }
    }

    private static ulong Tag(ushort sid, uint pasid) => ((ulong)sid << 32) | pasid;

    private static ulong Key(ulong iova, int shift) => ((ulong)shift / 10 << LargeClass) | (iova >> shift);
}
