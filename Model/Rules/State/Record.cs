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

/// <summary>
/// R25. Judged when a command is over: within one the group's mutex is held, and a change of the default
/// domain names the new one before any device moves (iommu_setup_default_domain). The part "never NULL after
/// probe" is promised from v6.7 on.
/// </summary>
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

    /// <summary>Groups whose record was written in this command, with the last such event.</summary>
    private readonly List<(int Group, int Index)> written = [];

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.CommandBegin, EventKind.GroupRecord, EventKind.CommandEnd];

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        written.Clear();
    }

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        switch (e.Kind)
        {
            case EventKind.CommandBegin:
                written.Clear();
                break;
            case EventKind.GroupRecord:
                Note(e.Group, index);
                break;
            default:
                foreach (var (number, at) in written)
                {
                    if (context.Ledger.Group(number) is { Members.Count: > 0 } found)
                    {
                        Judge(found, at, context);
                    }
                }

                break;
        }
    }

    private void Note(int group, int index)
    {
        for (var i = 0; i < written.Count; i++)
        {
            if (written[i].Group == group)
            {
                written[i] = (group, index);
                return;
            }
        }

        written.Add((group, index));
    }

    private void Judge(GroupFacts group, int index, RuleContext context)
    {
        if (group.Domain == DomainId.None)
        {
            if (context.Order >= EraOrder.V6_7 && group.SetUp)
            {
                Hold();
                Break(context, index, $"{group} has no domain any more");
            }

            return;
        }

        Hold();
        var attached = context.Ledger.Domain(group.Domain) is { } domain
            && (domain.Groups & (1UL << (group.Index & 63))) != 0;
        var isCore = group.Domain == group.Default || group.Domain == group.Blocking;
        if (!isCore && !attached && group.Domain != group.MustTarget)
        {
            Break(context, index, $"the record of {group} says {group.Domain}, which no device of it was "
                + "attached to");
        }
    }
}
