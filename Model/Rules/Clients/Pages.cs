using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R21. Looked at when the last pin of a page ends, against what iommu_map, iommu_unmap and iommu_iotlb_sync
/// have left in the domains of clients; a driver that does not do what it was told breaks R12, not this.
/// </summary>
public sealed class R21UnpinnedAfterInvalidation : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(21),
        RuleFamily.Clients,
        "Pages of VFIO and iommufd are unpinned only after the invalidation of every domain that mapped "
            + "them.",
        "vfio_iommu_type1.c: vfio_unmap_unpin, vfio_sync_unpin; iommufd/pages.c: iopt_area_unpin_domain; "
            + "core.md 8.3, 9 (21)",
        "v5.19",
        SecurityRelevant: true);

    private readonly Dictionary<ulong, int> pins = [];
    private readonly List<TranslationEntry> found = [];

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.PagesPinned, EventKind.PagesUnpinned];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.PagesPinned)
        {
            Count(e, context, 1);
        }
        else if (Count(e, context, -1))
        {
            Hold();
            Check(e, index, context);
        }
    }

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        pins.Clear();
    }

    /// <summary>Changes the pins of all pages of a run; true: one of them has none any more.</summary>
    private bool Count(in TraceEvent e, RuleContext context, int change)
    {
        var free = false;
        var page = context.Topology.CpuPageSize;
        for (var pa = e.B; pa - e.B < e.C; pa += page)
        {
            var now = pins.GetValueOrDefault(pa) + change;
            free |= now == 0;
            if (now > 0)
            {
                pins[pa] = now;
            }
            else
            {
                pins.Remove(pa);
            }
        }

        return free;
    }

    private void Check(in TraceEvent e, int index, RuleContext context)
    {
        foreach (var domain in context.Ledger.Domains)
        {
            if (domain is not { OfClient: true, Freed: false, Map.Reachable: > 0 })
            {
                continue;
            }

            found.Clear();
            domain.Map.CopyRange(0, ulong.MaxValue, found);
            foreach (var entry in found)
            {
                if (Reaches(entry, e.B, e.C, context) is { } pa)
                {
                    var how = entry.Kind == EntryKind.Live ? "maps it" : "is not invalidated";
                    Break(context, index, $"0x{pa:x} is unpinned although {domain} {how} at "
                        + $"0x{entry.Start + (pa - entry.Pa):x}");
                    return;
                }
            }
        }
    }

    /// <summary>An unpinned address that a domain may still translate to.</summary>
    private ulong? Reaches(in TranslationEntry entry, ulong pa, ulong size, RuleContext context)
    {
        const EntryFlags open = EntryFlags.Unsynced | EntryFlags.Disputed | EntryFlags.Doubtful;
        var last = entry.PaOf(entry.Last);
        if (entry.Kind is not (EntryKind.Live or EntryKind.Stale) || (entry.Flags & open) != 0
            || last < pa || entry.Pa > pa + (size - 1))
        {
            return null;
        }

        var page = context.Topology.CpuPageSize;
        for (var at = Math.Max(pa, entry.Pa & ~(page - 1)); at - pa < size && at <= last; at += page)
        {
            if (!pins.ContainsKey(at))
            {
                return at;
            }
        }

        return null;
    }
}

/// <summary>
/// R22. Three ways to see it: a domain of a client is told to map for writing what is pinned for reading
/// only, or what the process has asked for reading only, or a device writes there.
/// </summary>
public sealed class R22ReadOnlyStays : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(22),
        RuleFamily.Clients,
        "A read-only mapping of a user never becomes writable for a device.",
        "vfio_iommu_type1.c: vfio_dma_do_map, vfio_iommu_replay; iommufd/pages.c: pfn_reader_user_pin; "
            + "core.md 8.3, 9 (22)",
        "v5.19",
        SecurityRelevant: true);

    // By page: pins of any kind, and for writing.
    private readonly Dictionary<ulong, (int All, int Writing)> pins = [];
    private int pageShift;

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.PagesPinned, EventKind.PagesUnpinned, EventKind.CoreMap, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapped;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        switch (e.Kind)
        {
            case EventKind.PagesPinned or EventKind.PagesUnpinned:
                Count(e, context, e.Kind == EventKind.PagesPinned ? 1 : -1);
                break;
            case EventKind.CoreMap:
                CheckMap(e, index, context);
                break;
            default:
                CheckAccess(index, context);
                break;
        }
    }

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        pins.Clear();
    }

    private void Count(in TraceEvent e, RuleContext context, int change)
    {
        pageShift = context.Topology.CpuPageShift;
        for (var page = e.B >> pageShift; page << pageShift < e.B + e.C; page++)
        {
            var (all, writing) = pins.GetValueOrDefault(page);
            pins[page] = (all + change, e.Flag ? writing + change : writing);
        }
    }

    private void CheckMap(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        if (e.Errno != Errno.OK || ledger.Now.Command.Domain.Index < ClientSlots.First
            || !(IsAskedForReading(ledger, e) || IsReadOnly(ledger, e.Domain, e.A, e.B)))
        {
            return;
        }

        Hold();
        if (((Prot)e.Extra & Prot.Write) != 0)
        {
            Break(context, index, $"0x{e.A:x} is mapped for writing in {e.Domain}, and the process gave it "
                + "for reading");
        }
    }

    private void CheckAccess(int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        if (!view.Write || view.Domain is not { OfClient: true } domain
            || !IsReadOnly(context.Ledger, domain.Id, view.At, view.Entry.PaOf(view.At)))
        {
            return;
        }

        Hold();
        if (view.LandedRight)
        {
            Break(context, index, $"{view}, which the process gave for reading");
        }
    }

    /// <summary>The command at hand maps, and for reading.</summary>
    private static bool IsAskedForReading(TraceLedger ledger, in TraceEvent e)
    {
        var client = ledger.Client;
        return client.Op switch
        {
            Op.IoasMap or Op.IoasMapAuto or Op.IoasCopy => (client.Prot & Prot.Write) == 0,
            Op.VfioMap => (client.Prot & Prot.Write) == 0 && e.A - client.Iova < client.Size,
            _ => false,
        };
    }

    /// <summary>
    /// The process has given the address for reading only, as far as the trace tells. What is not pinned is
    /// no memory of the process, such as the pages that try how a new domain unmaps (vfio_test_domain_fgsp).
    /// </summary>
    private bool IsReadOnly(TraceLedger ledger, DomainId domain, ulong iova, ulong pa) =>
        pins.TryGetValue(pa >> pageShift, out var pinned) && pinned.All > 0
        && (pinned.Writing == 0
            || (ledger.ContainerOf(domain) is { } container
                && container.Mappings.Exists(
                    m => iova >= m.First && iova <= m.Last && (m.Prot & Prot.Write) == 0)));
}
