using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R5. Where the present domain had the address mapped and unmapped, what still lands may be its own old
/// translation, and is R12's.
/// </summary>
public sealed class R5FreedIsUnreachable : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(5),
        RuleFamily.Isolation,
        "A domain is freed only when no device can still reach through it.",
        "iommu.c: iommu_domain_free, __iommu_group_remove_device; core.md 9 (5)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.DomainFree, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Wrong;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.DomainFree)
        {
            Hold();
            Free(e, index, context);
            return;
        }

        ref readonly var view = ref context.Ledger.Dma;
        if (!view.Landed || view.Pa == view.Iova || view.Entry.Kind == EntryKind.Gone)
        {
            return;
        }

        foreach (var domain in context.Ledger.Domains)
        {
            if (domain is { Freed: true } && context.Ledger.JudgeAgainst(domain.Id) == Judgement.Agrees)
            {
                Break(context, index, $"{view}, through {domain}, which was freed");
                return;
            }
        }
    }

    private void Free(in TraceEvent e, int index, RuleContext context)
    {
        if (context.Ledger.HolderOf(e.Domain) is { } device)
        {
            Break(context, index, $"{e.Domain} is freed while {device} is attached to it");
        }
    }
}

/// <summary>R18.</summary>
public sealed class R18ReleasedFollowsNoDomain : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(18),
        RuleFamily.Isolation,
        "After device release, DMA from its requester either faults or passes through; it never follows a "
            + "domain.",
        "iommu.c: iommu_deinit_device, iommu_release_device; core.md 9 (18)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Released;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        Hold();
        ref readonly var view = ref context.Ledger.Dma;
        if (view.Landed && view.Pa != view.Iova)
        {
            Break(context, index, $"{view} after its release");
        }
    }
}
