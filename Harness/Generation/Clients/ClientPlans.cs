using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Queues the steps of a <see cref="ClientPlanKind"/>.</summary>
internal sealed partial class ClientPlans(
    Dice dice, ClientPlace place, ClientState state, ClientDrawer draw, ClientOffer offer)
{
    private const Prot ReadWrite = Prot.Read | Prot.Write;

    private readonly StepQueue steps = new();

    /// <summary>Steps are waiting.</summary>
    public bool HasNext => steps.HasNext;

    /// <summary>What a target must offer for a plan to mean anything.</summary>
    public static ClientOffer Needs(ClientPlanKind plan) => plan switch
    {
        <= ClientPlanKind.Ranges => ClientOffer.Iommufd,
        <= ClientPlanKind.UnsetOpen => ClientOffer.Type1,
        ClientPlanKind.Competition => ClientOffer.Iommufd | ClientOffer.Type1,
        ClientPlanKind.KernelDriver => ClientOffer.Bind,
        ClientPlanKind.TypeChange => ClientOffer.Sysfs,
        ClientPlanKind.Hotplug => ClientOffer.Hotplug,
        ClientPlanKind.FailSweep => ClientOffer.FailNth,
        ClientPlanKind.CoreFault or ClientPlanKind.Reset => ClientOffer.KernelSide,
        _ => ClientOffer.None,
    };

    /// <summary>Weight of a plan before the swarm: 0 when the place gives it no meaning.</summary>
    public static int Usual(ClientPlanKind plan, ClientPlace place) => plan switch
    {
        ClientPlanKind.FdCycle or ClientPlanKind.Type1Cycle => 9,
        ClientPlanKind.GroupPair or ClientPlanKind.TwoContexts =>
            place.Topology.GroupCount < place.Topology.Devices.Length ? 8 : 0,
        ClientPlanKind.SharedContainer => place.Topology.GroupCount > 1 ? 8 : 0,
        ClientPlanKind.Reset => place.Topology.Devices.Any(d => d.Ats) ? 5 : 0,
        ClientPlanKind.ReplaceIoas or ClientPlanKind.ReplaceConflict or ClientPlanKind.FailSweep
            or ClientPlanKind.TypeChange or ClientPlanKind.Hotplug or ClientPlanKind.CoreFault => 6,
        _ => 4,
    };

    public Command Next() => steps.Next();

    /// <summary>Queues a plan.</summary>
    public void Begin(ClientPlanKind plan)
    {
        switch (plan)
        {
            case <= ClientPlanKind.FillFirst or ClientPlanKind.GroupPair or ClientPlanKind.TwoContexts:
                BeginAttach(plan);
                break;
            case <= ClientPlanKind.ReplaceRefused:
                BeginReplace(plan);
                break;
            case <= ClientPlanKind.Ranges:
                BeginObjects(plan);
                break;
            case <= ClientPlanKind.Competition:
                BeginType1(plan);
                break;
            case <= ClientPlanKind.FailedMap:
                BeginAreas(plan);
                break;
            case <= ClientPlanKind.Hotplug:
                BeginKernel(plan);
                break;
            default:
                BeginFailure(plan);
                break;
        }
    }

    /// <summary>Takes a group from kernel drivers and from any client, mostly.</summary>
    private void Vacate(int group)
    {
        if (dice.Percent(8))
        {
            return;
        }

        foreach (var member in place.DevicesOf(group))
        {
            var device = state.Devices[member.Index];
            if (device.Context >= 0)
            {
                Step(Make.OnA(Op.FdUnbind, member.Index));
            }

            if (device.VfioOpen)
            {
                Step(Make.OnA(Op.VfioClose, member.Index));
            }

            for (var n = device.Bound; n > 0; n--)
            {
                Step(Make.OnA(Op.Unbind, member.Index));
            }
        }

        if (state.Groups[group].Container >= 0)
        {
            Step(Make.OnA(Op.VfioUnsetContainer, group));
        }
    }

    /// <summary>The device is bound to a context, now or by the steps queued.</summary>
    private void BindSteps(int device, int context)
    {
        if (state.Devices[device].Context == context)
        {
            return;
        }

        if (!state.CanBind(device, context))
        {
            Vacate(place.GroupOf(device));
        }

        Step(ClientMake.Bind(device, context));
    }

    /// <summary>An empty IOAS of a context; one that is in the way is emptied or destroyed first.</summary>
    private int IoasSteps(int context)
    {
        var ioas = draw.FreeIoas();
        if (state.Ioas[ioas].Alive)
        {
            if (state.IsUsed(ioas))
            {
                ioas = draw.Ioas(context);
                Step(ClientMake.UnmapAll(AddressSpaceRef.Ioas(ioas)));
                return ioas;
            }

            Step(Make.OnA(Op.IoasDestroy, ioas));
        }

        Step(ClientMake.IoasAlloc(ioas, context));
        return ioas;
    }

    /// <summary>A new HWPT on an IOAS for a device.</summary>
    private int HwptSteps(int device, int ioas, HwptFlags flags)
    {
        var hwpt = draw.FreeHwpt();
        if (state.Hwpts[hwpt].Alive)
        {
            Step(Make.OnA(Op.HwptDestroy, hwpt));
        }

        Step(ClientMake.HwptAlloc(hwpt, device, PageTableRef.Ioas(ioas), flags));
        return hwpt;
    }

    /// <summary>Another free HWPT name than the one taken by a step that still waits.</summary>
    private int HwptSteps(int device, int ioas, int not)
    {
        var hwpt = dice.Where(ClientState.Slots, h => h != not && !state.Hwpts[h].Alive)
            ?? (not + 1) % ClientState.Slots;
        if (state.Hwpts[hwpt].Alive)
        {
            Step(Make.OnA(Op.HwptDestroy, hwpt));
        }

        Step(ClientMake.HwptAlloc(hwpt, device, PageTableRef.Ioas(ioas), HwptFlags.None));
        return hwpt;
    }

    /// <summary>As <see cref="IoasSteps"/>, another one than <paramref name="not"/>.</summary>
    private int OtherIoasSteps(int context, int not)
    {
        var ioas = dice.Where(ClientState.Slots, i => i != not && !state.Ioas[i].Alive);
        if (ioas is not { } free)
        {
            return dice.Where(
                ClientState.Slots, i => i != not && state.Ioas[i].Context == context) ?? not;
        }

        Step(ClientMake.IoasAlloc(free, context));
        return free;
    }

    private void MapSteps(AddressSpaceRef space, int count)
    {
        for (var n = 0; n < count; n++)
        {
            Step(() => draw.DrawMap(space));
        }
    }

    /// <summary>A mapping that a device may write and read, so that accesses land.</summary>
    private void MapOpenStep(AddressSpaceRef space) =>
        Step(() => ClientMake.Map(space, draw.DrawFreeArea(space), ReadWrite));

    private void UnmapLastStep(AddressSpaceRef space) => Step(() =>
        draw.MemoryOf(space).Live is { Count: > 0 } live
            ? ClientMake.Unmap(space, live[^1].Iova, live[^1].Size)
            : draw.DrawUnmap(space));

    private void AttachStep(PageTableRef table, int device) => Step(ClientMake.Attach(table, device));

    private void DmaStep(int device) => Step(() => draw.DrawDma(device));

    /// <summary>A step that comes now and then.</summary>
    private void Maybe(int percent, Command command)
    {
        if (dice.Percent(percent))
        {
            Step(command);
        }
    }

    private void Step(Func<Command> step) => steps.Add(step);

    private void Step(Command command) => steps.Add(command);
}
