using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Plans about a client and the kernel's own use of a group.</summary>
internal sealed partial class ClientPlans
{
    private void BeginKernel(ClientPlanKind plan)
    {
        switch (plan)
        {
            case ClientPlanKind.KernelDriver:
                KernelDriver(draw.Group(static _ => true));
                break;
            case ClientPlanKind.TypeChange:
                TypeChange(draw.Group(static _ => true));
                break;
            default:
                Hotplug(draw.Group(g => place.DevicesOf(g).Count > 1 && dice.Percent(80)));
                break;
        }
    }

    /// <summary>A client takes the group, with whatever the target offers.</summary>
    private void TakeSteps(int device)
    {
        if (offer.Has(ClientOffer.Iommufd) && (!offer.Has(ClientOffer.Type1) || dice.Percent(60)))
        {
            BindSteps(device, draw.Context());
        }
        else if (offer.Has(ClientOffer.Type1))
        {
            Vacate(place.GroupOf(device));
            Step(ClientMake.SetContainer(draw.Container(), place.GroupOf(device)));
        }
    }

    private void LeaveSteps(int device)
    {
        if (state.Devices[device].Context >= 0)
        {
            Step(Make.OnA(Op.FdUnbind, device));
        }
        else
        {
            Step(() => state.Devices[device].Context >= 0
                ? Make.OnA(Op.FdUnbind, device)
                : Make.OnA(Op.VfioUnsetContainer, place.GroupOf(device)));
        }
    }

    private void KernelDriver(int group)
    {
        var members = place.DevicesOf(group);
        var (one, two) = (members[0].Index, members[^1].Index);
        Vacate(group);
        if (dice.Percent(50))
        {
            Step(Make.OnA(Op.Bind, one));
            TakeOnceStep(two);
            Step(() => draw.DrawDmaMemory(two));
            Step(Make.OnA(Op.Unbind, one));
            TakeOnceStep(two);
        }
        else
        {
            TakeOnceStep(two);
            Step(Make.OnA(Op.Bind, one));
            DmaStep(one);
            LeaveSteps(two);
            Step(Make.OnA(Op.Bind, one));
            Step(() => draw.DrawDmaMemory(one));
            Step(Make.OnA(Op.Unbind, one));
        }
    }

    /// <summary>One try to take a group as it is.</summary>
    private void TakeOnceStep(int device)
    {
        var byFd = offer.Has(ClientOffer.Iommufd) && (!offer.Has(ClientOffer.Type1) || dice.Percent(60));
        if (byFd)
        {
            Step(ClientMake.Bind(device, draw.Context()));
        }
        else if (offer.Has(ClientOffer.Type1))
        {
            Step(ClientMake.SetContainer(draw.Container(), place.GroupOf(device)));
        }
    }

    private void TypeChange(int group)
    {
        var device = draw.DeviceOf(group);
        if (dice.Percent(80))
        {
            Vacate(group);
        }

        Step(Make.SetType(group, draw.DrawType()));
        Step(Make.OnA(Op.ShowType, group));
        Step(() => draw.DrawDmaMemory(device));
        if (offer.Has(ClientOffer.KernelSide) && dice.Percent(40))
        {
            Step(() => draw.DrawKernelMapping(Op.Map));
        }

        if (dice.Percent(70))
        {
            TakeSteps(device);
            Step(() => draw.DrawDmaMemory(device));
            Step(Make.SetType(group, draw.DrawType()));
            Maybe(50, Make.OnA(Op.ShowType, group));
            LeaveSteps(device);
            Step(() => draw.DrawDmaMemory(device));
        }

        if (offer.Has(ClientOffer.Identity) && dice.Percent(50))
        {
            Step(Make.SetType(group, TypeRequest.Identity));
            Step(() => draw.DrawDmaMemory(device));
        }

        Maybe(50, Make.SetType(group, draw.DrawType()));
        Step(() => draw.DrawDmaMemory(device));
    }

    private void Hotplug(int group)
    {
        var members = place.DevicesOf(group);
        var (stays, leaves) = (members[0].Index, members[^1].Index);
        if (state.Devices[leaves].IsHeld)
        {
            Vacate(group);
        }

        if (stays != leaves && dice.Percent(85))
        {
            var space = Reached(stays);
            MapOpenStep(space);
        }

        Step(Make.OnA(Op.Release, leaves));
        Step(() => draw.DrawDmaMemory(leaves));
        if (dice.Percent(30))
        {
            Step(() => draw.Draw(offer.Has(ClientOffer.Iommufd) ? Op.FdAttach : Op.VfioMap));
        }

        Step(Make.OnA(Op.Probe, leaves));
        Step(() => state.IsOwned(group) ? draw.DrawDma(leaves) : draw.DrawDmaMemory(leaves));
        if (dice.Percent(50))
        {
            LeaveSteps(stays);
            Step(() => draw.DrawDmaMemory(leaves));
        }
    }
}
