using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// What a scenario has probably brought about so far: enough that the arguments of the next command mostly
/// exist. It knows no driver errors and no era rules, so it may be wrong; nothing depends on it being right.
/// </summary>
internal sealed class LightState
{
    /// <summary>Slots a scenario uses, so that names collide.</summary>
    public const int Slots = 8;

    private readonly Topology topology;

    public LightState(Topology topology)
    {
        this.topology = topology;
        Started = new bool[topology.Instances.Length];
        Devices = new DeviceGuess[topology.Devices.Length];
        Groups = new GroupGuess[topology.GroupCount];
        for (var g = 0; g < Groups.Length; g++)
        {
            Groups[g] = new GroupGuess();
        }

        for (var s = 0; s < Slots; s++)
        {
            SlotGuesses[s] = new SlotGuess();
        }
    }

    public bool[] Started { get; }

    public DeviceGuess[] Devices { get; }

    public GroupGuess[] Groups { get; }

    public SlotGuess[] SlotGuesses { get; } = new SlotGuess[Slots];

    public List<PasidGuess> Pasids { get; } = [];

    public GroupGuess GroupOfDevice(int device) => Groups[topology.GroupOf(new DeviceId(device)).Index];

    public bool IsAttached(int slot) =>
        Array.Exists(Groups, g => g.Slot == slot) || Pasids.Exists(p => p.Slot == slot);

    /// <summary>The memory of a domain that can probably be mapped, else null.</summary>
    public DomainMemory? MemoryOf(DomainRef domain) => domain.Role switch
    {
        DomainRole.Slot when domain.Index < Slots && SlotGuesses[domain.Index].Allocated =>
            SlotGuesses[domain.Index].Memory,
        DomainRole.Default => Groups[domain.Index].DefaultMemory,
        _ => null,
    };

    /// <summary>
    /// The domain that a group's devices reach through now: what the user attached, or the default.
    /// </summary>
    public DomainRef CurrentOf(int group) => Groups[group].Slot >= 0
        ? DomainRef.Slot(Groups[group].Slot)
        : DomainRef.DefaultOf(new GroupId(group));

    /// <summary>Brings the guess up to date; every command counts, drawn or planned.</summary>
    public void Apply(in Command command)
    {
        switch (command.Op)
        {
            case Op.Register or Op.Probe or Op.Release or Op.ResetPrepare or Op.ResetDone:
                ApplyDevice(command);
                break;
            case Op.Bind or Op.Unbind or Op.ClaimGroup or Op.ClaimDevice
                or Op.ReleaseGroupOwner or Op.ReleaseDeviceOwner:
                ApplyOwnership(command);
                break;
            case Op.Alloc or Op.Free:
                ApplySlot(command);
                break;
            case Op.AttachPasid or Op.ReplacePasid or Op.DetachPasid:
                ApplyPasid(command);
                break;
            case Op.Map or Op.Unmap or Op.UnmapFast or Op.Sync or Op.FlushAll or Op.SetType:
                ApplyMemory(command);
                break;
            default:
                ApplyAttach(command);
                break;
        }
    }

    private void ApplyDevice(in Command command)
    {
        if (command.Op == Op.Register)
        {
            Started[command.A] = true;
            for (var d = 0; d < Devices.Length; d++)
            {
                var spec = topology.Devices[d];
                Devices[d].Present |= spec.ColdPlug && spec.Instance.Index == command.A && CanProbe(d);
            }

            return;
        }

        ref var device = ref Devices[command.A];
        switch (command.Op)
        {
            case Op.Probe:
                device.Present |= CanProbe(command.A);
                break;
            case Op.Release:
                device = default;
                ForgetEmptyGroup(command.A);
                break;
            case Op.ResetPrepare:
                device.Staged++;
                break;
            default:
                device.Staged = Math.Max(0, device.Staged - 1);
                break;
        }
    }

    private bool CanProbe(int device)
    {
        foreach (var requester in topology.Devices[device].Requesters)
        {
            if (!Started[requester.Instance.Index])
            {
                return false;
            }
        }

        return true;
    }

    private void ForgetEmptyGroup(int device)
    {
        var group = topology.GroupOf(new DeviceId(device));
        foreach (var member in topology.DevicesOf(group))
        {
            if (Devices[member.Index].Present)
            {
                return;
            }
        }

        Groups[group.Index].Empty();
        Pasids.RemoveAll(p => p.Group == group.Index);
    }

    private void ApplyOwnership(in Command command)
    {
        var byDevice = command.Op is Op.ClaimDevice;
        var index = command.Op switch
        {
            Op.ClaimGroup => command.B,
            Op.ReleaseGroupOwner => command.A,
            _ => topology.GroupOf(new DeviceId(byDevice ? command.B : command.A)).Index,
        };
        var group = Groups[index];
        switch (command.Op)
        {
            case Op.Bind when group.Owner == 0:
                Devices[command.A].Bound++;
                group.Count++;
                break;
            case Op.Unbind when Devices[command.A].Bound > 0:
                Devices[command.A].Bound--;
                group.Count--;
                break;
            case Op.ClaimGroup or Op.ClaimDevice when command.A != 0 && group.Count == 0 && group.Slot < 0:
                (group.Owner, group.Count) = (command.A, 1);
                break;
            case Op.ClaimDevice when group.Owner == command.A && group.Owner != 0:
                group.Count++;
                break;
            case Op.ReleaseDeviceOwner when group.Owner != 0 && group.Count > 1:
                group.Count--;
                break;
            case Op.ReleaseDeviceOwner or Op.ReleaseGroupOwner when group.Owner != 0:
                (group.Owner, group.Count, group.Slot) = (0, 0, -1);
                break;
            default:
                break;
        }
    }

    private void ApplySlot(in Command command)
    {
        if (command.Domain.Index >= Slots)
        {
            return;
        }

        var slot = SlotGuesses[command.Domain.Index];
        if (command.Op == Op.Alloc && !slot.Allocated && Devices[command.B].Present)
        {
            slot.Allocated = true;
            slot.MadeFor = command.B;
            slot.Flags = (AllocFlags)command.Extra;
            slot.Memory.Clear();
        }
        else if (command.Op == Op.Free && !IsAttached(command.Domain.Index))
        {
            slot.Allocated = false;
        }
    }

    private void ApplyAttach(in Command command)
    {
        var index = command.Op switch
        {
            Op.AttachGroup or Op.AttachHandle or Op.Replace or Op.DetachGroup or Op.DetachHandle => command.B,
            Op.AttachDevice or Op.DetachDevice => topology.GroupOf(new DeviceId(command.B)).Index,
            _ => -1,
        };
        if (index < 0)
        {
            return;
        }

        var group = Groups[index];
        if (command.Op is Op.DetachGroup or Op.DetachHandle or Op.DetachDevice)
        {
            group.Slot = -1;
            return;
        }

        var domain = command.Domain;
        var usable = domain.Role == DomainRole.Slot && domain.Index < Slots
            && SlotGuesses[domain.Index].Allocated;
        if (usable && (group.Slot < 0 || command.Op == Op.Replace))
        {
            group.Slot = domain.Index;
            group.ByHandle = command.Op is Op.AttachHandle;
        }
    }

    private void ApplyPasid(in Command command)
    {
        var group = topology.GroupOf(new DeviceId(command.B)).Index;
        var pasid = command.Extra;
        if (command.Op != Op.AttachPasid)
        {
            Pasids.RemoveAll(p => p.Group == group && p.Pasid == pasid);
        }

        var taken = Pasids.Exists(p => p.Group == group && p.Pasid == pasid);
        if (command.Op != Op.DetachPasid && !taken && command.Domain.Role == DomainRole.Slot)
        {
            Pasids.Add(new PasidGuess(group, command.B, pasid, command.Domain.Index));
        }
    }

    private void ApplyMemory(in Command command)
    {
        if (command.Op == Op.SetType)
        {
            Groups[command.A].DefaultMemory.Clear();
            return;
        }

        if (MemoryOf(command.Domain) is not { } memory)
        {
            return;
        }

        switch (command.Op)
        {
            case Op.Map:
                memory.Map(new MappedRange(command.Iova, command.Pa, command.Size));
                break;
            case Op.Unmap or Op.UnmapFast:
                memory.Unmap(command.Iova, command.Size);
                memory.Pending |= command.Op == Op.UnmapFast;
                break;
            default:
                memory.Pending = false;
                break;
        }
    }
}
