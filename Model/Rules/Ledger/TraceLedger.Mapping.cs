using System.Numerics;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>What each domain must translate, from the results of iommu_map and iommu_unmap.</summary>
public sealed partial class TraceLedger
{
    // Page sizes handed to the driver inside the map request at hand: where large pages begin and end.
    private readonly List<(DomainId Domain, ulong Iova, ulong Bytes, byte Shift)> pieces = [];
    private readonly List<TranslationEntry> before = [];

    // Bytes that unmap calls say to have removed since the last request.
    private ulong undone;

    private readonly List<TranslationEntry> scratch = [];

    /// <summary>Where the tables put an address: a driver may drop high bits.</summary>
    private static ulong InTables(DomainFacts? domain, ulong iova) => iova & TopOf(domain);

    private void NotePieces(in TraceEvent e)
    {
        if (e.E == 0)
        {
            return;
        }

        var iova = InTables(Domain(e.Domain), e.A);

        if (e.Kind == EventKind.MapPages)
        {
            pieces.Add((e.Domain, iova, e.E, (byte)BitOperations.Log2(e.C)));
            return;
        }

        var sizes = Domain(e.Domain)?.Profile?.PageSizes ?? new PageSizes(1);
        for (var done = 0UL; done < e.E;)
        {
            var page = sizes.Choose(iova + done, e.B + done, e.E - done, out var count);
            pieces.Add((e.Domain, iova + done, page * count, (byte)BitOperations.Log2(page)));
            done += page * count;
        }
    }

    /// <summary>
    /// The driver says to have mapped more of a failed map than it says to have unmapped again.
    /// </summary>
    public bool LeavesBehind(in TraceEvent map)
    {
        var mapped = 0UL;
        foreach (var piece in pieces)
        {
            mapped += piece.Domain == map.Domain ? piece.Bytes : 0;
        }

        return map.Errno != Errno.OK && mapped > undone;
    }

    private void ApplyMap(in TraceEvent e)
    {
        if (Now.Op == Op.Map)
        {
            Now.Map = new Request(e.Domain, e.A, e.C, 0, e.Errno, Fast: false);
        }

        if (e.C != 0 && Domain(e.Domain) is { } domain && domain.Type.IsPaging())
        {
            var iova = InTables(domain, e.A);
            if (Wraps(domain, iova, e.C) || e.C - 1 > ulong.MaxValue - e.A)
            {
                Doubt(domain, iova, e.C);
                pieces.Clear();
                undone = 0;
                return;
            }

            before.Clear();
            domain.Map.CopyRange(iova, Request.End(iova, e.C), before);
            if (e.Errno == Errno.OK)
            {
                Lay(domain, iova, e);
            }
            else if (MayDestroy(domain.Profile))
            {
                Mark(domain, EntryFlags.Doubtful);
            }

            if (LeavesBehind(e))
            {
                DoubtUnmapped(domain, iova, Request.End(iova, e.C));
            }
        }

        pieces.Clear();
        undone = 0;
    }

    /// <summary>A failed map may have taken the place of what was there before it failed.</summary>
    private static bool MayDestroy(DriverProfile? profile) =>
        profile is null || profile.Overlap != OverlapRule.Refuse
        || (profile.OverlapSmaller ?? OverlapRule.Refuse) != OverlapRule.Refuse
        || (profile.OverlapLarge ?? OverlapRule.Refuse) != OverlapRule.Refuse;

    /// <summary>
    /// Last address before the next one is 0: of the address space, or of tables that drop higher bits.
    /// </summary>
    private static ulong TopOf(DomainFacts? domain) => domain?.Profile?.TablesTop ?? ulong.MaxValue;

    private static bool Wraps(DomainFacts domain, ulong iova, ulong size) => size - 1 > TopOf(domain) - iova;

    /// <summary>A request that goes round the end of the address space: anything may be there now.</summary>
    private void Doubt(DomainFacts domain, ulong iova, ulong size)
    {
        var top = TopOf(domain);
        var entry = new TranslationEntry { Kind = EntryKind.Live, Flags = EntryFlags.Doubtful };
        domain.Map.Put(entry with { Start = iova, Last = top });
        domain.Map.Put(entry with { Last = unchecked(iova + size - 1) & top });
        foreach (var (first, last) in domain.Pending)
        {
            AddFlags(domain, first, last, EntryFlags.Unsynced);
        }
    }

    private void Lay(DomainFacts domain, ulong iova, in TraceEvent e)
    {
        var whole = new TranslationEntry
        {
            Start = iova,
            Last = Request.End(iova, e.C),
            Pa = e.B,
            Prot = (Prot)e.Extra,
            Kind = EntryKind.Live,
            Flags = EntryFlags.Head | EntryFlags.Tail | (domain.Attached == 0 ? EntryFlags.Loose : 0)
                | (domain.Profile is { } profile && Request.End(e.B, e.C) > profile.PaLast
                    ? EntryFlags.Doubtful : 0),
        };
        var covered = 0UL;
        foreach (var piece in pieces)
        {
            covered += piece.Domain == domain.Id ? piece.Bytes : 0;
        }

        if (covered != e.C)
        {
            domain.Map.Put(whole);
        }

        foreach (var piece in pieces)
        {
            var last = Request.End(piece.Iova, piece.Bytes);
            if (piece.Domain == domain.Id && piece.Iova >= whole.Start && last <= whole.Last)
            {
                var part = whole.Clip(piece.Iova, last);
                part.LeafShift = piece.Shift;
                domain.Map.Put(part);
            }
        }

        Mark(domain, EntryFlags.Disputed);
    }

    /// <summary>
    /// Flags what now is where something was mapped before; a range with a pending unmap is old or new until
    /// the sync.
    /// </summary>
    private void Mark(DomainFacts domain, EntryFlags flags)
    {
        foreach (var old in before)
        {
            var cut = (old.Flags & EntryFlags.Cut) != 0 ? EntryFlags.Disputed : EntryFlags.None;
            var mark = old.Kind switch
            {
                EntryKind.Live => flags | (old.Flags & EntryFlags.Unsynced),
                EntryKind.Stale => EntryFlags.Unsynced | cut,
                _ => cut,
            };
            if (mark != EntryFlags.None)
            {
                AddFlags(domain, old.Start, old.Last, mark);
            }
        }
    }

    private void AddFlags(DomainFacts domain, ulong first, ulong last, EntryFlags flags)
    {
        scratch.Clear();
        domain.Map.CopyRange(first, last, scratch);
        foreach (var found in scratch)
        {
            if (found.Kind == EntryKind.Live)
            {
                var marked = found;
                marked.Flags |= flags;
                domain.Map.Put(marked);
            }
        }
    }

    private void ApplyUnmap(in TraceEvent e)
    {
        undone = 0;
        if (Now.Op is Op.Unmap or Op.UnmapFast)
        {
            Now.Unmap = new Request(e.Domain, e.A, e.C, e.E, Errno.OK, e.Flag);
        }

        if (e.E == 0 || e.C == 0 || Domain(e.Domain) is not { } domain)
        {
            return;
        }

        var iova = InTables(domain, e.A);
        if (Wraps(domain, iova, e.C) || e.C - 1 > ulong.MaxValue - e.A)
        {
            Doubt(domain, iova, e.C);
            return;
        }

        var last = Request.End(iova, Math.Min(e.C, e.E));
        var isCut = domain.Map.TryFind(iova, out var head) && head.Kind == EntryKind.Live
            && head.LeafFirst(iova) < iova;
        if (e.E > e.C)
        {
            last = WithLargePages(domain, iova, Request.End(iova, e.E), last);
        }

        var cutLast = isCut ? Math.Min(last, head.LeafLast(iova)) : 0;
        if (e.Flag)
        {
            RemoveFast(domain, iova, last);
        }
        else
        {
            Remove(domain, iova, last);
        }

        if (isCut)
        {
            NoteCut(domain, iova, cutLast);
        }
    }

    /// <summary>
    /// More was removed than asked: the rest of the page at the end is gone as well; what the count covers
    /// beyond it, and the part of the first page before the range, depend on the driver. Returns the last
    /// byte that is gone.
    /// </summary>
    private ulong WithLargePages(DomainFacts domain, ulong first, ulong claimed, ulong last)
    {
        if (domain.Map.TryFind(first, out var head) && head.LeafFirst(first) < first)
        {
            AddFlags(domain, head.LeafFirst(first), first - 1, EntryFlags.Doubtful);
        }

        if (domain.Map.TryFind(last, out var tail) && tail.Kind == EntryKind.Live)
        {
            last = LeafEnd(domain, tail, last, claimed);
        }

        if (claimed > last)
        {
            AddFlags(domain, last + 1, claimed, EntryFlags.Doubtful);
        }

        return last;
    }

    /// <summary>
    /// Last byte of the page that holds <paramref name="at"/>, as far as the map holds it as one and the
    /// unmap claims it. An earlier mark may have cut the page's entry.
    /// </summary>
    private static ulong LeafEnd(DomainFacts domain, in TranslationEntry leaf, ulong at, ulong claimed)
    {
        var end = Math.Min(claimed, leaf.LeafLast(at));
        at = Math.Min(end, leaf.Last);
        while (at < end && domain.Map.TryFind(at + 1, out var next) && next.Kind == EntryKind.Live
            && next.LeafShift == leaf.LeafShift && next.PaOf(at + 1) == leaf.PaOf(at + 1))
        {
            at = Math.Min(end, next.Last);
        }

        return at;
    }

    /// <summary>Gone, except what an earlier fast unmap left pending: its sync is still to come.</summary>
    private void Remove(DomainFacts domain, ulong first, ulong last)
    {
        scratch.Clear();
        if (domain.Pending.Count > 0)
        {
            domain.Map.CopyRange(first, last, scratch);
        }

        domain.Map.Put(new TranslationEntry { Start = first, Last = last, Kind = EntryKind.Gone });
        foreach (var found in scratch)
        {
            if (found.Kind == EntryKind.Stale || (found.Flags & EntryFlags.Unsynced) != 0)
            {
                var stale = found;
                stale.Kind = EntryKind.Stale;
                domain.Map.Put(stale);
            }
        }
    }

    /// <summary>
    /// An unmap began inside a large page and said to have removed the rest of it: if it did not, that is
    /// R12's, and what is built on it is nobody's.
    /// </summary>
    private void NoteCut(DomainFacts domain, ulong first, ulong last)
    {
        scratch.Clear();
        domain.Map.CopyRange(first, last, scratch);
        foreach (var found in scratch)
        {
            if (found.Kind is EntryKind.Stale or EntryKind.Gone)
            {
                var marked = found;
                marked.Flags |= EntryFlags.Cut;
                domain.Map.Put(marked);
            }
        }
    }

    private void RemoveFast(DomainFacts domain, ulong first, ulong last)
    {
        scratch.Clear();
        domain.Map.CopyRange(first, last, scratch);
        foreach (var found in scratch)
        {
            if (found.Kind == EntryKind.Live)
            {
                var stale = found;
                stale.Kind = EntryKind.Stale;
                domain.Map.Put(stale);
            }
        }

        domain.Pending.Add((first, last));
    }

    /// <summary>All invalidations of a domain have been waited for.</summary>
    private void Settle(DomainFacts? domain)
    {
        if (domain is null || domain.Pending.Count == 0)
        {
            return;
        }

        foreach (var (first, last) in domain.Pending)
        {
            scratch.Clear();
            domain.Map.CopyRange(first, last, scratch);
            foreach (var found in scratch)
            {
                var settled = found;
                settled.Flags &= ~EntryFlags.Unsynced;
                settled.Kind = found.Kind == EntryKind.Stale ? EntryKind.Gone : found.Kind;
                if (settled.Kind != found.Kind || settled.Flags != found.Flags)
                {
                    domain.Map.Put(settled);
                }
            }
        }

        domain.Pending.Clear();
    }

    private void ApplyDirectMappings(in TraceEvent e)
    {
        var failed = devices[e.Device].DirectFailed;
        failed.Remove(e.Domain);
        if (e.Errno != Errno.OK)
        {
            failed.Add(e.Domain);
        }
    }
}
