using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R28. The first part is promised from v6.5 on.</summary>
public sealed class R28ReattachIsQuiet : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(28),
        RuleFamily.State,
        "Re-attaching the current core domain (v6.5 on) makes no driver call; attaching any domain in a "
            + "user's state "
            + "returns -EBUSY without a driver call.",
        "iommu.c: __iommu_attach_group, __iommu_group_set_domain_internal; core.md 4.2, 4.3 (15), 9 (28)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var now = context.Ledger.Now;
        if (now.Op is not (Op.AttachDevice or Op.AttachGroup or Op.AttachHandle) || now.NoOp || now.Group < 0
            || now.DomainBefore == DomainId.None || now.MembersBefore == 0)
        {
            return;
        }

        var core = now.OwnerBefore != 0 ? now.BlockingBefore : now.DefaultBefore;
        if (now.DomainBefore == now.Named && now.Named == core)
        {
            Quiet(now, index, context);
        }
        else if (now.DomainBefore != now.DefaultBefore && now.DomainBefore != now.BlockingBefore
            && (now.Op != Op.AttachDevice || now.MembersBefore == 1))
        {
            Busy(now, index, context);
        }
    }

    private void Quiet(CommandFacts now, int index, RuleContext context)
    {
        if (context.Order < EraOrder.V6_5)
        {
            return;
        }

        Hold();
        if (now.Moves > 0)
        {
            Break(context, index, $"re-attaching {now.Named}, the core domain of g{now.Group}, calls the "
                + "driver");
        }
    }

    private void Busy(CommandFacts now, int index, RuleContext context)
    {
        Hold();
        if (now.Errno != Errno.EBUSY || now.Moves > 0)
        {
            Break(context, index, $"attach to g{now.Group}, which is on its user's domain "
                + $"{now.DomainBefore}, gives "
                + $"{now.Errno.Text()} after {now.Moves} driver calls, expected -EBUSY and none");
        }
    }
}

/// <summary>R29.</summary>
public sealed class R29RefusedBeforeCalls : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(29),
        RuleFamily.State,
        "Every refusal of attach, replace, claim and bind happens before the first driver call, errors of "
            + "the set-domain "
            + "step itself excepted.",
        "iommu.c: __iommu_attach_group, __iommu_take_dma_ownership; core.md 4.2, 9 (29)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var now = context.Ledger.Now;
        if (!now.Refused || now.Op is not (Op.AttachDevice or Op.AttachGroup or Op.AttachHandle or Op.Replace
            or Op.ClaimGroup or Op.ClaimDevice or Op.Bind))
        {
            return;
        }

        Hold();
        if (now.Moves > 0 && now.FailedAttaches == 0 && now.SetDomainErrno == Errno.OK)
        {
            Break(context, index, $"refused with {now.Errno.Text()} after {now.Moves} driver calls, none of "
                + "which failed");
        }
    }
}
