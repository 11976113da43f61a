using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Draws the operands of one command of a client, or of the kernel beside it.</summary>
internal sealed partial class ClientDrawer
{
    private const Prot ReadWrite = Prot.Read | Prot.Write;

    /// <summary>Bytes of one access of a real device, which must not reach into the next page.</summary>
    private const ulong WordSize = 4;

    private static readonly HwptFlags[] OddFlags =
    [
        HwptFlags.NestParent, HwptFlags.NestParent, HwptFlags.DirtyTracking, HwptFlags.DirtyTracking,
        HwptFlags.FaultIdValid, HwptFlags.Pasid, HwptFlags.NestParent | HwptFlags.DirtyTracking,
        HwptFlags.NestParent | HwptFlags.FaultIdValid,
    ];

    private readonly Dice dice;
    private readonly ClientPlace place;
    private readonly ClientState state;
    private readonly ClientOffer offer;
    private readonly AreaDrawer areas;
    private readonly int contexts;
    private readonly int containers;

    public ClientDrawer(Dice dice, ClientPlace place, ClientState state, ClientOffer offer)
    {
        this.dice = dice;
        this.place = place;
        this.state = state;
        this.offer = offer;
        areas = new AreaDrawer(dice, place);
        contexts = dice.Percent(60) ? 1 : ClientLimits.Contexts;
        containers = 1 + dice.Below(ClientLimits.Containers);
    }

    public AreaDrawer Areas => areas;

    /// <summary>
    /// A command of an operation; while what it needs is not there, mostly a step towards it instead.
    /// </summary>
    public Command Draw(Op op)
    {
        var need = Need(op);
        return need is { } first && dice.Percent(85) ? DrawNow(first) : DrawNow(op);
    }

    public int Context() => dice.Below(contexts);

    public int Container() => dice.Below(containers);

    /// <summary>A device that a test accepts, else any.</summary>
    public int Device(Func<HeldDevice, bool> accepts) =>
        dice.Where(state.Devices.Length, d => accepts(state.Devices[d])) ?? dice.Below(state.Devices.Length);

    /// <summary>A group that a test accepts, else any.</summary>
    public int Group(Func<int, bool> accepts) =>
        dice.Where(state.Groups.Length, accepts) ?? dice.Below(state.Groups.Length);

    public int DeviceOf(int group) => dice.Pick(place.DevicesOf(group)).Index;

    /// <summary>An IOAS of a context, else any that is alive, else any.</summary>
    public int Ioas(int context) =>
        dice.Where(ClientState.Slots, i => state.Ioas[i].Alive && state.Ioas[i].Context == context)
        ?? AnyIoas();

    public int AnyIoas() =>
        dice.Where(ClientState.Slots, i => state.Ioas[i].Alive) ?? dice.Below(ClientState.Slots);

    public int FreeIoas() =>
        dice.Where(ClientState.Slots, i => !state.Ioas[i].Alive) ?? dice.Below(ClientState.Slots);

    public int FreeHwpt() =>
        dice.Where(ClientState.Slots, h => !state.Hwpts[h].Alive) ?? dice.Below(ClientState.Slots);

    public Prot DrawProt() => dice.Weighted([62, 18, 18, 2]) switch
    {
        0 => ReadWrite,
        1 => Prot.Read,
        2 => Prot.Write,
        _ => Prot.None,
    };

    /// <summary>A type that may be asked for here.</summary>
    public TypeRequest DrawType()
    {
        var type = (TypeRequest)dice.Below(4);
        return type == TypeRequest.Identity && !offer.Has(ClientOffer.Identity) ? TypeRequest.Dma : type;
    }

    public DmaAccess DrawAccess() =>
        offer.Has(ClientOffer.Reads) && dice.Percent(50) ? DmaAccess.Read : DmaAccess.Write;

    /// <summary>An access to an address in or beside what the device reaches.</summary>
    public Command DrawDma(int device)
    {
        var held = state.MemoryOf(device);
        var owned = state.IsOwned(place.GroupOf(device));
        if (!owned && (!offer.Has(ClientOffer.KernelSide) || dice.Percent(50)))
        {
            // At any other address a device on an identity domain could hit what is not the client's.
            return DrawDmaMemory(device);
        }

        var areasOf = held ?? (owned ? AnyAreas() : state.GroupOf(device).DefaultMemory);
        var iova = dice.Percent(50) && areasOf.Live.Count > 0
            ? Within(dice.Pick(areasOf.Live))
            : areas.ForDma(place.LadderOf(device), areasOf);
        iova &= ~(WordSize - 1);
        return Make.Dma(device, Requester(device), iova, DrawAccess(), pasid: 0);
    }

    public Command DrawDmaMemory(int device)
    {
        var at = areas.DrawMemory(place.Memory.PageSize, ulong.MaxValue);
        var offset = at + (dice.Percent(50) ? 0 : dice.Below(place.Memory.PageSize) & ~(WordSize - 1));
        return ClientMake.DmaMemory(device, Requester(device), offset, DrawAccess());
    }

    public HwptFlags DrawFlags() => dice.Percent(75) ? HwptFlags.None : dice.Pick<HwptFlags>(OddFlags);

    /// <summary>The areas of an IOAS or a container.</summary>
    public DomainMemory MemoryOf(AddressSpaceRef space) =>
        space.IsContainer ? state.Containers[space.Index].Memory : state.Ioas[space.Index].Memory;

    /// <summary>The tables that an address space most likely ends in: of a device that uses it.</summary>
    public PageLadder LadderOf(AddressSpaceRef space)
    {
        var user = dice.Where(
            state.Devices.Length,
            d => ReferenceEquals(state.MemoryOf(d), MemoryOf(space)));
        return place.LadderOf(user ?? dice.Below(state.Devices.Length));
    }

    public MappedRange DrawArea(AddressSpaceRef space) =>
        areas.ForMap(LadderOf(space), MemoryOf(space), AnyAreas());

    /// <summary>An area that no device objects to and that meets no other, if one is found soon.</summary>
    public MappedRange DrawFreeArea(AddressSpaceRef space)
    {
        var area = DrawArea(space);
        for (var tries = 0; tries < 6 && !IsFree(space, area); tries++)
        {
            area = DrawArea(space);
        }

        return area;
    }

    public Command DrawMap(AddressSpaceRef space) =>
        ClientMake.Map(space, dice.Percent(40) ? DrawFreeArea(space) : DrawArea(space), DrawProt());

    public Command DrawUnmap(AddressSpaceRef space)
    {
        var (iova, size) = areas.ForUnmap(LadderOf(space), MemoryOf(space), AnyAreas());
        return ClientMake.Unmap(space, iova, size);
    }

    private ulong Within(MappedRange area) => area.Iova + dice.Below(Math.Max(area.Size, 1));

    private bool IsFree(AddressSpaceRef space, MappedRange area)
    {
        for (var d = 0; d < state.Devices.Length; d++)
        {
            if (place.Conflicts(d, area))
            {
                return false;
            }
        }

        return !MemoryOf(space).Overlaps(area.Iova, area.Size);
    }

    private int Requester(int device) =>
        offer.Has(ClientOffer.KernelSide) ? dice.Below(place.Topology.Devices[device].Requesters.Length) : 0;

    private DomainMemory AnyAreas() => dice.Percent(75) || !offer.Has(ClientOffer.Type1)
        ? state.Ioas[dice.Below(ClientState.Slots)].Memory
        : state.Containers[dice.Below(containers)].Memory;
}
