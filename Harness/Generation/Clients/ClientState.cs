using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>
/// What a scenario of clients has probably brought about so far. As with <see cref="LightState"/> nothing
/// depends on its being right; it knows the checks that a client meets, and no errors of drivers.
/// </summary>
internal sealed partial class ClientState
{
    /// <summary>IOAS and HWPT names a scenario uses, of each kind, so that they are used again.</summary>
    public const int Slots = 6;

    private readonly ClientPlace place;
    private readonly bool[] started;

    public ClientState(ClientPlace place)
    {
        this.place = place;
        started = new bool[place.Topology.Instances.Length];
        Devices = New<HeldDevice>(place.Topology.Devices.Length);
        Groups = New<HeldGroup>(place.Topology.GroupCount);
        Ioas = New<IoasGuess>(Slots);
        Hwpts = New<HwptGuess>(Slots);
        Containers = New<ContainerGuess>(ClientLimits.Containers);
    }

    public HeldDevice[] Devices { get; }

    public HeldGroup[] Groups { get; }

    public IoasGuess[] Ioas { get; }

    public HwptGuess[] Hwpts { get; }

    public ContainerGuess[] Containers { get; }

    public HeldGroup GroupOf(int device) => Groups[place.GroupOf(device)];

    /// <summary>Does a client hold the group of a device?</summary>
    public bool IsOwned(int group) => Groups[group].Container >= 0 || ContextOf(group) >= 0;

    /// <summary>The iommufd context that owns a group, -1 for none.</summary>
    public int ContextOf(int group)
    {
        foreach (var member in place.DevicesOf(group))
        {
            if (Devices[member.Index].Context >= 0)
            {
                return Devices[member.Index].Context;
            }
        }

        return -1;
    }

    /// <summary>Is a kernel driver bound to a device of the group?</summary>
    public bool IsBound(int group) => place.DevicesOf(group).Any(d => Devices[d.Index].Bound > 0);

    /// <summary>What the devices of a group in iommufd are attached to.</summary>
    public PageTableRef? TableOf(int group)
    {
        foreach (var member in place.DevicesOf(group))
        {
            if (Devices[member.Index].On is { } table)
            {
                return table;
            }
        }

        return null;
    }

    /// <summary>The areas a device reaches, null when it is attached to nothing of a client.</summary>
    public DomainMemory? MemoryOf(int device)
    {
        var group = place.GroupOf(device);
        if (Groups[group].Container is >= 0 and var container)
        {
            return Containers[container].Version != 0 ? Containers[container].Memory : null;
        }

        return TableOf(group) is { } table ? Ioas[IoasOf(table)].Memory : null;
    }

    /// <summary>The IOAS whose areas a table holds.</summary>
    public int IoasOf(PageTableRef table) =>
        Math.Min(table.IsHwpt ? Hwpts[Math.Min(table.Index, Slots - 1)].Ioas : table.Index, Slots - 1);

    public bool IsAttached(PageTableRef table) => Array.Exists(Devices, d => d.On == table);

    /// <summary>Brings the guess up to date; every command counts, drawn or planned.</summary>
    public void Apply(in Command command)
    {
        switch (command.Op)
        {
            case >= Op.FdBind and <= Op.FdDetach:
                ApplyDevice(command);
                break;
            case >= Op.IoasAlloc and <= Op.IoasHuge:
                ApplyIoas(command);
                break;
            case Op.HwptAlloc or Op.HwptDestroy:
                ApplyHwpt(command);
                break;
            case >= Op.VfioSetContainer and <= Op.VfioUnmapAll:
                ApplyVfio(command);
                break;
            default:
                ApplyKernel(command);
                break;
        }
    }

    private static T[] New<T>(int count)
        where T : new() => [.. Enumerable.Range(0, count).Select(static _ => new T())];

    private void ApplyKernel(in Command command)
    {
        switch (command.Op)
        {
            case Op.Register:
                started[command.A] = true;
                for (var d = 0; d < Devices.Length; d++)
                {
                    var spec = place.Topology.Devices[d];
                    Devices[d].Present |= spec.ColdPlug && spec.Instance.Index == command.A && CanProbe(d);
                }

                break;
            case Op.Probe:
                Devices[command.A].Present |= CanProbe(command.A);
                break;
            case Op.Release when !Devices[command.A].IsHeld:
                (Devices[command.A].Present, Devices[command.A].Bound) = (false, 0);
                break;
            case Op.Bind when !IsOwned(place.GroupOf(command.A)) && Devices[command.A].Present:
                Devices[command.A].Bound++;
                break;
            case Op.Unbind when Devices[command.A].Bound > 0:
                Devices[command.A].Bound--;
                break;
            case Op.SetType when !IsOwned(command.A) && !IsBound(command.A):
                Groups[command.A].Type = (TypeRequest)command.Extra;
                Groups[command.A].DefaultMemory.Clear();
                break;
            case Op.Map when command.Domain.Role == DomainRole.Default:
                Groups[command.Domain.Index].DefaultMemory
                    .Map(new MappedRange(command.Iova, command.Pa, command.Size));
                break;
            case Op.Unmap when command.Domain.Role == DomainRole.Default:
                Groups[command.Domain.Index].DefaultMemory.Unmap(command.Iova, command.Size);
                break;
            default:
                break;
        }
    }

    private bool CanProbe(int device) =>
        Array.TrueForAll([.. place.Topology.Devices[device].Requesters], r => started[r.Instance.Index]);
}
