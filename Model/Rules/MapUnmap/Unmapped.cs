using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R40. Legal all the same: a page larger than the rest of the range may stay (0 is returned at it), or go
/// and be counted whole (core.md 5.3). Counting a hole satisfies the text: nothing is mapped there.
/// </summary>
public sealed class R40UnmapReturn : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(40),
        RuleFamily.MapUnmap,
        "Unmap returns the number of bytes from the start that are no longer mapped; bytes before it fault, "
            + "the byte at "
            + "start + return is unmapped or beyond the range.",
        "iommu.c: __iommu_unmap; core.md 5.3, 9 (40)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CoreUnmap, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapping;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.CoreUnmap)
        {
            Return(e, index, context);
            return;
        }

        ref readonly var view = ref context.Ledger.Dma;
        var unmap = context.Ledger.Now.Unmap;
        if (unmap.Fast || unmap.Wraps || unmap.Domain != view.Domain!.Id || !unmap.Removed(view.At)
            || view.Entry.Kind == EntryKind.Stale)
        {
            return;
        }

        Hold();
        if (view.Landed)
        {
            Break(context, index, $"{view}; unmap of 0x{unmap.Iova:x} size 0x{unmap.Size:x} returned "
                + $"0x{unmap.Bytes:x}");
        }
    }

    private void Return(in TraceEvent e, int index, RuleContext context)
    {
        if (context.Ledger.Domain(e.Domain) is not { } domain || !IsProper(domain, e))
        {
            return;
        }

        Hold();
        if (e.E < e.C && domain.Map.TryFind(e.A + e.E, out var rest) && rest.IsCertain
            && rest.LeafFirst(e.A + e.E) >= e.A && rest.LeafLast(e.A + e.E) <= Request.End(e.A, e.C))
        {
            Break(context, index, $"unmap of 0x{e.A:x} size 0x{e.C:x} returns 0x{e.E:x}, but 0x{e.A + e.E:x} "
                + "is mapped");
        }
    }

    /// <summary>A request the core passes on: a paging domain, sizes aligned, no wrap.</summary>
    private static bool IsProper(DomainFacts domain, in TraceEvent e)
    {
        var page = domain.Profile?.PageSizes.Min ?? 0;
        return domain.Type.IsPaging() && page != 0 && e.C != 0 && ((e.A | e.C) & (page - 1)) == 0
            && e.C - 1 <= ulong.MaxValue - e.A;
    }
}

/// <summary>
/// R41. When more is returned than asked, the bytes beyond the last page of the range must still be there; if
/// they are, R40 is broken instead.
/// </summary>
public sealed class R41UnmapStaysInside : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(41),
        RuleFamily.MapUnmap,
        "Unmap never removes anything outside the range, except the rest of a big page whose part was in the "
            + "range; then "
            + "the return value says so.",
        "iommu.c: __iommu_unmap; core.md 5.3, 9 (41)",
        "v5.19",
        SecurityRelevant: false);

    // What lay beyond the range and its last page, but inside what the return value claims.
    private readonly List<TranslationEntry> beyond = [];

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.CommandBegin, EventKind.CoreUnmap, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapping;

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        beyond.Clear();
    }

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        switch (e.Kind)
        {
            case EventKind.CommandBegin:
                beyond.Clear();
                break;
            case EventKind.CoreUnmap when e.E > e.C && e.C != 0:
                Remember(e, context);
                break;
            case EventKind.Dma:
                Access(index, context);
                break;
        }
    }

    private void Remember(in TraceEvent e, RuleContext context)
    {
        if (context.Ledger.Domain(e.Domain) is not { } domain)
        {
            return;
        }

        var last = Request.End(e.A, e.C);
        if (domain.Map.TryFind(last, out var tail) && tail.Kind == EntryKind.Live)
        {
            last = tail.LeafLast(last);
        }

        if (Request.End(e.A, e.E) > last)
        {
            domain.Map.CopyRange(last + 1, Request.End(e.A, e.E), beyond);
        }
    }

    private void Access(int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        var unmap = context.Ledger.Now.Unmap;
        if (unmap.Wraps || unmap.Domain != view.Domain!.Id || unmap.Holds(view.At) || !view.Permitted
            || !Mapped.IsReachable(view))
        {
            return;
        }

        var wasThere = view.Entry.IsCertain;
        foreach (var entry in beyond)
        {
            wasThere |= entry.IsCertain && view.At >= entry.Start && view.At <= entry.Last;
        }

        if (!wasThere)
        {
            return;
        }

        Hold();
        if (!view.LandedRight)
        {
            Break(context, index, $"{view}, outside the unmap of 0x{unmap.Iova:x} size 0x{unmap.Size:x}, "
                + "which returned "
                + $"0x{unmap.Bytes:x}");
        }
    }
}

/// <summary>R42.</summary>
public sealed class R42ExactUnmap : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(42),
        RuleFamily.MapUnmap,
        "Unmap of a range that matches earlier maps exactly returns exactly the size and leaves no "
            + "translation.",
        "iommu.c: iommu_unmap; core.md 5.3, 9 (42)",
        "v5.19",
        SecurityRelevant: false);

    private readonly List<TranslationEntry> found = [];
    private bool exact;

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.CommandBegin, EventKind.CoreUnmap, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapping;

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        exact = false;
    }

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        switch (e.Kind)
        {
            case EventKind.CommandBegin:
                exact = false;
                break;
            case EventKind.CoreUnmap:
                exact = context.Ledger.Domain(e.Domain) is { } domain && e.C != 0 && IsExact(domain, e);
                if (exact)
                {
                    Hold();
                }

                if (exact && e.E != e.C)
                {
                    Break(context, index, $"unmap of 0x{e.A:x} size 0x{e.C:x}, exactly as mapped, returns "
                        + $"0x{e.E:x}");
                }

                break;
            default:
                Access(index, context);
                break;
        }
    }

    private void Access(int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        var unmap = context.Ledger.Now.Unmap;
        if (exact && !unmap.Fast && unmap.Domain == view.Domain!.Id && unmap.Holds(view.At) && view.Landed
            && view.Entry.Kind != EntryKind.Stale)
        {
            Break(context, index, $"{view} after the exact unmap of 0x{unmap.Iova:x} size 0x{unmap.Size:x}");
        }
    }

    /// <summary>Whole map requests side by side, nothing else; none goes round the end.</summary>
    private bool IsExact(DomainFacts domain, in TraceEvent e)
    {
        if (e.C - 1 > ulong.MaxValue - e.A)
        {
            return false;
        }

        found.Clear();
        var last = Request.End(e.A, e.C);
        domain.Map.CopyRange(e.A, last, found);
        var next = e.A;
        var open = false;
        foreach (var entry in found)
        {
            var begins = (entry.Flags & EntryFlags.Head) != 0;
            if (!entry.IsCertain || entry.Start != next || begins == open)
            {
                return false;
            }

            open = (entry.Flags & EntryFlags.Tail) == 0;
            next = entry.Last + 1;
        }

        return found.Count > 0 && !open && next == last + 1;
    }
}
