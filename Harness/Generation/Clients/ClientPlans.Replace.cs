using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Plans about iommufd: from one table to another.</summary>
internal sealed partial class ClientPlans
{
    private void BeginReplace(ClientPlanKind plan)
    {
        var device = draw.Device(static d => d.On is not null || d.Context >= 0);
        var context = state.Devices[device].Context is >= 0 and var held ? held : draw.Context();
        BindSteps(device, context);
        switch (plan)
        {
            case ClientPlanKind.TwoHwpts:
                TwoHwpts(device, context);
                break;
            case ClientPlanKind.ReplaceIoas:
                ReplaceIoas(device, context);
                break;
            case ClientPlanKind.ReplaceConflict:
                ReplaceConflict(device, context);
                break;
            default:
                ReplaceRefused(device, context);
                break;
        }
    }

    private void TwoHwpts(int device, int context)
    {
        var ioas = IoasSteps(context);
        var space = AddressSpaceRef.Ioas(ioas);
        MapOpenStep(space);
        var one = HwptSteps(device, ioas, HwptFlags.None);
        AttachStep(PageTableRef.Hwpt(one), device);
        DmaStep(device);
        var two = HwptSteps(device, ioas, one);
        MapOpenStep(space);
        AttachStep(PageTableRef.Hwpt(two), device);
        DmaStep(device);
        UnmapLastStep(space);
        DmaStep(device);
        AttachStep(dice.Percent(50) ? PageTableRef.Ioas(ioas) : PageTableRef.Hwpt(one), device);
        DmaStep(device);
        Maybe(60, Make.OnA(Op.HwptDestroy, two));
    }

    /// <summary>The same address leads to other memory after each replace.</summary>
    private void ReplaceIoas(int device, int context)
    {
        var one = IoasSteps(context);
        var two = OtherIoasSteps(context, one);
        var (from, to) = (AddressSpaceRef.Ioas(one), AddressSpaceRef.Ioas(two));
        MapOpenStep(from);
        Step(() => draw.MemoryOf(from).Live is { Count: > 0 } live && dice.Percent(80)
            ? ClientMake.Map(to, draw.Areas.Elsewhere(live[^1]), ReadWrite)
            : draw.DrawMap(to));
        AttachStep(PageTableRef.Ioas(one), device);
        DmaStep(device);
        AttachStep(PageTableRef.Ioas(two), device);
        DmaStep(device);
        DmaStep(device);
        if (dice.Percent(50))
        {
            AttachStep(PageTableRef.Ioas(one), device);
            DmaStep(device);
        }

        Maybe(40, Make.OnA(Op.IoasDestroy, one));
    }

    /// <summary>
    /// Areas over a reserved range of the device lie in an IOAS that it has never been attached to: attach or
    /// replace must refuse, and change no range.
    /// </summary>
    private void ReplaceConflict(int device, int context)
    {
        var one = IoasSteps(context);
        var two = OtherIoasSteps(context, one);
        MapOpenStep(AddressSpaceRef.Ioas(one));
        Step(() => OverReserved(AddressSpaceRef.Ioas(two), device));
        var table = dice.Percent(40)
            ? PageTableRef.Hwpt(HwptSteps(device, two, HwptFlags.None))
            : PageTableRef.Ioas(two);
        if (dice.Percent(75))
        {
            AttachStep(PageTableRef.Ioas(one), device);
        }

        AttachStep(table, device);
        DmaStep(device);
        Step(Make.OnA(Op.IoasRanges, two));
        Step(Make.OnA(Op.IoasRanges, one));
        Step(() => OverReserved(AddressSpaceRef.Ioas(one), device));
    }

    /// <summary>A table of another device, perhaps of another instance, on the IOAS in use.</summary>
    private void ReplaceRefused(int device, int context)
    {
        var ioas = IoasSteps(context);
        MapOpenStep(AddressSpaceRef.Ioas(ioas));
        AttachStep(PageTableRef.Ioas(ioas), device);
        var unit = place.Topology.Devices[device].Instance;
        var other = dice.Where(
            state.Devices.Length, d => place.Topology.Devices[d].Instance != unit && state.Devices[d].Present)
            ?? device;
        BindSteps(other, context);
        var hwpt = HwptSteps(other, ioas, draw.DrawFlags());
        if (dice.Percent(60))
        {
            ArmSteps(device);
        }

        AttachStep(PageTableRef.Hwpt(hwpt), device);
        DmaStep(device);
        Step(Make.OnA(Op.IoasRanges, ioas));
        Step(() => OverReserved(AddressSpaceRef.Ioas(ioas), device));
        DmaStep(device);
    }

    /// <summary>A failure of whatever comes next, as far as the target can be made to fail.</summary>
    private void ArmSteps(int device)
    {
        if (offer.Has(ClientOffer.FailNth))
        {
            Step(ClientMake.FailNth(1 + dice.Below(12)));
        }
        else if (offer.Has(ClientOffer.KernelSide))
        {
            Step(Make.FailAttach(device, 0, DrawErrno()));
        }
    }

    /// <summary>A map over a range that a device must not use, or beyond its aperture.</summary>
    private Command OverReserved(AddressSpaceRef space, int device)
    {
        var reserved = place.ReservedOf(device);
        return ClientMake.Map(
            space,
            reserved.Count > 0 ? draw.Areas.Over(dice.Pick(reserved)) : draw.DrawArea(space),
            ReadWrite);
    }
}
