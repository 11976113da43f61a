using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Plans about iommufd: its objects.</summary>
internal sealed partial class ClientPlans
{
    private void BeginObjects(ClientPlanKind plan)
    {
        var device = draw.Device(static d => d.Context >= 0);
        var context = state.Devices[device].Context is >= 0 and var held ? held : draw.Context();
        switch (plan)
        {
            case ClientPlanKind.HwptFlags:
                HwptFlagsRefused(device, context);
                break;
            case ClientPlanKind.DestroyInUse:
                DestroyInUse(device, context);
                break;
            case ClientPlanKind.Copy:
                Copy(device, context);
                break;
            default:
                Ranges(device, context);
                break;
        }
    }

    private void HwptFlagsRefused(int device, int context)
    {
        BindSteps(device, context);
        var ioas = IoasSteps(context);
        MapOpenStep(AddressSpaceRef.Ioas(ioas));
        var flags = (HwptFlags)(1 + dice.Below(15));
        var one = HwptSteps(device, ioas, flags);
        AttachStep(PageTableRef.Hwpt(one), device);
        DmaStep(device);
        Maybe(50, ClientMake.Switch(Op.HwptDirty, one, on: true));
        // Nested on it, which needs data that nobody gives: refused.
        Maybe(50, ClientMake.HwptAlloc(
            (one + 1) % ClientState.Slots, device, PageTableRef.Hwpt(one), HwptFlags.None));
    }

    private void DestroyInUse(int device, int context)
    {
        BindSteps(device, context);
        var ioas = IoasSteps(context);
        MapOpenStep(AddressSpaceRef.Ioas(ioas));
        var hwpt = HwptSteps(device, ioas, HwptFlags.None);
        Step(Make.OnA(Op.IoasDestroy, ioas));
        AttachStep(PageTableRef.Hwpt(hwpt), device);
        Step(Make.OnA(Op.HwptDestroy, hwpt));
        DmaStep(device);
        Step(Make.OnA(Op.FdDetach, device));
        Step(Make.OnA(Op.HwptDestroy, hwpt));
        Step(Make.OnA(Op.IoasDestroy, ioas));
        Step(() => draw.Draw(Op.IoasAlloc));
    }

    private void Copy(int device, int context)
    {
        var from = IoasSteps(context);
        var to = OtherIoasSteps(context, from);
        MapOpenStep(AddressSpaceRef.Ioas(from));
        BindSteps(device, context);
        AttachStep(PageTableRef.Ioas(to), device);
        Step(() => draw.DrawCopy(to, from));
        DmaStep(device);
        UnmapLastStep(AddressSpaceRef.Ioas(from));
        DmaStep(device);
        Step(() => draw.DrawCopy(to, from));
        Step(() => draw.DrawUnmap(AddressSpaceRef.Ioas(to)));
        DmaStep(device);
    }

    private void Ranges(int device, int context)
    {
        var ioas = IoasSteps(context);
        Step(Make.OnA(Op.IoasRanges, ioas));
        BindSteps(device, context);
        Step(() => Allow(ioas));
        Step(() => draw.DrawMapAuto(ioas));
        AttachStep(PageTableRef.Ioas(ioas), device);
        Step(Make.OnA(Op.IoasRanges, ioas));
        Step(() => draw.DrawMapAuto(ioas));
        Step(() => OverReserved(AddressSpaceRef.Ioas(ioas), device));
        DmaStep(device);
        Step(Make.OnA(Op.FdDetach, device));
        Step(() => OverReserved(AddressSpaceRef.Ioas(ioas), device));
        AttachStep(PageTableRef.Ioas(ioas), device);
        DmaStep(device);
    }

    private Command Allow(int ioas)
    {
        var area = draw.DrawArea(AddressSpaceRef.Ioas(ioas));
        return ClientMake.Allow(ioas, area.Iova, place.Memory.Size >> dice.Below(6));
    }
}
