using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Plans about VFIO type1.</summary>
internal sealed partial class ClientPlans
{
    private void BeginType1(ClientPlanKind plan)
    {
        var group = draw.Group(g => !state.IsOwned(g));
        switch (plan)
        {
            case ClientPlanKind.Type1Cycle:
                Type1Cycle(group);
                break;
            case ClientPlanKind.SharedContainer:
                SharedContainer(group);
                break;
            case ClientPlanKind.PartialUnmap:
                PartialUnmap(group);
                break;
            case ClientPlanKind.UnsetOpen:
                UnsetOpen(group);
                break;
            default:
                Competition(group);
                break;
        }
    }

    /// <summary>The group is in a container with a backend; gives the container.</summary>
    private int ContainerSteps(int group, int version)
    {
        if (state.Groups[group].Container is >= 0 and var held)
        {
            Step(ClientMake.SetIommu(held, version));
            return held;
        }

        Vacate(group);
        var container = draw.Container();
        Step(ClientMake.SetContainer(container, group));
        if (state.Containers[container].Version == 0 || dice.Percent(5))
        {
            Step(ClientMake.SetIommu(container, version));
        }

        return container;
    }

    private void Type1Cycle(int group)
    {
        var container = ContainerSteps(group, dice.Percent(30) ? 1 : 2);
        var space = AddressSpaceRef.Container(container);
        var device = draw.DeviceOf(group);
        Maybe(80, Make.OnA(Op.VfioOpen, device));
        MapSteps(space, dice.Below(3));
        MapOpenStep(space);
        DmaStep(device);
        UnmapLastStep(space);
        DmaStep(device);
        Maybe(20, ClientMake.UnmapAll(space));
        Maybe(75, Make.OnA(Op.VfioClose, device));
        if (dice.Percent(70))
        {
            Step(Make.OnA(Op.VfioUnsetContainer, group));
            Step(() => draw.DrawDmaMemory(device));
        }
    }

    private void SharedContainer(int group)
    {
        var second = (group + 1 + dice.Below(place.Topology.GroupCount - 1)) % place.Topology.GroupCount;
        var container = ContainerSteps(group, 2);
        var space = AddressSpaceRef.Container(container);
        MapOpenStep(space);
        Vacate(second);
        Step(ClientMake.SetContainer(container, second));
        DmaStep(draw.DeviceOf(second));
        MapOpenStep(space);
        DmaStep(draw.DeviceOf(group));
        Step(Make.OnA(Op.VfioUnsetContainer, group));
        DmaStep(draw.DeviceOf(group));
        DmaStep(draw.DeviceOf(second));
        UnmapLastStep(space);
        DmaStep(draw.DeviceOf(second));
    }

    private void PartialUnmap(int group)
    {
        var container = ContainerSteps(group, dice.Percent(50) ? 1 : 2);
        var space = AddressSpaceRef.Container(container);
        var device = draw.DeviceOf(group);
        Step(() => ClientMake.Map(space, Several(draw.DrawFreeArea(space)), ReadWrite));
        DmaStep(device);
        for (var n = dice.Between(1, 3); n > 0; n--)
        {
            Step(() => Cut(space));
            DmaStep(device);
        }
    }

    /// <summary>At least three pages.</summary>
    private MappedRange Several(MappedRange area) => area.Size >= 3 * place.Memory.PageSize
        ? area
        : area with { Size = 4 * place.Memory.PageSize, Pa = place.Memory.PageSize * (ulong)dice.Below(64) };

    /// <summary>An unmap that begins or ends inside of a mapping.</summary>
    private Command Cut(AddressSpaceRef space)
    {
        var live = draw.MemoryOf(space).Live;
        if (live.Count == 0)
        {
            return draw.DrawUnmap(space);
        }

        var (area, page) = (live[^1], place.Memory.PageSize);
        return dice.Below(5) switch
        {
            0 => ClientMake.Unmap(space, area.Iova, page),
            1 => ClientMake.Unmap(space, area.Iova + page, area.Size - page),
            2 => ClientMake.Unmap(space, area.Iova + page, page),
            3 => ClientMake.Unmap(space, area.Iova - page, area.Size),
            _ => ClientMake.Unmap(space, area.Iova, area.Size + page),
        };
    }

    private void UnsetOpen(int group)
    {
        var container = ContainerSteps(group, 2);
        var device = draw.DeviceOf(group);
        MapOpenStep(AddressSpaceRef.Container(container));
        Step(Make.OnA(Op.VfioOpen, device));
        Step(Make.OnA(Op.VfioUnsetContainer, group));
        DmaStep(device);
        Maybe(40, ClientMake.SetContainer(draw.Container(), group));
        Step(Make.OnA(Op.VfioClose, device));
        Step(Make.OnA(Op.VfioUnsetContainer, group));
        DmaStep(device);
        // Before it has a container again, and before that has a backend.
        Maybe(60, Make.OnA(Op.VfioOpen, device));
        Maybe(60, ClientMake.SetContainer(container, group));
        Maybe(60, Make.OnA(Op.VfioOpen, device));
    }

    private void Competition(int group)
    {
        Vacate(group);
        var device = draw.DeviceOf(group);
        if (dice.Percent(50))
        {
            Step(ClientMake.Bind(device, draw.Context()));
            Step(ClientMake.SetContainer(draw.Container(), group));
            DmaStep(device);
            Step(Make.OnA(Op.FdUnbind, device));
            Step(ClientMake.SetContainer(draw.Container(), group));
        }
        else
        {
            var container = ContainerSteps(group, 2);
            MapOpenStep(AddressSpaceRef.Container(container));
            Step(ClientMake.Bind(device, draw.Context()));
            DmaStep(device);
            Step(Make.OnA(Op.VfioUnsetContainer, group));
            Step(ClientMake.Bind(device, draw.Context()));
        }

        DmaStep(device);
    }
}
