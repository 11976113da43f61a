using System.Runtime.InteropServices;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R30. Devices that the core itself refuses (RESV_DIRECT) or skips (deferred) get no call of their own; when
/// their turn in the rollback comes they may or may not get one.
/// </summary>
public sealed class R30ListOrderAndRollback : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(30),
        RuleFamily.State,
        "Attach order is device list order; on failure at index k, devices 0..k-1 (v6.19 on) or 0..k (v6.5 "
            + "to v6.18) get "
            + "exactly one attach call to the old domain, in list order.",
        "iommu.c: __iommu_group_set_domain_internal; \"iommu: Do not revert set_domain for the last gdev\" "
            + "(v6.19); "
            + "core.md 4.7, 9 (30)",
        "v6.5",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.SetDomainEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var set = ledger.Set;
        if (e.Flag || e.Domain == DomainId.None || ledger.Group(e.Group) is not { } group
            || ledger.Now.Calls.Count <= set.FirstCall)
        {
            return;
        }

        var calls = CollectionsMarshal.AsSpan(ledger.Now.Calls)[set.FirstCall..];
        var forward = Forward(calls, e.Domain);
        var failed = forward > 0 && calls[forward - 1].Errno != Errno.OK;
        if (forward > 1 || e.Errno != Errno.OK)
        {
            Hold();
        }

        if (!IsAscending(calls[..forward], group))
        {
            Break(context, index, $"{group} is moved to {e.Domain} out of list order");
        }
        else if (e.Errno == Errno.OK && forward != calls.Length)
        {
            Break(context, index, $"the move of {group} to {e.Domain} succeeded and still called the driver "
                + "for "
                + $"{calls[forward].Domain}");
        }
        else if (e.Errno != Errno.OK && set.Old != DomainId.None
            && !IsUndone(calls, forward, failed, context))
        {
            Break(context, index, $"the failed move of {group} to {e.Domain} is not undone by one attach of "
                + $"{set.Old} "
                + "for each device that had moved, in list order");
        }
    }

    /// <summary>Number of calls up to the first failure or the first call of another domain.</summary>
    private static int Forward(ReadOnlySpan<AttachCall> calls, DomainId target)
    {
        var count = 0;
        while (count < calls.Length && calls[count].Domain == target)
        {
            if (calls[count++].Errno != Errno.OK)
            {
                break;
            }
        }

        return count;
    }

    private static bool IsAscending(ReadOnlySpan<AttachCall> calls, GroupFacts group)
    {
        var last = -1;
        foreach (var call in calls)
        {
            var position = group.Members.IndexOf(call.Device);
            if (position <= last)
            {
                return false;
            }

            last = position;
        }

        return true;
    }

    private static bool IsUndone(
        ReadOnlySpan<AttachCall> calls, int forward, bool failed, RuleContext context)
    {
        var old = context.Ledger.Set.Old;
        var due = failed && context.Order >= EraOrder.V6_19 ? forward - 1 : forward;
        var next = 0;
        for (var i = forward; i < calls.Length; i++)
        {
            if (calls[i].Domain != old)
            {
                continue;
            }

            if (next < due && calls[i].Device == calls[next].Device)
            {
                next++;
            }
            else if (!MayBeExtra(calls, forward, calls[i].Device, context))
            {
                return false;
            }
        }

        return next == due;
    }

    /// <summary>
    /// A device that got no call to the new domain: refused by the core (before v6.19) or deferred.
    /// </summary>
    private static bool MayBeExtra(
        ReadOnlySpan<AttachCall> calls, int forward, int device, RuleContext context)
    {
        for (var i = 0; i < forward; i++)
        {
            if (calls[i].Device == device)
            {
                return false;
            }
        }

        var facts = context.Ledger.Devices[device];
        return facts.Spec.Deferred || (facts.RequiresDirect && context.Order < EraOrder.V6_19);
    }
}

/// <summary>R31.</summary>
public sealed class R31MustSucceedCallsAll : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(31),
        RuleFamily.State,
        "Must-succeed operations call every device (v7.2: not in reset) exactly once with the new domain, "
            + "plus at most one "
            + "rescue call each.",
        "iommu.c: __iommu_group_set_domain_internal, __iommu_device_set_domain; core.md 4.7, 9 (31)",
        "v6.5",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.SetDomainEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        if (!e.Flag || e.Domain == DomainId.None || ledger.Set.Old == e.Domain
            || ledger.Group(e.Group) is not { } group)
        {
            return;
        }

        var calls = CollectionsMarshal.AsSpan(ledger.Now.Calls)[ledger.Set.FirstCall..];
        foreach (var member in group.Members)
        {
            var device = ledger.Devices[member];
            Count(ledger, group, device, calls, out var moves, out var rescues, out var others);
            var due = IsDue(context, group, device, e.Domain) ? 1 : 0;
            if (due == 1)
            {
                Hold();
            }

            if (moves != due || rescues > 1 || others > 0)
            {
                Break(context, index, $"d{member} gets {moves} attach calls of {e.Domain}, {rescues} of "
                    + "blocking and "
                    + $"{others} of others, expected {due}, at most 1, 0");
            }
        }
    }

    /// <summary>A direct region refuses blocking from v6.6 on, before the driver is called.</summary>
    private static bool IsDue(RuleContext context, GroupFacts group, DeviceFacts device, DomainId target)
    {
        var blocks = target == group.Blocking || context.Ledger.Domain(target) is { IsBlocked: true };
        var refused = device.RequiresDirect && blocks && context.Order >= EraOrder.V6_6;
        return !device.Deferred && !device.Staged && !refused;
    }

    private static void Count(
        TraceLedger ledger,
        GroupFacts group,
        DeviceFacts device,
        ReadOnlySpan<AttachCall> calls,
        out int moves,
        out int rescues,
        out int others)
    {
        (moves, rescues, others) = (0, 0, 0);
        foreach (var call in calls)
        {
            if (call.Device != device.Index)
            {
                continue;
            }

            moves += call.Domain == ledger.Set.Target ? 1 : 0;
            var rescue = call.Domain != ledger.Set.Target && call.Domain == group.Blocking;
            rescues += rescue ? 1 : 0;
            others += !rescue && call.Domain != ledger.Set.Target ? 1 : 0;
        }
    }
}
