using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R1.</summary>
public sealed class R1OwnedWithoutDomainFaults : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(1),
        RuleFamily.Isolation,
        "A device whose group has an owner but no attached user domain faults on every DMA.",
        "iommu.c: __iommu_take_dma_ownership, __iommu_group_set_core_domain; core.md 9 (1)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Owned;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        ref readonly var view = ref ledger.Dma;
        var group = view.Group!;
        if (!view.Device.IsPlaced || ledger.Domain(group.Blocking) is { Map.Reachable: > 0 })
        {
            return;
        }

        Hold();
        if (view.Landed)
        {
            Break(context, index, $"{view}; {group} is owned by o{group.Owner} with nothing attached");
        }
    }
}

/// <summary>
/// R2. Any move off a paging domain counts as a detach: replace and release too. Where the present domain had
/// the address mapped and unmapped, what still lands may be its own old translation, and is R12's.
/// </summary>
public sealed class R2DetachedIsUnreachable : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(2),
        RuleFamily.Isolation,
        "After detach by an owner, no mapping of the detached domain is reachable by any device of the "
            + "group.",
        "iommu.c: iommu_detach_group, __iommu_group_set_core_domain; core.md 9 (2)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Left;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        if (context.Ledger.Domain(view.Device.Left) is not { } left
            || !left.Map.TryFind(view.At, out var entry) || !entry.IsCertain
            || view.Judgement == Judgement.Open || view.Entry.Kind == EntryKind.Gone)
        {
            return;
        }

        Hold();
        if (view.Landed && view.Judgement == Judgement.Differs && view.Pa == entry.PaOf(view.At))
        {
            Break(context, index, $"{view}, through {left}, which it has left for {view.Domain}");
        }
    }
}

/// <summary>R3.</summary>
public sealed class R3ReleasedFollowsDefault : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(3),
        RuleFamily.Isolation,
        "After ownership is released, DMA follows the default domain only.",
        "iommu.c: __iommu_release_dma_ownership; core.md 9 (3)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.AfterRelease;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        ref readonly var view = ref ledger.Dma;
        if (view.Device.Trouble != Trouble.None || view.Device.Staged)
        {
            return;
        }

        var judgement = ledger.JudgeAgainst(view.Group!.Default);
        if (judgement == Judgement.Open)
        {
            return;
        }

        Hold();
        if (judgement == Judgement.Differs)
        {
            var domain = ledger.Domain(view.Group.Default);
            Break(context, index, $"{view}; {view.Group} was released to its default domain {domain}");
        }
    }
}
