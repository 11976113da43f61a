using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R36. Before v6.5 a failed change did not re-attach the old domain.</summary>
public sealed class R36FailedTypeChangeChangesNothing : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(36),
        RuleFamily.State,
        "After a failed sysfs change the reported type and the translations are unchanged.",
        "iommu.c: iommu_group_store_type, iommu_setup_default_domain; core.md 3.5, 4.6, 9 (36)",
        "v6.5",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Refusal;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var now = ledger.Now;
        if (now.Op != Op.SetType || !now.Refused || ledger.Group(now.Group) is not { } group)
        {
            return;
        }

        if (e.Kind == EventKind.Dma)
        {
            if (Unmoved.Judge(ledger) == true)
            {
                Break(context, index, $"{ledger.Dma}; the type change of {group} failed, so it is still on "
                    + $"{now.DomainBefore}");
            }

            return;
        }

        Hold();
        var type = ledger.Domain(group.Default)?.Type ?? now.DefaultTypeBefore;
        if (group.Default != now.DefaultBefore || type != now.DefaultTypeBefore)
        {
            Break(context, index, $"the type change of {group} failed ({now.Errno.Text()}), and its default "
                + "domain is "
                + $"{group.Default} ({type.Text()}), before {now.DefaultBefore} "
                + $"({now.DefaultTypeBefore.Text()})");
        }
    }
}
