using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R57.</summary>
public sealed class R57DoneRestoresPresent : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(57),
        RuleFamily.State,
        "The last reset_done attaches the group's present domain and PASID table with old = blocking, this "
            + "device only.",
        "iommu.c: pci_dev_reset_iommu_done; core.md 4.3 (39), 9 (57)",
        "v7.2",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var now = ledger.Now;
        if (now.Op != Op.ResetDone || !now.Done || now.DepthBefore != 1 || now.Device < 0
            || ledger.Group(now.Group) is not { } group || !ledger.Devices[now.Device].Spec.Ats)
        {
            return;
        }

        Hold();
        var moves = group.Domain != DomainId.None && group.Domain != group.Blocking;
        var right = moves
            ? now.Calls is [var call] && call.Device == now.Device && call.Domain == group.Domain
                && call.Old == group.Blocking
            : now.Calls.Count == 0;
        if (!right)
        {
            Break(context, index, $"the end of the reset of d{now.Device} does not re-attach exactly it to "
                + $"{group.Domain} "
                + $"from {group.Blocking}");
        }
        else if (!HasPasids(ledger, group))
        {
            Break(context, index, $"the end of the reset of d{now.Device} does not restore the PASID table "
                + $"of {group}");
        }
    }

    private static bool HasPasids(TraceLedger ledger, GroupFacts group)
    {
        var now = ledger.Now;
        var due = 0;
        if (ledger.Devices[now.Device].Spec.MaxPasids > 0)
        {
            foreach (var fact in group.Pasids)
            {
                due++;
                if (!IsRestored(ledger, fact))
                {
                    return false;
                }
            }
        }

        return now.PasidCalls.Count == due;
    }

    private static bool IsRestored(TraceLedger ledger, PasidFact fact)
    {
        foreach (var call in ledger.Now.PasidCalls)
        {
            if (call.Device == ledger.Now.Device && call.Pasid == fact.Pasid && call.Domain == fact.Domain
                && ledger.Domain(call.Old) is { IsBlocked: true })
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>R58.</summary>
public sealed class R58StagedGroupIsBusy : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(58),
        RuleFamily.State,
        "While any device is staged, a call that is not must-succeed and would change a domain returns "
            + "-EBUSY without a "
            + "driver call; must-succeed calls skip staged devices and update the record.",
        "iommu.c: __iommu_group_set_domain_internal; core.md 4.3 (37, 37m), 9 (58)",
        "v7.2",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.SetDomainEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var set = ledger.Set;
        if (e.Domain == DomainId.None || set.Old == e.Domain || ledger.Group(e.Group) is not { } group
            || !ledger.HasStaged(group))
        {
            return;
        }

        Hold();
        var calls = ledger.Now.Calls.Count - set.FirstCall;
        if (!e.Flag && (e.Errno != Errno.EBUSY || calls > 0))
        {
            Break(context, index, $"{group} has a staged device; its move to {e.Domain} gives "
                + $"{e.Errno.Text()} after "
                + $"{calls} driver calls, expected -EBUSY and none");
        }
        else if (e.Flag && e.Old != e.Domain)
        {
            Break(context, index, $"{group} has a staged device; its must-succeed move to {e.Domain} leaves "
                + "the record "
                + $"at {e.Old}");
        }
        else if (e.Flag && CallsStaged(ledger))
        {
            Break(context, index, $"the move of {group} to {e.Domain} calls the driver for a staged device");
        }
    }

    private static bool CallsStaged(TraceLedger ledger)
    {
        var calls = ledger.Now.Calls;
        for (var i = ledger.Set.FirstCall; i < calls.Count; i++)
        {
            if (ledger.Devices[calls[i].Device].Staged)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>
/// R60. Before v6.13 PASIDs were removed by another op, and the failing device or all were called.
/// </summary>
public sealed class R60PasidFailureIsUndone : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(60),
        RuleFamily.State,
        "A failed PASID attach sends blocking to exactly the devices before the failing one; a failed PASID "
            + "replace sends "
            + "them the old domain.",
        "iommu.c: __iommu_set_group_pasid, iommu_replace_device_pasid; core.md 4.9, 9 (60)",
        "v6.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var now = ledger.Now;
        if (!now.Refused || now.Op is not (Op.AttachPasid or Op.ReplacePasid) || now.PasidCalls.Count == 0)
        {
            return;
        }

        var calls = now.PasidCalls;
        var failed = calls.Count - 1;
        while (failed >= 0 && (calls[failed].Errno == Errno.OK || calls[failed].Domain != now.Named))
        {
            failed--;
        }

        Hold();
        if (failed < 0)
        {
            Break(context, index, $"refused with {now.Errno.Text()} after PASID calls, none of which failed");
        }
        else if (!IsUndone(ledger, failed))
        {
            Break(context, index, $"the failure of d{now.PasidCalls[failed].Device} is not undone for "
                + "exactly the "
                + $"{failed} devices before it");
        }
    }

    private static bool IsUndone(TraceLedger ledger, int failed)
    {
        var calls = ledger.Now.PasidCalls;
        var next = failed + 1;
        for (var i = 0; i < failed; i++)
        {
            if (next >= calls.Count || calls[next].Device != calls[i].Device)
            {
                return false;
            }

            var undo = calls[next++];
            var blocks = ledger.Domain(undo.Domain) is { IsBlocked: true };
            if (ledger.Now.Op == Op.AttachPasid)
            {
                if (!blocks)
                {
                    return false;
                }

                continue;
            }

            if (undo.Domain != calls[i].Old)
            {
                return false;
            }

            var parked = undo.Errno != Errno.OK && next < calls.Count && calls[next].Device == undo.Device;
            next += parked ? 1 : 0;
        }

        return next == calls.Count;
    }
}
