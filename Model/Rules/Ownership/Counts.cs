using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R26. The count is compared with what the commands' results add up to. A count that is left when nobody is
/// there is R27's.
/// </summary>
public sealed class R26CountMatchesClaims : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(26),
        RuleFamily.Ownership,
        "A set owner implies owner_cnt of at least 1; owner_cnt is the number of successful claims or binds "
            + "not yet "
            + "undone (a group claim counts one).",
        "iommu.c: struct iommu_group, iommu_device_claim_dma_owner, iommu_device_use_default_domain; core.md "
            + "4.2, 9 (26)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var now = ledger.Now;
        var owns = now.Done && now.Op is Op.ClaimGroup or Op.ClaimDevice or Op.ReleaseGroupOwner
            or Op.ReleaseDeviceOwner or Op.Bind or Op.Unbind;
        if (owns && !now.Dirty.Contains(now.Group))
        {
            Compare(ledger.Group(now.Group), index, context);
        }

        foreach (var dirty in now.Dirty)
        {
            Compare(ledger.Group(dirty), index, context);
        }
    }

    private void Compare(GroupFacts? group, int index, RuleContext context)
    {
        if (group is null || group.Misused || group.Members.Count == 0
            || (context.Ledger.Now.MisusedBefore && context.Ledger.Now.Group == group.Index))
        {
            return;
        }

        if (group.OwnerCount > 0 || group.RecordCount > 0)
        {
            Hold();
        }

        var isNobodys = group is { RecordOwner: 0, RecordCount: > 0, Owner: 0, OwnerCount: 0, Bound: 0 };
        if (isNobodys && context.Ledger.Now.Dirty.Contains(group.Index))
        {
            return;
        }

        if (group.RecordOwner != (ulong)group.Owner || group.RecordCount != (ulong)group.OwnerCount)
        {
            Break(context, index, $"{group} has owner o{group.RecordOwner} and owner_cnt "
                + $"{group.RecordCount}; claims and "
                + $"binds add up to o{group.Owner} and {group.OwnerCount}");
        }
        else if (group.RecordOwner != 0 && group.RecordCount == 0)
        {
            Break(context, index, $"{group} has owner o{group.RecordOwner} with owner_cnt 0");
        }
    }
}

/// <summary>R27.</summary>
public sealed class R27CountWithoutOwnerIsBind : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(27),
        RuleFamily.Ownership,
        "No owner and owner_cnt above 0 implies that kernel drivers are bound.",
        "iommu.c: iommu_device_use_default_domain, iommu_device_unuse_default_domain; core.md 4.1, 9 (27)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        foreach (var dirty in context.Ledger.Now.Dirty)
        {
            if (context.Ledger.Group(dirty) is not { Misused: false, Members.Count: > 0 } group
                || group.RecordOwner != 0 || group.RecordCount == 0)
            {
                continue;
            }

            Hold();
            if (group.Bound == 0)
            {
                Break(context, index, $"{group} has owner_cnt {group.RecordCount}, no owner and no bound "
                    + "driver");
            }
        }
    }
}

/// <summary>R35.</summary>
public sealed class R35TypeChangeNeedsIdleGroup : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(35),
        RuleFamily.Ownership,
        "The sysfs type never changes while owner_cnt is above 0, except from DMA to DMA-FQ.",
        "iommu.c: iommu_group_store_type; core.md 4.6, 9 (35)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var now = ledger.Now;
        if (now.Op != Op.SetType || now.NoOp || now.OwnerCountBefore == 0 || now.MisusedBefore
            || ledger.Group(now.Group) is not { } group)
        {
            return;
        }

        Hold();
        var type = ledger.Domain(group.Default)?.Type ?? now.DefaultTypeBefore;
        var queued = now.DefaultTypeBefore == DomainType.Dma && type == DomainType.DmaFq;
        if (group.Default != now.DefaultBefore || (type != now.DefaultTypeBefore && !queued))
        {
            Break(context, index, $"the type of {group} changes from {now.DefaultTypeBefore.Text()} to "
                + $"{type.Text()} with "
                + $"owner_cnt {now.OwnerCountBefore}");
        }
    }
}
