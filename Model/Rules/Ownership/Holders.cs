using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R9.</summary>
public sealed class R9OwnerOrKernelDriver : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(9),
        RuleFamily.Ownership,
        "A kernel driver cannot bind in a group with an owner, and no owner can claim a group with a bound "
            + "kernel driver.",
        "iommu.c: iommu_device_use_default_domain, iommu_group_claim_dma_owner; core.md 4.2, 9 (9)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var now = context.Ledger.Now;
        if (now.NoOp || now.Group < 0 || now.MisusedBefore)
        {
            return;
        }

        if (now.Op == Op.Bind && now.OwnerBefore != 0)
        {
            Hold();
            if (now.Done)
            {
                Break(context, index, $"a driver binds d{now.Device} although o{now.OwnerBefore} owns "
                    + $"g{now.Group}");
            }
        }
        else if (now.Op is Op.ClaimGroup or Op.ClaimDevice && now.BoundBefore > 0)
        {
            Hold();
            if (now.Done)
            {
                Break(context, index, $"o{now.Command.A} claims g{now.Group} although {now.BoundBefore} of "
                    + "its devices "
                    + "have kernel drivers");
            }
        }
    }
}

/// <summary>R10.</summary>
public sealed class R10OneOwner : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(10),
        RuleFamily.Ownership,
        "Two different owners never hold the same group at once.",
        "iommu.c: iommu_group_claim_dma_owner, iommu_device_claim_dma_owner; core.md 4.2, 9 (10)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.GroupRecord, EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var now = context.Ledger.Now;
        if (e.Kind == EventKind.GroupRecord)
        {
            if (context.Ledger.Group(e.Group) is { Misused: false, RecordOwner: not 0 and var before }
                && e.B != 0 && before != e.B)
            {
                Break(context, index, $"g{e.Group} passes from o{before} to o{e.B} without a release");
            }

            return;
        }

        if (now.Op is not (Op.ClaimGroup or Op.ClaimDevice) || now.NoOp || now.Group < 0 || now.MisusedBefore
            || now.OwnerBefore == 0 || now.OwnerBefore == now.Command.A)
        {
            return;
        }

        Hold();
        if (now.Done)
        {
            Break(context, index, $"o{now.Command.A} claims g{now.Group} although o{now.OwnerBefore} holds "
                + "it");
        }
    }
}
