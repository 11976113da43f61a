using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Plans about mappings, whichever client makes them.</summary>
internal sealed partial class ClientPlans
{
    private void BeginAreas(ClientPlanKind plan)
    {
        var device = draw.Device(d => d.Present);
        var space = Reached(device);
        if (plan == ClientPlanKind.ReadOnly)
        {
            ReadOnly(space, device);
        }
        else
        {
            FailedMap(space, device);
        }
    }

    /// <summary>An address space that the device reaches, now or by the steps queued.</summary>
    private AddressSpaceRef Reached(int device)
    {
        var group = place.GroupOf(device);
        if (state.Groups[group].Container is >= 0 and var container
            && state.Containers[container].Version != 0)
        {
            return AddressSpaceRef.Container(container);
        }

        if (state.TableOf(group) is { } table && dice.Percent(80))
        {
            return AddressSpaceRef.Ioas(state.IoasOf(table));
        }

        var both = offer.Has(ClientOffer.Iommufd | ClientOffer.Type1);
        if (both ? dice.Percent(40) : offer.Has(ClientOffer.Type1))
        {
            return AddressSpaceRef.Container(ContainerSteps(group, 2));
        }

        var context = draw.Context();
        BindSteps(device, context);
        var ioas = IoasSteps(context);
        AttachStep(PageTableRef.Ioas(ioas), device);
        return AddressSpaceRef.Ioas(ioas);
    }

    private void ReadOnly(AddressSpaceRef space, int device)
    {
        Step(() => ClientMake.Map(space, draw.DrawFreeArea(space), Prot.Read));
        Step(() => Into(space, device));
        Step(() => Into(space, device));
        if (!space.IsContainer && dice.Percent(50))
        {
            // The pages were pinned for reading, but the memory itself may be written.
            Step(() => CopyAt(space, ReadWrite));
        }

        if (dice.Percent(60))
        {
            UnmapLastStep(space);
            Step(() => ClientMake.Map(space, draw.DrawFreeArea(space), Prot.Write));
            Step(() => Into(space, device));
        }
    }

    /// <summary>A copy of the last area within one IOAS.</summary>
    private Command CopyAt(AddressSpaceRef space, Prot prot) =>
        draw.DrawCopy(space.Index, space.Index) with { Extra = (uint)prot };

    /// <summary>An access inside of the newest area.</summary>
    private Command Into(AddressSpaceRef space, int device)
    {
        var live = draw.MemoryOf(space).Live;
        if (live.Count == 0)
        {
            return draw.DrawDma(device);
        }

        var iova = (live[^1].Iova + (ulong)dice.Below(1024)) & ~3UL;
        return Make.Dma(device, 0, iova, draw.DrawAccess(), pasid: 0);
    }

    private void FailedMap(AddressSpaceRef space, int device)
    {
        MapOpenStep(space);
        Step(() => Colliding(space));
        DmaStep(device);
        Step(() => Colliding(space));
        DmaStep(device);
        UnmapLastStep(space);
        Step(() => draw.MemoryOf(space).Gone is { Count: > 0 } gone
            ? ClientMake.Map(space, gone[^1], ReadWrite)
            : draw.DrawMap(space));
        DmaStep(device);
    }

    /// <summary>Over the beginning, the end or all of an area, from a hole before or behind it.</summary>
    private Command Colliding(AddressSpaceRef space)
    {
        var live = draw.MemoryOf(space).Live;
        if (live.Count == 0)
        {
            return draw.DrawMap(space);
        }

        var (area, page) = (dice.Pick(live), place.Memory.PageSize);
        var over = dice.Below(4) switch
        {
            0 => area,
            1 => area with { Iova = area.Iova - page, Size = area.Size + page },
            2 => area with { Iova = area.End - page, Size = 3 * page },
            _ => area with { Iova = area.Iova - (2 * page), Size = 3 * page },
        };
        return ClientMake.Map(space, draw.Areas.Elsewhere(over), ReadWrite);
    }
}
