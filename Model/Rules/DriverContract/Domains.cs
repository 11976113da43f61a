using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R37. Static domains exist from v6.7 on.</summary>
public sealed class R37StaticNeverFails : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(37),
        RuleFamily.DriverContract,
        "Static identity and blocked domains never fail to attach and are never freed.",
        "include/linux/iommu.h: identity_domain, blocked_domain; \"iommu: Add iommu_ops->identity_domain\" "
            + "(v6.7); "
            + "core.md 2.1, 9 (37)",
        "v6.7",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.AttachDev, EventKind.DomainFree];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (context.Ledger.Domain(e.Domain) is not
            { Static: true, Type: DomainType.Identity or DomainType.Blocked } domain)
        {
            return;
        }

        Hold();
        if (e.Kind == EventKind.DomainFree)
        {
            Break(context, index, $"static domain {domain} is freed");
        }
        else if (e.Errno != Errno.OK)
        {
            Break(context, index, $"attach of static domain {domain} to d{e.Device} fails with "
                + $"{e.Errno.Text()}");
        }
    }
}

/// <summary>
/// R38. Premise: more than one driver in the system. The move is looked at before its first call, which a
/// driver need not survive.
/// </summary>
public sealed class R38NoForeignDomain : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(38),
        RuleFamily.DriverContract,
        "A domain from driver X is never passed to attach_dev of driver Y.",
        "iommu.c: domain_iommu_ops_compatible; \"iommu: Validate that devices match domains\" (v6.8); "
            + "core.md 9 (38)",
        "v6.7",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.SetDomainBegin, EventKind.AttachDev];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        if (!ledger.HasSeveralDrivers || ledger.Domain(e.Domain) is not { Driver: { } maker } domain)
        {
            return;
        }

        var first = e.Device;
        if (e.Kind == EventKind.SetDomainBegin)
        {
            first = (short)(ledger.Group(e.Group) is { Members: [var member, ..] } ? member : -1);
        }

        if (first < 0)
        {
            return;
        }

        Hold();
        var device = ledger.Devices[first];
        if (!string.Equals(maker, device.Driver, StringComparison.Ordinal))
        {
            Break(context, index, $"{domain} of {maker} is passed to attach_dev of {device.Driver} for "
                + $"{device}");
        }
    }
}

/// <summary>R66.</summary>
public sealed class R66FreedOnce : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(66),
        RuleFamily.DriverContract,
        "A domain is freed exactly once, only when attached nowhere, and never passed to the driver "
            + "afterwards.",
        "include/linux/iommu.h: struct iommu_domain_ops (free); core.md 2.2",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
    [
        EventKind.DomainFree, EventKind.AttachDev, EventKind.DetachDev, EventKind.SetDevPasid,
        EventKind.MapPages, EventKind.MapRange, EventKind.UnmapPages, EventKind.UnmapRange,
        EventKind.IotlbSync, EventKind.IotlbSyncMap, EventKind.FlushIotlbAll,
    ];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var domain = context.Ledger.Domain(e.Domain);
        if (e.Kind == EventKind.DomainFree)
        {
            Hold();
            if (domain is null or { Freed: true })
            {
                Break(context, index, domain is null ? $"{e.Domain} is freed and was never made"
                    : $"{domain} is freed again");
            }
            else if (context.Ledger.HolderOf(e.Domain) is { } holder)
            {
                Break(context, index, $"{domain} is freed while {holder} is attached to it");
            }

            return;
        }

        if (domain is { Freed: true })
        {
            Break(context, index, $"{domain} was freed and is passed to the driver ({e.Kind})");
        }

        var hasOld = (e.Kind == EventKind.AttachDev && e.Flag) || e.Kind == EventKind.SetDevPasid;
        if (hasOld && context.Ledger.Domain(e.Old) is { Freed: true } old)
        {
            Break(context, index, $"{old} was freed and is passed to the driver as the old domain "
                + $"({e.Kind})");
        }
    }
}
