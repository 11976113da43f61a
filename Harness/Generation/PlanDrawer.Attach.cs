using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>Plans about ownership and about which domain a group is on.</summary>
internal sealed partial class PlanDrawer
{
    private void OwnerCycle(int group)
    {
        Vacate(group);
        ClaimStep(group);
        var slot = Slot(group);
        var domain = DomainRef.Slot(slot);
        AttachStep(slot, group);
        MapSteps(domain, dice.Between(1, 3));
        DmaStep(group);
        if (EraOffer.Has(era, Op.Replace) && dice.Percent(40))
        {
            var second = Slot(group);
            MapSteps(DomainRef.Slot(second), 1);
            Step(() => Make.OnDomain(Op.Replace, DomainRef.Slot(second), group));
        }

        if (dice.Percent(70))
        {
            UnmapLastStep(Op.Unmap, domain);
        }

        if (dice.Percent(75))
        {
            DetachStep(slot, group);
        }

        if (dice.Percent(80))
        {
            ReleaseOwnerStep(group);
            DmaStep(group);
        }
    }

    private void HotplugIntoOwned(int group)
    {
        var members = topology.DevicesOf(new GroupId(group));
        var joining = members.Count > 1 ? members[dice.Between(1, members.Count - 1)] : members[0];
        if (state.Devices[joining.Index].Present)
        {
            Step(Make.OnA(Op.Release, joining.Index));
        }

        Vacate(group);
        ClaimStep(group);
        if (dice.Percent(60))
        {
            var slot = Slot(group);
            MapSteps(DomainRef.Slot(slot), 1);
            AttachStep(slot, group);
        }

        if (dice.Percent(15))
        {
            Step(Make.FailAttach(joining.Index, 0, draw.DrawErrno()));
        }

        Step(Make.OnA(Op.Probe, joining.Index));
        Step(() => draw.DrawDma(joining.Index));
        if (dice.Percent(50))
        {
            ReleaseOwnerStep(group);
        }
    }

    private void SharedDomain(int group)
    {
        var slot = Slot(group);
        var domain = DomainRef.Slot(slot);
        var second = (group + 1 + dice.Below(topology.GroupCount - 1)) % topology.GroupCount;
        AttachStep(slot, group);
        AttachStep(slot, second);
        MapSteps(domain, 2);
        DmaStep(group);
        DmaStep(second);
        DetachStep(slot, group);
        UnmapLastStep(dice.Percent(70) ? Op.Unmap : Op.UnmapFast, domain);
        DmaStep(second);
        DetachStep(slot, second);
    }

    private void MapBeforeAttach(int group)
    {
        var slot = draw.FreeSlot();
        var device = draw.DeviceOf(group);
        Step(Make.Alloc(slot, device, AllocFlags.None));
        MapSteps(DomainRef.Slot(slot), dice.Between(1, 3));
        AttachStep(slot, group);
        DmaStep(group);
        Step(() => draw.DrawUnmap(Op.Unmap, DomainRef.Slot(slot)));
    }

    private void FreeAndReuse(int group)
    {
        var slot = Slot(group);
        var device = draw.DeviceOf(group);
        AttachStep(slot, group);
        MapSteps(DomainRef.Slot(slot), 1);
        DmaStep(group);
        if (dice.Percent(85))
        {
            DetachStep(slot, group);
        }

        Step(Make.OnA(Op.Free, DomainRef.Slot(slot).Packed));
        DmaStep(group);
        Step(Make.Alloc(slot, device, AllocFlags.None));
        AttachStep(slot, group);
        DmaStep(group);
    }

    private void BeginFailure(PlanKind plan)
    {
        var group = draw.Group(static g => g.Slot < 0);
        switch (plan)
        {
            case PlanKind.MapFailure:
                var slot = Slot(group);
                Step(() => Make.FailMap(dice.Weighted([50, 30, 20]), draw.DrawErrno()));
                MapSteps(DomainRef.Slot(slot), 1);
                DmaStep(group);
                break;
            case PlanKind.AllocFailure:
                AllocFailure(group);
                break;
            default:
                GroupFailure();
                break;
        }
    }

    private void AllocFailure(int group)
    {
        var device = draw.DeviceOf(group);
        var slot = draw.FreeSlot();
        var kind = dice.Below(4);
        if (kind is 1 or 2)
        {
            Vacate(group);
        }
        else if (kind == 3)
        {
            Step(Make.OnA(Op.Release, device));
        }

        Step(Make.FailAlloc(dice.Percent(80) ? Errno.ENOMEM : draw.DrawErrno()));
        Step(kind switch
        {
            0 => Make.Alloc(slot, device, AllocFlags.None),
            1 => Make.Claim(Op.ClaimGroup, draw.Owner(), group),
            2 => Make.SetType(group, (TypeRequest)dice.Below(4)),
            _ => Make.OnA(Op.Probe, device),
        });
        DmaStep(group);
    }

    /// <summary>A late device of the group refuses; groups of several devices show most.</summary>
    private void GroupFailure()
    {
        var group = dice.Where(topology.GroupCount, g => topology.DevicesOf(new GroupId(g)).Count > 1)
            ?? dice.Below(topology.GroupCount);
        var members = topology.DevicesOf(new GroupId(group));
        var refusing = members.Count > 1 && dice.Percent(75) ? members[^1] : dice.Pick(members);
        var kind = dice.Below(5);
        var slot = Slot(group);
        if (kind is 1 or 2)
        {
            Vacate(group);
        }

        if (kind == 3)
        {
            AttachStep(slot, group);
        }

        var second = kind == 3 ? Slot(group) : slot;
        Step(Make.FailAttach(refusing.Index, dice.Weighted([85, 10, 5]), draw.DrawErrno()));
        Step(kind switch
        {
            1 => Make.Claim(Op.ClaimGroup, draw.Owner(), group),
            2 => Make.SetType(group, (TypeRequest)dice.Below(4)),
            3 when EraOffer.Has(era, Op.Replace) => Make.OnDomain(Op.Replace, DomainRef.Slot(second), group),
            3 => Make.OnDomain(Op.DetachGroup, DomainRef.Slot(slot), group),
            4 => state.Groups[group].Owner != 0
                ? Make.OnA(Op.ReleaseGroupOwner, group)
                : Make.OnDomain(Op.DetachGroup, DomainRef.Slot(slot), group),
            _ => Make.OnDomain(Op.AttachGroup, DomainRef.Slot(slot), group),
        });
        DmaStep(group);
    }
}
