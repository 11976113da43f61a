using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R12. The same holds for a fast unmap once its sync or a full flush is done. What a failed map has put in
/// the place of what was unmapped is R19's.
/// </summary>
public sealed class R12StrictUnmap : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(12),
        RuleFamily.MapUnmap,
        "After strict unmap returns, a DMA to the range faults, even if it hit just before.",
        "iommu.c: iommu_unmap, iommu_iotlb_sync; core.md 5.3, 9 (12)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Gone;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        if (context.Ledger.IsInFailedMap(view))
        {
            return;
        }

        Hold();
        if (view.Landed)
        {
            Break(context, index, $"{view} after it was unmapped from {view.Domain}");
        }
    }
}

/// <summary>
/// R19. Premise: nothing was mapped there before. Where no device is on the domain the driver's own counts
/// tell: what it says to have mapped must be unmapped again.
/// </summary>
public sealed class R19FailedMapLeavesNothing : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(19),
        RuleFamily.MapUnmap,
        "A failed map leaves no new translation in the range.",
        "iommu.c: iommu_map; core.md 5.1, 9 (19)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CoreMap, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapping;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.CoreMap)
        {
            if (context.Ledger.LeavesBehind(e))
            {
                Break(context, index, $"the map of 0x{e.A:x} size 0x{e.C:x} failed ({e.Errno.Text()}) and is "
                    + "not undone");
            }

            return;
        }

        ref readonly var view = ref context.Ledger.Dma;
        var map = context.Ledger.Now.Map;
        if (!context.Ledger.IsInFailedMap(view) || !view.Domain!.Type.IsPaging()
            || view.Entry.Kind is EntryKind.Live or EntryKind.Stale)
        {
            return;
        }

        Hold();
        if (view.Landed)
        {
            Break(context, index, $"{view} although the map of 0x{map.Iova:x} size 0x{map.Size:x} failed "
                + $"({map.Errno.Text()})");
        }
    }
}

/// <summary>R20.</summary>
public sealed class R20PermissionsHold : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(20),
        RuleFamily.MapUnmap,
        "Permissions are enforced: a READ-only mapping faults on device writes and the reverse.",
        "include/linux/iommu.h: IOMMU_READ, IOMMU_WRITE; core.md 5.4, 9 (20)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapped;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        if (view.Permitted || !view.Entry.IsCertain || (view.Entry.Prot & (Prot.Read | Prot.Write)) == 0)
        {
            return;
        }

        Hold();
        if (view.Landed)
        {
            var granted = (view.Entry.Prot & Prot.Read) != 0 ? "READ" : "WRITE";
            Break(context, index, $"{view}; {view.Domain} maps the address with {granted} only");
        }
    }
}
