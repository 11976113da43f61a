using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Plans about iommufd: who is attached to what.</summary>
internal sealed partial class ClientPlans
{
    private void BeginAttach(ClientPlanKind plan)
    {
        switch (plan)
        {
            case ClientPlanKind.FdCycle:
                FdCycle(draw.Device(static d => d.Present));
                break;
            case ClientPlanKind.FillFirst:
                FillFirst(draw.Device(static d => d is { Present: true, On: null }));
                break;
            case ClientPlanKind.GroupPair:
                GroupPair(SharedGroup());
                break;
            default:
                TwoContexts(SharedGroup());
                break;
        }
    }

    private int SharedGroup() => draw.Group(g => place.DevicesOf(g).Count > 1);

    private void FdCycle(int device)
    {
        var context = draw.Context();
        BindSteps(device, context);
        DmaStep(device);
        var ioas = IoasSteps(context);
        var space = AddressSpaceRef.Ioas(ioas);
        var table = dice.Percent(35)
            ? PageTableRef.Hwpt(HwptSteps(device, ioas, HwptFlags.None))
            : PageTableRef.Ioas(ioas);
        MapSteps(space, dice.Below(3));
        AttachStep(table, device);
        MapOpenStep(space);
        DmaStep(device);
        if (dice.Percent(70))
        {
            UnmapLastStep(space);
            DmaStep(device);
        }

        if (dice.Percent(75))
        {
            Step(Make.OnA(Op.FdDetach, device));
            DmaStep(device);
        }

        if (dice.Percent(65))
        {
            Step(Make.OnA(Op.FdUnbind, device));
            Step(() => draw.DrawDmaMemory(device));
        }
    }

    private void FillFirst(int device)
    {
        var context = draw.Context();
        var ioas = IoasSteps(context);
        var space = AddressSpaceRef.Ioas(ioas);
        MapSteps(space, dice.Between(1, 3));
        MapOpenStep(space);
        BindSteps(device, context);
        AttachStep(PageTableRef.Ioas(ioas), device);
        DmaStep(device);
        Step(() => draw.DrawUnmap(space));
        DmaStep(device);
    }

    /// <summary>Needs a group of several devices; with one it is an attach and a detach.</summary>
    private void GroupPair(int group)
    {
        var members = place.DevicesOf(group);
        var (one, two) = (members[0].Index, members[^1].Index);
        var context = draw.Context();
        BindSteps(one, context);
        BindSteps(two, context);
        var ioas = IoasSteps(context);
        MapOpenStep(AddressSpaceRef.Ioas(ioas));
        AttachStep(PageTableRef.Ioas(ioas), one);
        DmaStep(two);
        if (dice.Percent(45))
        {
            // Another table for the second device of a group: refused.
            var other = OtherIoasSteps(context, ioas);
            AttachStep(PageTableRef.Ioas(other), two);
        }

        AttachStep(PageTableRef.Ioas(ioas), two);
        DmaStep(two);
        Step(Make.OnA(Op.FdDetach, one));
        DmaStep(one);
        DmaStep(two);
        if (dice.Percent(50))
        {
            Step(Make.OnA(Op.FdUnbind, one));
            DmaStep(two);
        }

        Maybe(70, Make.OnA(Op.FdDetach, two));
        DmaStep(two);
    }

    private void TwoContexts(int group)
    {
        var members = place.DevicesOf(group);
        Vacate(group);
        Step(ClientMake.Bind(members[0].Index, 0));
        Step(ClientMake.Bind(members[^1].Index, 1));
        DmaStep(members[^1].Index);
        Step(Make.OnA(Op.FdUnbind, members[0].Index));
        Step(ClientMake.Bind(members[^1].Index, 1));
    }
}
