using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R8. Static domains hold no mapping and are everybody's.</summary>
public sealed class R8GroupsShareNothing : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(8),
        RuleFamily.Isolation,
        "Two groups never share a domain unless a caller attached the same domain to both.",
        "iommu.c: iommu_group_alloc_default_domain, __iommu_group_alloc_blocking_domain; core.md 9 (8)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.AttachDev];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var device = ledger.Devices[e.Device];
        if (e.Errno != Errno.OK || device.Group < 0 || ledger.Domain(e.Domain) is not { Static: false } domain
            || !HasOtherGroup(ledger, device.Group))
        {
            return;
        }

        Hold();
        var users = domain.Groups | (1UL << (device.Group & 63));
        if ((users & ~(domain.AskedFor | domain.Home)) != 0)
        {
            Break(context, index, $"{domain} of another group is attached to {device} of g{device.Group}, "
                + "whose user "
                + "never asked for it");
        }
    }

    private static bool HasOtherGroup(TraceLedger ledger, int group)
    {
        foreach (var device in ledger.Devices)
        {
            if (device.Group >= 0 && device.Group != group)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>
/// R11. A group that is on nothing, because its roll-back failed (v6.3), has no domain to join.
/// </summary>
public sealed class R11HotAddedFollowsOwner : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(11),
        RuleFamily.Isolation,
        "A device hot-added to an owned group is attached to the group's current domain before any driver "
            + "binds.",
        "iommu.c: __iommu_probe_device; \"iommu: Fix iommu_probe_device() to attach the right domain\" "
            + "(v6.5); "
            + "core.md 3.2, 9 (11)",
        "v5.19",
        SecurityRelevant: true);

    private int joined = -1;

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.GroupJoin, EventKind.CommandEnd];

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        joined = -1;
    }

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        if (e.Kind == EventKind.GroupJoin)
        {
            var owned = ledger.Group(e.Group) is { Owner: not 0, Misused: false, Members.Count: > 0 } group
                && group.Domain != DomainId.None;
            joined = owned ? e.Device : joined;
            return;
        }

        var was = joined;
        joined = -1;
        if (was < 0 || !ledger.Now.Done || ledger.Now.Op != Op.Probe || was != ledger.Now.Device)
        {
            return;
        }

        var device = ledger.Devices[was];
        var mayWait = device.Deferred
            || (context.Order < EraOrder.V6_5 && device.Spec.Deferred && context.Topology.Kernel.Kdump);
        if (mayWait || ledger.GroupOf(device) is not { } home || home.Domain == DomainId.None)
        {
            return;
        }

        Hold();
        if (device.State != AttachState.Attached || device.Domain != home.Domain)
        {
            Break(context, index, $"{device} joined {home}, owned by o{home.Owner} and on {home.Domain}, "
                + "and is on "
                + $"{device.Domain}");
        }
    }
}
