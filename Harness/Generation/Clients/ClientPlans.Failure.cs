using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Plans in which the kernel or a driver fails under a client.</summary>
internal sealed partial class ClientPlans
{
    private static readonly Errno[] FaultErrnos =
        [Errno.ENOMEM, Errno.ENOMEM, Errno.EINVAL, Errno.EBUSY, Errno.EIO, Errno.ENODEV];

    private void BeginFailure(ClientPlanKind plan)
    {
        switch (plan)
        {
            case ClientPlanKind.FailSweep:
                FailSweep();
                break;
            case ClientPlanKind.CoreFault:
                CoreFault();
                break;
            default:
                Reset(dice.Where(state.Devices.Length, d => place.Topology.Devices[d].Ats) ?? 0);
                break;
        }
    }

    private Errno DrawErrno() => dice.Pick<Errno>(FaultErrnos);

    /// <summary>
    /// The first, the second, ... allocation under one and the same command fails; when none is left it
    /// succeeds, and then it is refused or does nothing.
    /// </summary>
    private void FailSweep()
    {
        var device = draw.Device(static d => d is { Present: true, On: null });
        var command = Struck(device);
        var first = dice.Percent(60) ? 1 : 1 + dice.Below(20);
        for (var n = 0; n < dice.Between(3, 6); n++)
        {
            Step(ClientMake.FailNth(first + n));
            Step(command);
            DmaStep(device);
        }

        Step(command);
        DmaStep(device);
    }

    /// <summary>A command that allocates, of any family offered, and what it needs before it.</summary>
    private Func<Command> Struck(int device)
    {
        var context = draw.Context();
        var group = place.GroupOf(device);
        if (!offer.Has(ClientOffer.Iommufd) || (offer.Has(ClientOffer.Type1) && dice.Percent(35)))
        {
            return StruckOfType1(group);
        }

        var kind = dice.Below(8);
        if (kind == 0)
        {
            Vacate(group);
            return Fixed(ClientMake.Bind(device, context));
        }

        BindSteps(device, context);
        var ioas = IoasSteps(context);
        var space = AddressSpaceRef.Ioas(ioas);
        MapOpenStep(space);
        if (kind >= 3)
        {
            AttachStep(PageTableRef.Ioas(ioas), device);
        }
        else if (kind == 1 && dice.Percent(60))
        {
            Neighbour(device, context, ioas);
        }

        return kind switch
        {
            1 => Fixed(ClientMake.Attach(PageTableRef.Ioas(ioas), device)),
            2 => Fixed(ClientMake.HwptAlloc(
                draw.FreeHwpt(), device, PageTableRef.Ioas(ioas), HwptFlags.None)),
            3 => Fixed(ClientMake.Attach(PageTableRef.Ioas(OtherIoasSteps(context, ioas)), device)),
            4 => () => draw.MemoryOf(space).Live is { Count: > 0 } live
                ? ClientMake.Unmap(space, live[^1].Iova, live[^1].Size)
                : draw.DrawUnmap(space),
            5 when offer.Has(ClientOffer.Sysfs) => Fixed(Make.SetType(group, draw.DrawType())),
            6 => Fixed(ClientMake.IoasAlloc(draw.FreeIoas(), context)),
            _ => Once(() => ClientMake.Map(space, draw.DrawFreeArea(space), ReadWrite)),
        };
    }

    /// <summary>A device of another group is on the IOAS: an attach to it finds an automatic HWPT.</summary>
    private void Neighbour(int device, int context, int ioas)
    {
        var group = place.GroupOf(device);
        var other = dice.Where(
            state.Devices.Length, d => state.Devices[d].Present && place.GroupOf(d) != group);
        if (other is { } neighbour)
        {
            BindSteps(neighbour, context);
            AttachStep(PageTableRef.Ioas(ioas), neighbour);
        }
    }

    private Func<Command> StruckOfType1(int group)
    {
        Vacate(group);
        var container = draw.Container();
        if (dice.Percent(20))
        {
            return Fixed(ClientMake.SetContainer(container, group));
        }

        Step(ClientMake.SetContainer(container, group));
        if (dice.Percent(30))
        {
            return Fixed(ClientMake.SetIommu(container, 2));
        }

        Step(ClientMake.SetIommu(container, 2));
        var space = AddressSpaceRef.Container(container);
        return Once(() => ClientMake.Map(space, draw.DrawFreeArea(space), ReadWrite));
    }

    private static Func<Command> Fixed(Command command) => () => command;

    /// <summary>Drawn at the first call, then the same again.</summary>
    private static Func<Command> Once(Func<Command> step)
    {
        Command? drawn = null;
        return () => drawn ??= step();
    }

    private void CoreFault()
    {
        var device = draw.Device(static d => d.Present);
        var members = place.DevicesOf(place.GroupOf(device));
        var command = Struck(device);
        Step(dice.Weighted([50, 30, 20]) switch
        {
            0 => Make.FailAttach(dice.Pick(members).Index, dice.Weighted([80, 15, 5]), DrawErrno()),
            1 => Make.FailMap(dice.Weighted([60, 25, 15]), DrawErrno()),
            _ => Make.FailAlloc(dice.Percent(80) ? Errno.ENOMEM : DrawErrno()),
        });
        Step(command);
        DmaStep(device);
        Step(command);
        DmaStep(device);
    }

    private void Reset(int device)
    {
        var space = Reached(device);
        MapOpenStep(space);
        Step(Make.OnA(Op.ResetPrepare, device));
        DmaStep(device);
        for (var n = dice.Between(1, 3); n > 0; n--)
        {
            Step(() => dice.Below(5) switch
            {
                0 => draw.Draw(space.IsContainer ? Op.VfioUnsetContainer : Op.FdDetach),
                1 => draw.Draw(space.IsContainer ? Op.VfioSetContainer : Op.FdAttach),
                2 => draw.DrawUnmap(space),
                3 => draw.Draw(space.IsContainer ? Op.VfioClose : Op.FdUnbind),
                _ => draw.DrawMap(space),
            });
        }

        Step(Make.OnA(Op.ResetDone, device));
        DmaStep(device);
    }
}
