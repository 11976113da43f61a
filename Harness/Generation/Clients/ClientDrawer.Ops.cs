using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>The operands, operation by operation.</summary>
internal sealed partial class ClientDrawer
{
    /// <summary>What has to come before an operation can mean anything; null when it can.</summary>
    private Op? Need(Op op)
    {
        var anyIoas = Array.Exists(state.Ioas, i => i.Alive);
        var anyBound = Array.Exists(state.Devices, d => d.Context >= 0);
        return op switch
        {
            >= Op.IoasDestroy and <= Op.IoasHuge when !anyIoas => Op.IoasAlloc,
            Op.FdAttach or Op.FdDetach or Op.FdUnbind or Op.HwptAlloc when !anyBound => Op.FdBind,
            Op.FdAttach or Op.HwptAlloc when !anyIoas => Op.IoasAlloc,
            Op.FdDetach when !Array.Exists(state.Devices, d => d.On is not null) => Op.FdAttach,
            Op.HwptDestroy or Op.HwptDirty when !Array.Exists(state.Hwpts, h => h.Alive) => Op.HwptAlloc,
            >= Op.VfioSetIommu and <= Op.VfioUnmapAll or Op.VfioUnsetContainer
                when !Array.Exists(state.Groups, g => g.Container >= 0) => Op.VfioSetContainer,
            Op.VfioMap or Op.VfioUnmap or Op.VfioUnmapAll or Op.VfioOpen
                when !Array.Exists(state.Containers, c => c.Version != 0) => Op.VfioSetIommu,
            Op.VfioClose when !Array.Exists(state.Devices, d => d.VfioOpen) => Op.VfioOpen,
            _ => null,
        };
    }

    private Command DrawNow(Op op) => op switch
    {
        Op.ShowType => Make.OnA(op, Group(static _ => true)),
        Op.SetType => Make.SetType(Group(g => !state.IsOwned(g) && !state.IsBound(g)), DrawType()),
        Op.Bind => Make.OnA(op, Device(d => d is { Present: true, IsHeld: false })),
        Op.Unbind => Make.OnA(op, Device(static d => d.Bound > 0)),
        Op.Probe => Make.OnA(op, Device(static d => !d.Present)),
        Op.Release => Make.OnA(op, Device(static d => d is { Present: true, IsHeld: false })),
        Op.ResetPrepare or Op.ResetDone =>
            Make.OnA(op, dice.Where(state.Devices.Length, d => place.Topology.Devices[d].Ats) ?? 0),
        Op.Map or Op.Unmap => DrawKernelMapping(op),
        Op.Dma => DrawDma(Reaching() ?? Device(static d => d.IsHeld)),
        Op.DmaMemory => DrawDmaMemory(Device(static d => d is { Present: true, On: null })),
        >= Op.FdBind and <= Op.FdDetach => DrawDeviceOp(op),
        >= Op.IoasAlloc and <= Op.IoasHuge => DrawIoasOp(op),
        >= Op.HwptAlloc and <= Op.HwptDirty => DrawHwptOp(op),
        _ => DrawVfioOp(op),
    };

    /// <summary>A device that reaches some area.</summary>
    private int? Reaching() =>
        dice.Where(state.Devices.Length, d => state.MemoryOf(d) is { Live.Count: > 0 });

    /// <summary>What the kernel itself maps for a driver, in the default domain.</summary>
    public Command DrawKernelMapping(Op op)
    {
        var group = dice.Below(state.Groups.Length);
        var domain = DomainRef.DefaultOf(new GroupId(group));
        var own = state.Groups[group].DefaultMemory;
        var ladder = place.LadderOf(place.DevicesOf(group)[0].Index);
        if (op == Op.Unmap)
        {
            var (iova, size) = areas.ForUnmap(ladder, own, own);
            return Make.Unmap(op, domain, iova, size);
        }

        var area = areas.ForMap(ladder, own, AnyAreas());
        var size2 = Math.Min(area.Size, place.Memory.PageSize * 4);
        var at = place.Memory.PaOf(new MemoryOffset(area.Pa)).Value;
        return Make.Map(domain, new MappedRange(area.Iova, at, size2), ReadWrite);
    }

    private Command DrawDeviceOp(Op op)
    {
        switch (op)
        {
            case Op.FdBind:
                var context = Context();
                var free = dice.Where(state.Devices.Length, d => state.CanBind(d, context));
                var any = dice.Below(state.Devices.Length);
                return ClientMake.Bind(free is { } index && dice.Percent(85) ? index : any, context);
            case Op.FdAttach:
                return DrawAttach(Device(static d => d.Context >= 0));
            case Op.FdDetach:
                return Make.OnA(op, Device(static d => d.On is not null));
            default:
                return Make.OnA(op, Device(static d => d.Context >= 0));
        }
    }

    /// <summary>To an IOAS or a HWPT of the device's context, mostly.</summary>
    public Command DrawAttach(int device)
    {
        var any = dice.Percent(12);
        var known = dice.Where(
            2 * ClientState.Slots,
            t => state.Knows(device, Table(t)) && (any || state.Fits(device, Table(t))));
        return ClientMake.Attach(
            known is { } table && dice.Percent(92) ? Table(table) : Table(dice.Below(2 * ClientState.Slots)),
            device);
    }

    private static PageTableRef Table(int number) => number < ClientState.Slots
        ? PageTableRef.Ioas(number)
        : PageTableRef.Hwpt(number - ClientState.Slots);

    private Command DrawIoasOp(Op op)
    {
        var ioas = AnyIoas();
        var space = AddressSpaceRef.Ioas(ioas);
        switch (op)
        {
            case Op.IoasAlloc:
                return ClientMake.IoasAlloc(FreeIoas(), Context());
            case Op.IoasDestroy:
                var free = dice.Where(ClientState.Slots, i => state.Ioas[i].Alive && !state.IsUsed(i));
                return Make.OnA(op, free ?? ioas);
            case Op.IoasMap:
                return DrawMap(space);
            case Op.IoasMapAuto:
                return DrawMapAuto(ioas);
            case Op.IoasCopy:
                return DrawCopy(ioas, Ioas(state.Ioas[ioas].Context));
            case Op.IoasUnmap:
                return DrawUnmap(space);
            case Op.IoasAllow:
                return DrawAllow(ioas);
            case Op.IoasHuge:
                return ClientMake.Switch(op, ioas, dice.Percent(50));
            default:
                return Make.OnA(op, ioas);
        }
    }

    public Command DrawMapAuto(int ioas)
    {
        var (memory, size) = areas.ForMapAuto(LadderOf(AddressSpaceRef.Ioas(ioas)));
        return ClientMake.MapAuto(ioas, memory, size, DrawProt());
    }

    /// <summary>All or a part of an area of one IOAS into another.</summary>
    public Command DrawCopy(int to, int from)
    {
        var source = state.Ioas[from].Memory;
        if (source.Live.Count == 0)
        {
            var area = DrawArea(AddressSpaceRef.Ioas(from));
            return ClientMake.Copy(to, from, area.Iova, area.Iova, area.Size, ReadWrite);
        }

        var whole = dice.Pick(source.Live);
        var pages = Math.Max(whole.Size / place.Memory.PageSize, 1);
        var skip = dice.Percent(70) ? 0 : dice.Below(pages);
        var count = dice.Percent(70) ? pages - skip : 1 + dice.Below(pages - skip);
        var size = count * place.Memory.PageSize;
        var space = AddressSpaceRef.Ioas(to);
        var iova = areas.At(LadderOf(space), MemoryOf(space), source, size);
        var begin = whole.Iova + (skip * place.Memory.PageSize);
        return ClientMake.Copy(to, from, iova, begin, size, dice.Percent(80) ? ReadWrite : DrawProt());
    }

    private Command DrawAllow(int ioas)
    {
        if (dice.Percent(25))
        {
            return ClientMake.Allow(ioas, 0, 0);
        }

        var area = DrawArea(AddressSpaceRef.Ioas(ioas));
        return ClientMake.Allow(ioas, area.Iova, area.Size << dice.Below(8));
    }

    private Command DrawHwptOp(Op op)
    {
        if (op == Op.HwptAlloc)
        {
            var device = Device(static d => d.Context >= 0);
            var parent = PageTableRef.Ioas(Ioas(state.Devices[device].Context));
            return ClientMake.HwptAlloc(FreeHwpt(), device, parent, DrawFlags());
        }

        var alive = dice.Where(
            ClientState.Slots,
            h => state.Hwpts[h].Alive && (op == Op.HwptDirty || !state.IsAttached(PageTableRef.Hwpt(h))));
        var hwpt = alive ?? dice.Below(ClientState.Slots);
        return op == Op.HwptDirty
            ? ClientMake.Switch(op, hwpt, dice.Percent(60))
            : Make.OnA(op, hwpt);
    }

    private Command DrawVfioOp(Op op)
    {
        var inUse = dice.Where(containers, c => state.Containers[c].Version != 0) ?? Container();
        var space = AddressSpaceRef.Container(inUse);
        return op switch
        {
            Op.VfioSetContainer => ClientMake.SetContainer(
                Container(), Group(g => !state.IsOwned(g) && !state.IsBound(g))),
            Op.VfioUnsetContainer => Make.OnA(op, Group(g => state.Groups[g].Container >= 0)),
            Op.VfioSetIommu => ClientMake.SetIommu(
                dice.Where(containers, c => state.GroupsIn(c) > 0 && state.Containers[c].Version == 0)
                    ?? Container(),
                dice.Percent(35) ? 1 : 2),
            Op.VfioOpen => Make.OnA(op, dice.Where(
                state.Devices.Length,
                d => state.GroupOf(d).Container >= 0 && !state.Devices[d].VfioOpen) ?? 0),
            Op.VfioClose => Make.OnA(op, Device(static d => d.VfioOpen)),
            Op.VfioMap => DrawMap(space),
            Op.VfioUnmap => DrawUnmap(space),
            _ => ClientMake.UnmapAll(space),
        };
    }
}
