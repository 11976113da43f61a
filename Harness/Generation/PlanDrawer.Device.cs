using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>Plans about single devices: plug, type, reset, PASIDs, deferral, firmware regions.</summary>
internal sealed partial class PlanDrawer
{
    private void BeginDevice(PlanKind plan)
    {
        switch (plan)
        {
            case PlanKind.ChangeType:
                ChangeType(dice.Below(topology.GroupCount));
                break;
            case PlanKind.Reset:
                Reset(draw.Device(d => topology.Devices[d].Ats && state.Devices[d].Present));
                break;
            case PlanKind.UnplugAll:
                UnplugAll(dice.Below(topology.GroupCount));
                break;
            case PlanKind.PasidCycle:
                PasidCycle(draw.Device(d => topology.Devices[d].MaxPasids > 0 && state.Devices[d].Present));
                break;
            case PlanKind.DeferredFirst:
                DeferredFirst(draw.Device(d => topology.Devices[d].Deferred));
                break;
            default:
                DirectRegion(draw.Device(d => HasDirect(topology.Devices[d])));
                break;
        }
    }

    private void ChangeType(int group)
    {
        Vacate(group);
        var domain = DomainRef.DefaultOf(new GroupId(group));
        if (dice.Percent(40))
        {
            MapSteps(domain, 1);
        }

        Step(Make.SetType(group, (TypeRequest)dice.Below(4)));
        DmaStep(group);
        if (dice.Percent(50))
        {
            MapSteps(domain, 1);
            UnmapLastStep(dice.Percent(50) ? Op.Unmap : Op.UnmapFast, domain);
            Step(Make.OnDomain(Op.FlushAll, domain));
            Step(Make.SetType(group, (TypeRequest)dice.Below(4)));
            DmaStep(group);
        }
    }

    private void Reset(int device)
    {
        var group = topology.GroupOf(new DeviceId(device)).Index;
        var slot = Slot(group);
        var nested = dice.Percent(30);
        if (dice.Percent(50))
        {
            AttachStep(slot, group);
        }

        Step(Make.OnA(Op.ResetPrepare, device));
        if (nested)
        {
            Step(Make.OnA(Op.ResetPrepare, device));
        }

        Step(() => draw.DrawDma(device));
        for (var n = dice.Between(1, 3); n > 0; n--)
        {
            DuringReset(group, slot);
        }

        Step(Make.OnA(Op.ResetDone, device));
        if (nested || dice.Percent(5))
        {
            Step(Make.OnA(Op.ResetDone, device));
        }

        Step(() => draw.DrawDma(device));
    }

    /// <summary>
    /// Something that has to wait for the end of the reset, or has to succeed all the same.
    /// </summary>
    private void DuringReset(int group, int slot)
    {
        var domain = DomainRef.Slot(slot);
        switch (dice.Below(8))
        {
            case 0:
                AttachStep(slot, group);
                break;
            case 1:
                DetachStep(slot, group);
                break;
            case 2:
                Step(Make.OnDomain(Op.Replace, domain, group));
                break;
            case 3:
                ClaimStep(group);
                break;
            case 4:
                ReleaseOwnerStep(group);
                break;
            case 5:
                Step(Make.SetType(group, (TypeRequest)dice.Below(4)));
                break;
            case 6:
                var other = draw.DeviceOf(group);
                Step(() => draw.Draw(state.Devices[other].Present ? Op.DetachPasid : Op.Probe));
                break;
            default:
                MapSteps(domain, 1);
                break;
        }
    }

    private void UnplugAll(int group)
    {
        var members = topology.DevicesOf(new GroupId(group));
        foreach (var member in members)
        {
            if (state.Devices[member.Index].Present)
            {
                Step(Make.OnA(Op.Release, member.Index));
            }
        }

        Step(() => draw.DrawDma(members[^1].Index));
        foreach (var member in members)
        {
            Step(Make.OnA(Op.Probe, member.Index));
        }

        DmaStep(group);
    }

    private void PasidCycle(int device)
    {
        var group = topology.GroupOf(new DeviceId(device)).Index;
        var pasid = draw.DrawPasidNumber(device);
        var slot = draw.FreeSlot();
        var domain = DomainRef.Slot(slot);
        Step(Make.Alloc(slot, device, dice.Percent(70) ? AllocFlags.Pasid : AllocFlags.None));
        MapSteps(domain, dice.Between(1, 2));
        PasidFailure(group);
        Step(Make.OnPasid(Op.AttachPasid, domain, device, pasid));
        Step(() => draw.DrawDma(device));
        UnmapLastStep(dice.Percent(70) ? Op.Unmap : Op.UnmapFast, domain);
        Step(() => draw.DrawDma(device));
        if (EraOffer.Has(era, Op.ReplacePasid) && dice.Percent(60))
        {
            var second = DomainRef.Slot(Slot(group));
            MapSteps(second, 1);
            PasidFailure(group);
            Step(Make.OnPasid(Op.ReplacePasid, second, device, pasid));
            Step(() => draw.DrawDma(device));
            domain = second;
        }

        Step(Make.OnPasid(Op.DetachPasid, domain, device, pasid));
        Step(() => draw.DrawDma(device));
    }

    /// <summary>Now and then a device of the group refuses the PASID that comes next.</summary>
    private void PasidFailure(int group)
    {
        if (dice.Percent(25))
        {
            var members = topology.DevicesOf(new GroupId(group));
            var refusing = dice.Percent(60) ? members[^1] : dice.Pick(members);
            Step(Make.FailAttach(refusing.Index, 0, draw.DrawErrno()));
        }
    }

    private void DeferredFirst(int device)
    {
        var group = topology.GroupOf(new DeviceId(device)).Index;
        Step(() => draw.DrawDma(device));
        if (dice.Percent(40))
        {
            var slot = Slot(group);
            AttachStep(slot, group);
            DetachStep(slot, group);
        }

        if (dice.Percent(20))
        {
            Step(Make.FailAttach(device, 0, draw.DrawErrno()));
        }

        Step(Make.OnA(Op.DeferredAttach, device));
        MapSteps(DomainRef.DefaultOf(new GroupId(group)), 1);
        Step(() => draw.DrawDma(device));
        Step(Make.OnA(Op.DeferredAttach, device));
    }

    private void DirectRegion(int device)
    {
        var group = topology.GroupOf(new DeviceId(device)).Index;
        var regions = topology.Devices[device].Regions;
        var region = regions.IsEmpty ? default : dice.Pick(regions.AsSpan());
        Vacate(group);
        switch (dice.Below(4))
        {
            case 0:
                ClaimStep(group);
                break;
            case 1:
                Step(Make.SetType(group, (TypeRequest)dice.Below(4)));
                break;
            case 2:
                var slot = Slot(group);
                AttachStep(slot, group);
                Step(() => draw.DrawDma(device));
                DetachStep(slot, group);
                break;
            default:
                Step(Make.OnA(Op.Release, device));
                Step(Make.OnA(Op.Probe, device));
                break;
        }

        Step(Make.Dma(device, 0, region.Start.Value, DmaAccess.Read, 0));
        Step(Make.Dma(device, 0, region.Length == 0 ? 0 : region.End, DmaAccess.Write, 0));
    }
}
