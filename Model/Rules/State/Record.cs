using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R24. Before v6.5 a failed move may leave a group split, and hotplug attaches the default domain last.
/// </summary>
public sealed class R24OneDomainPerGroup : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(24),
        RuleFamily.State,
        "All attached devices of a group use the same RID domain, except on blocking after a must-succeed "
            + "failure or (v7.2) "
            + "while staged for reset.",
        "iommu.c: __iommu_group_set_domain_internal; core.md 4.7, 9 (24)",
        "v6.5",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        foreach (var dirty in context.Ledger.Now.Dirty)
        {
            if (context.Ledger.Group(dirty) is { Members.Count: > 1 } group)
            {
                Compare(group, index, context);
            }
        }
    }

    private void Compare(GroupFacts group, int index, RuleContext context)
    {
        DeviceFacts? first = null;
        var compared = false;
        foreach (var member in group.Members)
        {
            var device = context.Ledger.Devices[member];
            if (device.State != AttachState.Attached || device.Trouble != Trouble.None || device.Staged)
            {
                continue;
            }

            if (first is not null && device.Domain != first.Domain)
            {
                Break(context, index, $"{group} is split: {first} is on {first.Domain}, {device} on "
                    + $"{device.Domain}");
            }

            compared |= first is not null;
            first ??= device;
        }

        if (compared)
        {
            Hold();
        }
    }
}

/// <summary>R25. The part "never NULL after probe" is promised from v6.7 on.</summary>
public sealed class R25RecordIsReal : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(25),
        RuleFamily.State,
        "group.domain is default, blocking, or a domain whose attach succeeded or which was a must-succeed "
            + "target; v6.7 on: "
            + "never NULL after probe.",
        "iommu.c: struct iommu_group, __iommu_group_set_domain_internal; \"iommu: Require a default_domain "
            + "for all iommu "
            + "drivers\" (v6.7); core.md 4.1, 9 (25)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.GroupRecord];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        if (ledger.Group(e.Group) is not { Members.Count: > 0 } group)
        {
            return;
        }

        if (e.Domain == DomainId.None)
        {
            if (context.Order >= EraOrder.V6_7 && group.SetUp)
            {
                Hold();
                Break(context, index, $"{group} has no domain after it had {group.Domain}");
            }

            return;
        }

        Hold();
        var attached = ledger.Domain(e.Domain) is { } domain
            && (domain.Groups & (1UL << (e.Group & 63))) != 0;
        // A type change names the new default before it leaves the old one, on which a device whose attach is
        // deferred has never been (iommu_setup_default_domain).
        var isCore = e.Domain == e.Old || e.Domain.Serial == (int)e.A || e.Domain == group.Default;
        if (!isCore && !attached && e.Domain != group.MustTarget)
        {
            Break(context, index, $"the record of {group} says {e.Domain}, which no device of it was "
                + "attached to");
        }
    }
}
