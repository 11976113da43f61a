using Conformance.Model.Clients;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>What commands of iommufd probably do (core.md 7).</summary>
internal sealed partial class ClientState
{
    /// <summary>Can a device be bound to a context? Its group must be free, or there already.</summary>
    public bool CanBind(int device, int context)
    {
        var group = place.GroupOf(device);
        var holder = ContextOf(group);
        return Devices[device] is { Present: true, IsHeld: false, Bound: 0 }
            && Groups[group].Container < 0 && !IsBound(group) && (holder < 0 || holder == context);
    }

    /// <summary>Does the context of a device know a table?</summary>
    public bool Knows(int device, PageTableRef table) =>
        table.Index < Slots
        && (table.IsHwpt ? Hwpts[table.Index].Alive : Ioas[table.Index].Alive)
        && Ioas[IoasOf(table)].Context == Devices[device].Context;

    /// <summary>No area of a table lies where the device must not go.</summary>
    public bool Fits(int device, PageTableRef table) =>
        !Ioas[IoasOf(table)].Memory.Live.Exists(area => place.Conflicts(device, area));

    /// <summary>An IOAS that somebody needs cannot be destroyed.</summary>
    public bool IsUsed(int ioas) =>
        Array.Exists(Hwpts, h => h.Alive && h.Ioas == ioas) || IsAttached(PageTableRef.Ioas(ioas));

    private void ApplyDevice(in Command command)
    {
        var index = command.Op == Op.FdAttach ? command.B : command.A;
        var device = Devices[index];
        switch (command.Op)
        {
            case Op.FdBind when CanBind(index, command.B):
                device.Context = command.B;
                break;
            case Op.FdUnbind:
                (device.Context, device.On) = (-1, null);
                break;
            case Op.FdDetach:
                device.On = null;
                break;
            case Op.FdAttach when device.Context >= 0 && Knows(index, command.Table)
                && Fits(index, command.Table):
                Attach(index, command.Table);
                break;
            default:
                break;
        }
    }

    /// <summary>A replace moves all attached devices of the group; a first attach must agree.</summary>
    private void Attach(int index, PageTableRef table)
    {
        var isReplace = Devices[index].On is not null;
        var group = place.GroupOf(index);
        if (!isReplace && TableOf(group) is { } now && now != table)
        {
            return;
        }

        Devices[index].On = table;
        foreach (var member in place.DevicesOf(group))
        {
            if (isReplace && Devices[member.Index].On is not null)
            {
                Devices[member.Index].On = table;
            }
        }
    }

    private void ApplyIoas(in Command command)
    {
        if (command.A >= Slots)
        {
            return;
        }

        var ioas = Ioas[command.A];
        if (command.Op == Op.IoasAlloc && !ioas.Alive)
        {
            (ioas.Alive, ioas.Context) = (true, command.B);
            ioas.Memory.Clear();
        }
        else if (ioas.Alive)
        {
            ApplyAreas(command, ioas);
        }
    }

    private void ApplyAreas(in Command command, IoasGuess ioas)
    {
        switch (command.Op)
        {
            case Op.IoasDestroy when !IsUsed(command.A):
                ioas.Alive = false;
                break;
            case Op.IoasMap:
                Map(ioas.Memory, command.Iova, command.Memory, command.Size, command.Prot);
                break;
            case Op.IoasMapAuto:
                var iova = FirstFit(ioas.Memory, command.Size);
                Map(ioas.Memory, iova, command.Memory, command.Size, command.Prot);
                break;
            case Op.IoasCopy when command.B < Slots && Ioas[command.B].Alive:
                if (Ioas[command.B].Memory.Holding(command.Pa, command.Size) is { } from)
                {
                    var memory = new MemoryOffset(from.Pa + (command.Pa - from.Iova));
                    Map(ioas.Memory, command.Iova, memory, command.Size, command.Prot);
                }

                break;
            case Op.IoasUnmap:
                ioas.Memory.Unmap(command.Iova, command.Size);
                break;
            case Op.IoasUnmapAll:
                ioas.Memory.UnmapAll();
                break;
            default:
                break;
        }
    }

    private void Map(DomainMemory areas, ulong iova, MemoryOffset memory, ulong size, Prot prot)
    {
        var aligned = ((iova | size | memory.Value) & (place.Memory.PageSize - 1)) == 0;
        if (aligned && prot != Prot.None && place.Memory.Holds(memory, size) && iova + size > iova
            && !areas.Overlaps(iova, size))
        {
            areas.Map(new MappedRange(iova, memory.Value, size));
        }
    }

    /// <summary>
    /// Roughly where the kernel places an area: the lowest hole above the first page (io_pagetable.c:
    /// iopt_alloc_iova aligns more for large ones).
    /// </summary>
    private ulong FirstFit(DomainMemory areas, ulong size)
    {
        var at = place.Memory.PageSize;
        foreach (var range in areas.Live.OrderBy(r => r.Iova))
        {
            if (range.Iova >= at && range.Iova - at >= size)
            {
                break;
            }

            at = Math.Max(at, (range.End + place.Memory.PageSize - 1) & ~(place.Memory.PageSize - 1));
        }

        return at;
    }

    private void ApplyHwpt(in Command command)
    {
        if (command.A >= Slots)
        {
            return;
        }

        var hwpt = Hwpts[command.A];
        var parent = command.Parent;
        if (command.Op == Op.HwptAlloc && !hwpt.Alive && !parent.IsHwpt && parent.Index < Slots
            && Devices[command.B].Context >= 0 && Knows(command.B, parent)
            && place.Accepts(command.B, command.HwptFlags))
        {
            (hwpt.Alive, hwpt.Ioas, hwpt.MadeFor) = (true, parent.Index, command.B);
            hwpt.Flags = command.HwptFlags;
        }
        else if (command.Op == Op.HwptDestroy && !IsAttached(PageTableRef.Hwpt(command.A)))
        {
            hwpt.Alive = false;
        }
    }
}
