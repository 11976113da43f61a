using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R23. Requests without PASID are judged where the driver was called for the device. Where the domain had
/// unmapped the address, what still lands is R12's.
/// </summary>
public sealed class R23DetachedPasidFaults : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(23),
        RuleFamily.Isolation,
        "After PASID detach, DMA with that PASID faults while RID DMA is unaffected.",
        "iommu.c: iommu_detach_device_pasid; core.md 4.9, 9 (23)",
        "v6.7",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Pasid | DmaTopics.Wrong;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        ref readonly var view = ref ledger.Dma;
        if (view.Pasid == 0)
        {
            if (WasDetached(view.Device, ledger.Now) && view.Judgement == Judgement.Differs
                && view.Entry.Kind != EntryKind.Gone)
            {
                Break(context, index, $"{view}, without PASID, after detach of PASID "
                    + $"{ledger.Now.Command.Extra}");
            }

            return;
        }

        if (!view.Device.Pasids.Contains(new PasidFact(view.Pasid, DomainId.None)))
        {
            return;
        }

        Hold();
        if (view.Landed)
        {
            Break(context, index, $"{view} after the PASID was detached");
        }
    }

    private static bool WasDetached(DeviceFacts device, CommandFacts now)
    {
        if (!now.Done || now.Op != Op.DetachPasid)
        {
            return false;
        }

        foreach (var call in now.PasidCalls)
        {
            if (call.Device == device.Index)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>R56.</summary>
public sealed class R56StagedFaults : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(56),
        RuleFamily.Isolation,
        "From the first reset_prepare to the matching last reset_done every RID and PASID DMA of the device "
            + "faults, "
            + "while the group's domain, its PASID table and all siblings are not touched; inner pairs make "
            + "no call.",
        "iommu.c: pci_dev_reset_iommu_prepare, pci_dev_reset_iommu_done; core.md 4.3 (36, 36n), 9 (56)",
        "v7.2",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Staged;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.Dma)
        {
            Access(index, context);
        }
        else if (context.Ledger.Now is { Done: true, Op: Op.ResetPrepare or Op.ResetDone, Group: >= 0 })
        {
            EndCommand(index, context);
        }
    }

    private void Access(int index, RuleContext context)
    {
        var ledger = context.Ledger;
        ref readonly var view = ref ledger.Dma;
        var blocking = view.Group is { } group ? ledger.Domain(group.Blocking) : null;
        var open = view.Pasid == 0
            ? !view.Device.IsPlaced || blocking is { Map.Reachable: > 0 }
            : view.Domain is not null;
        if (open)
        {
            return;
        }

        Hold();
        if (view.Landed)
        {
            Break(context, index, $"{view} while it is staged for reset");
        }
    }

    private void EndCommand(int index, RuleContext context)
    {
        var now = context.Ledger.Now;
        var device = context.Ledger.Devices[now.Device];
        if (!device.Spec.Ats || context.Ledger.GroupOf(device) is not { } group)
        {
            return;
        }

        var prepares = now.Op == Op.ResetPrepare;
        var inner = prepares ? now.DepthBefore > 0 : now.DepthBefore > 1;
        if (!inner && !prepares)
        {
            return;
        }

        Hold();
        if (inner && now.Calls.Count + now.PasidCalls.Count > 0)
        {
            Break(context, index, $"an inner reset step of {device} calls the driver");
        }

        foreach (var call in now.Calls)
        {
            if (call.Device != now.Device)
            {
                Break(context, index, $"the reset of {device} moves its sibling d{call.Device}");
                return;
            }
        }

        if (group.Domain != now.DomainBefore)
        {
            Break(context, index, $"the reset of {device} changes the record of {group} from "
                + $"{now.DomainBefore} to "
                + $"{group.Domain}");
        }
    }
}
