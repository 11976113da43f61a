using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R4. Seen after the attach: a device whose attach succeeded is on the new domain alone, one whose attach
/// failed on the old or the new one. Blocking domains are R65's.
/// </summary>
public sealed class R4OnlyOldOrNew : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(4),
        RuleFamily.Isolation,
        "No DMA is ever translated by a domain that is neither the old nor the new one of an attach, nor by "
            + "the old one "
            + "when it has succeeded.",
        "include/linux/iommu.h: attach_dev; iommu.c: __iommu_device_set_domain; core.md 2.2, 9 (4)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Moved;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        if (WasRefused(context.Ledger))
        {
            Refused(view, index, context);
        }
        else if (view.Device.Trouble == Trouble.None)
        {
            Placed(view, index, context);
        }
    }

    private static bool WasRefused(TraceLedger ledger)
    {
        foreach (var call in ledger.Now.Calls)
        {
            if (call.Device == ledger.Dma.Device.Index && call.Errno != Errno.OK)
            {
                return true;
            }
        }

        return false;
    }

    private void Placed(in DmaView view, int index, RuleContext context)
    {
        if (view.Judgement == Judgement.Open || (view.Topics & DmaTopics.Blocked) != 0)
        {
            return;
        }

        Hold();
        if (view.Landed && view.Judgement == Judgement.Differs)
        {
            Break(context, index, $"{view}, but not through {view.Domain}, to which it has just been "
                + "attached");
        }
    }

    private void Refused(in DmaView view, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var mayBypass = view.Device.Profile.RefusedAttach == RefusedAttach.Bypass
            && view.Device.Trouble is Trouble.Refused or Trouble.Stuck;
        var explained = mayBypass || !view.Landed
            || ledger.JudgeAgainst(view.Device.Domain) == Judgement.Agrees;
        foreach (var call in ledger.Now.Calls)
        {
            if (call.Device != view.Device.Index)
            {
                continue;
            }

            if (call.Old == DomainId.None)
            {
                return;
            }

            explained |= ledger.JudgeAgainst(call.Domain) != Judgement.Differs
                || ledger.JudgeAgainst(call.Old) != Judgement.Differs;
        }

        Hold();
        if (!explained)
        {
            Break(context, index, $"{view}, where neither the old nor the new domain of its attach "
                + "translates to");
        }
    }
}

/// <summary>R6. The claim got as far as moving devices, so there was something to undo.</summary>
public sealed class R6FailedClaimKeepsDefault : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(6),
        RuleFamily.Isolation,
        "A failed claim leaves every device of the group on the default domain.",
        "iommu.c: __iommu_group_set_domain_internal; \"iommu: Make __iommu_group_set_domain() handle error "
            + "unwind\" (v6.5); core.md 9 (6)",
        "v6.5",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Refusal;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var now = context.Ledger.Now;
        if (now.Op is not (Op.ClaimGroup or Op.ClaimDevice) || now.DomainBefore != now.DefaultBefore
            || Unmoved.Judge(context.Ledger) is not { } differs)
        {
            return;
        }

        Hold();
        if (differs)
        {
            ref readonly var view = ref context.Ledger.Dma;
            Break(context, index, $"{view}; the claim of {view.Group} failed ({now.Errno.Text()}), so it is "
                + "still "
                + $"on default domain {now.DefaultBefore}");
        }
    }
}

/// <summary>R7.</summary>
public sealed class R7FailedAttachKeepsOld : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(7),
        RuleFamily.Isolation,
        "A failed attach or replace leaves every device of the group on the previous domain.",
        "iommu.c: __iommu_group_set_domain_internal; \"iommu: Make __iommu_group_set_domain() handle error "
            + "unwind\" (v6.5); core.md 9 (7)",
        "v6.5",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Refusal;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var now = context.Ledger.Now;
        if (now.Op is not (Op.AttachDevice or Op.AttachGroup or Op.AttachHandle or Op.Replace)
            || Unmoved.Judge(context.Ledger) is not { } differs)
        {
            return;
        }

        Hold();
        if (differs)
        {
            ref readonly var view = ref context.Ledger.Dma;
            Break(context, index, $"{view}; the attach of {now.Named} to {view.Group} failed "
                + $"({now.Errno.Text()}), so it is still on {now.DomainBefore}");
        }
    }
}

/// <summary>Whether a device that a failed command must not have moved still is where it was.</summary>
internal static class Unmoved
{
    /// <summary>
    /// True: it differs from the group's domain before the command. Null: the premise does not hold, because
    /// the command ended before its set-domain step, the rollback itself failed, or nothing can be said.
    /// </summary>
    public static bool? Judge(TraceLedger ledger)
    {
        var now = ledger.Now;
        var device = ledger.Dma.Device;
        var known = device.Trouble == Trouble.None
            || (device.Trouble == Trouble.Refused && device.CalledIn == now.Number);
        if (!known || device.Staged || now.SetDomains + now.Calls.Count == 0)
        {
            return null;
        }

        return ledger.JudgeAgainst(now.DomainBefore) switch
        {
            Judgement.Open => null,
            Judgement.Differs => true,
            _ => false,
        };
    }
}
