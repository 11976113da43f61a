using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>Draws the operands of one command against the light state.</summary>
internal sealed class CommandDrawer
{
    private static readonly Errno[] FaultErrnos =
    [
        Errno.ENOMEM, Errno.ENOMEM, Errno.ENOMEM, Errno.ENODEV,
        Errno.ENOSPC, Errno.EBUSY, Errno.EIO, Errno.EINVAL,
    ];

    private static readonly Prot[] OddProts =
    [
        Prot.Read | Prot.Write | Prot.Cache, Prot.Read | Prot.NoExec, Prot.Read | Prot.Write | Prot.Mmio,
        Prot.Read | Prot.Write | Prot.Priv, Prot.Write | Prot.Cache | Prot.NoExec,
        Prot.Read | Prot.Write | Prot.Cache | Prot.NoExec | Prot.Priv, Prot.Cache,
    ];

    private static readonly AllocFlags[] OddFlags =
    [
        AllocFlags.Pasid, AllocFlags.Pasid, AllocFlags.DirtyTracking, AllocFlags.NestParent,
        AllocFlags.NestParent | AllocFlags.DirtyTracking, AllocFlags.Pasid | AllocFlags.NestParent,
    ];

    private readonly Dice dice;
    private readonly Topology topology;
    private readonly LightState state;
    private readonly RangeDrawer ranges;
    private readonly DriverProfile[] profiles;
    private readonly Dictionary<(int Unit, DomainType Type, AllocFlags Flags), PageLadder> ladders = [];
    private readonly int slots;
    private readonly int owners;

    public CommandDrawer(Dice dice, Topology topology, DriverBook book, LightState state)
    {
        this.dice = dice;
        this.topology = topology;
        this.state = state;
        ranges = new RangeDrawer(dice, topology);
        profiles =
        [
            .. Enumerable.Range(0, topology.Instances.Length)
                .Select(i => book.ProfileIn(topology, new InstanceId(i))),
        ];
        slots = 2 + dice.Below(LightState.Slots - 1);
        owners = 1 + dice.Below(2);
    }

    private int DeviceCount => topology.Devices.Length;

    /// <summary>
    /// A command of an operation; while no slot is allocated mostly an allocation in place of one that needs
    /// a slot.
    /// </summary>
    public Command Draw(Op op) =>
        NeedsSlot(op) && !state.SlotGuesses.Any(static s => s.Allocated) && dice.Percent(75)
            ? DrawAlloc()
            : DrawNow(op);

    private static bool NeedsSlot(Op op) => op is Op.AttachGroup or Op.AttachDevice or Op.AttachHandle
        or Op.Replace or Op.AttachPasid or Op.Free;

    private Command DrawNow(Op op) => op switch
    {
        Op.Register => Make.OnA(op, dice.Below(topology.Instances.Length)),
        Op.Probe => Make.OnA(op, Device(d => !state.Devices[d].Present)),
        Op.Release or Op.Bind => Make.OnA(op, PresentDevice()),
        Op.Unbind => Make.OnA(op, Device(d => state.Devices[d].Bound > 0)),
        Op.Alloc => DrawAlloc(),
        Op.Free => Make.OnA(op, DomainRef.Slot(Slot(s => !state.IsAttached(s))).Packed),
        Op.AttachDevice => DrawAttachDevice(),
        Op.AttachGroup or Op.AttachHandle => DrawAttach(op, Group(g => g.Slot < 0)),
        Op.Replace => DrawAttach(op, Group(static g => g.Owner != 0)),
        Op.DetachDevice => DrawDetachDevice(),
        Op.DetachGroup => DrawDetach(op, static g => g.Slot >= 0),
        Op.DetachHandle => DrawDetach(op, static g => g is { Slot: >= 0, ByHandle: true }),
        Op.ClaimGroup => Make.Claim(op, Owner(), Group(static g => g.Count == 0)),
        Op.ClaimDevice => Make.Claim(op, Owner(), PresentDevice()),
        Op.ReleaseGroupOwner => Make.OnA(op, Group(static g => g.Owner != 0)),
        Op.ReleaseDeviceOwner => Make.OnA(op, Device(d => state.GroupOfDevice(d).Owner != 0)),
        Op.SetType => Make.SetType(Group(static g => g.Count == 0), (TypeRequest)dice.Below(4)),
        Op.Map => DrawMap(MapDomain()),
        Op.Unmap or Op.UnmapFast => DrawUnmap(op, UnmapDomain()),
        Op.Sync or Op.FlushAll => Make.OnDomain(op, PendingDomain()),
        Op.IovaToPhys => DrawIovaToPhys(MapDomain()),
        Op.DeferredAttach => Make.OnA(op, Device(d => topology.Devices[d].Deferred)),
        Op.AttachPasid or Op.ReplacePasid or Op.DetachPasid => DrawPasid(op),
        Op.ResetPrepare => Make.OnA(op, Device(d => state.Devices[d].Present && topology.Devices[d].Ats)),
        Op.ResetDone => Make.OnA(op, Device(d => state.Devices[d].Staged > 0)),
        Op.Dma => DrawDma(PresentDevice()),
        Op.FailAttach => Make.FailAttach(PresentDevice(), dice.Weighted([70, 20, 10]), DrawErrno()),
        Op.FailMap => Make.FailMap(dice.Weighted([60, 20, 10, 10]), DrawErrno()),
        _ => Make.FailAlloc(dice.Percent(80) ? Errno.ENOMEM : DrawErrno()),
    };

    public Errno DrawErrno() => dice.Pick<Errno>(FaultErrnos);

    public int PresentDevice() => Device(d => state.Devices[d].Present);

    /// <summary>A device that a test accepts, else any.</summary>
    public int Device(Func<int, bool> accepts) => dice.Where(DeviceCount, accepts) ?? dice.Below(DeviceCount);

    /// <summary>A group that a test accepts, else any.</summary>
    public int Group(Func<GroupGuess, bool> accepts) =>
        dice.Where(topology.GroupCount, g => accepts(state.Groups[g])) ?? dice.Below(topology.GroupCount);

    public int Owner() => 1 + dice.Below(owners);

    public int DeviceOf(int group) => dice.Pick(topology.DevicesOf(new GroupId(group))).Index;

    public int FreeSlot() => dice.Where(slots, s => !state.SlotGuesses[s].Allocated) ?? dice.Below(slots);

    /// <summary>A slot whose domain the group's devices can probably use; null when there is none.</summary>
    public int? SlotFor(int group)
    {
        var unit = topology.Devices[DeviceOf(group)].Instance.Index;
        return dice.Where(slots, s => state.SlotGuesses[s].Allocated && UnitOf(s) == unit)
            ?? dice.Where(slots, s => state.SlotGuesses[s].Allocated && IsSameDriver(UnitOf(s), unit));
    }

    /// <summary>The sizes and ends of the tables that a domain has, whoever made it.</summary>
    public PageLadder LadderOf(DomainRef domain) => domain.Role switch
    {
        DomainRole.Slot when domain.Index < LightState.Slots =>
            Ladder(UnitOf(domain.Index), DomainType.Unmanaged, state.SlotGuesses[domain.Index].Flags),
        DomainRole.Default or DomainRole.Blocking => Ladder(
            topology.Devices[topology.DevicesOf(new GroupId(domain.Index))[0].Index].Instance.Index,
            DomainType.Dma,
            AllocFlags.None),
        DomainRole.Identity or DomainRole.Blocked => Ladder(domain.Index, DomainType.Dma, AllocFlags.None),
        _ => Ladder(0, DomainType.Unmanaged, AllocFlags.None),
    };

    public Command DrawMap(DomainRef domain) => Make.Map(
        domain, ranges.ForMap(LadderOf(domain), MemoryOrOther(domain), OtherMemory()), DrawProt());

    public Command DrawUnmap(Op op, DomainRef domain)
    {
        var (iova, size) = ranges.ForUnmap(LadderOf(domain), MemoryOrOther(domain), OtherMemory());
        return Make.Unmap(op, domain, iova, size);
    }

    public Command DrawIovaToPhys(DomainRef domain) =>
        Make.IovaToPhys(domain, ranges.ForProbe(LadderOf(domain), MemoryOrOther(domain)));

    /// <summary>An access of a device, mostly in or beside what its group reaches.</summary>
    public Command DrawDma(int device)
    {
        var group = topology.GroupOf(new DeviceId(device)).Index;
        var domain = state.CurrentOf(group);
        var pasid = 0U;
        if (state.Pasids.Count > 0 && dice.Percent(40))
        {
            var guess = dice.Pick(state.Pasids);
            (device, pasid, domain) = (guess.Device, guess.Pasid, DomainRef.Slot(guess.Slot));
        }

        var requester = dice.Below(topology.Devices[device].Requesters.Length);
        var access = dice.Percent(50) ? DmaAccess.Read : DmaAccess.Write;
        var iova = ranges.ForProbe(LadderOf(domain), MemoryOrOther(domain));
        return Make.Dma(device, requester, iova, access, pasid);
    }

    public uint DrawPasidNumber(int device)
    {
        var most = Math.Max(topology.Devices[device].MaxPasids, 2);
        return dice.Percent(75)
            ? 1 + (uint)dice.Below((int)Math.Min(most - 1, 3))
            : most - (uint)dice.Below(2);
    }

    public Command DrawAlloc()
    {
        var device = PresentDevice();
        var flags = dice.Percent(topology.Devices[device].MaxPasids > 0 ? 40 : 12)
            ? dice.Pick<AllocFlags>(OddFlags)
            : AllocFlags.None;
        return Make.Alloc(FreeSlot(), device, flags);
    }

    public Command DrawAttach(Op op, int group) => Make.OnDomain(op, AttachDomain(group), group);

    private Prot DrawProt() => dice.Weighted([58, 15, 13, 12, 2]) switch
    {
        0 => Prot.Read | Prot.Write,
        1 => Prot.Read,
        2 => Prot.Write,
        3 => dice.Pick<Prot>(OddProts),
        _ => Prot.None,
    };

    private int UnitOf(int slot) => topology.Devices[state.SlotGuesses[slot].MadeFor].Instance.Index;

    private PageLadder Ladder(int unit, DomainType type, AllocFlags flags)
    {
        if (!ladders.TryGetValue((unit, type, flags), out var ladder))
        {
            var profile = profiles[unit];
            ladder = new PageLadder(profile.ForDomain?.Invoke(type, flags) ?? profile);
            ladders.Add((unit, type, flags), ladder);
        }

        return ladder;
    }

    private bool IsSameDriver(int one, int two) => string.Equals(
        topology.Instances[one].Driver, topology.Instances[two].Driver, StringComparison.Ordinal);

    /// <summary>An allocated slot that a test accepts, else any allocated one, else any.</summary>
    private int Slot(Func<int, bool> accepts) =>
        dice.Where(slots, s => state.SlotGuesses[s].Allocated && accepts(s))
        ?? dice.Where(slots, s => state.SlotGuesses[s].Allocated)
        ?? dice.Below(slots);

    private DomainRef AttachDomain(int group)
    {
        var unit = topology.Devices[DeviceOf(group)].Instance;
        return dice.Weighted([84, 6, 4, 2, 2, 2]) switch
        {
            0 => DomainRef.Slot(SlotFor(group) ?? dice.Below(slots)),
            1 => DomainRef.Slot(Slot(static _ => true)),
            2 => DomainRef.DefaultOf(new GroupId(group)),
            3 => DomainRef.BlockingOf(new GroupId(group)),
            4 => DomainRef.IdentityOf(unit),
            _ => DomainRef.BlockedOf(unit),
        };
    }

    /// <summary>A domain with something to unmap, mostly.</summary>
    private DomainRef UnmapDomain()
    {
        var slot = dice.Where(
            slots, s => state.SlotGuesses[s] is { Allocated: true, Memory.Live.Count: > 0 });
        var group = dice.Where(topology.GroupCount, g => state.Groups[g].DefaultMemory.Live.Count > 0);
        return dice.Weighted([60, 25, 15]) switch
        {
            0 when slot is { } s => DomainRef.Slot(s),
            <= 1 when group is { } g => DomainRef.DefaultOf(new GroupId(g)),
            _ => MapDomain(),
        };
    }

    private DomainRef MapDomain()
    {
        var group = dice.Below(topology.GroupCount);
        var unit = new InstanceId(dice.Below(topology.Instances.Length));
        return dice.Weighted([52, 25, 16, 3, 2, 2]) switch
        {
            0 when state.SlotGuesses.Any(static s => s.Allocated) => DomainRef.Slot(Slot(static _ => true)),
            0 or 1 => state.CurrentOf(Group(static g => g.Slot >= 0)),
            2 => DomainRef.DefaultOf(new GroupId(group)),
            3 => DomainRef.BlockingOf(new GroupId(group)),
            4 => DomainRef.IdentityOf(unit),
            _ => DomainRef.BlockedOf(unit),
        };
    }

    private DomainRef PendingDomain()
    {
        var slot = dice.Where(slots, s => state.SlotGuesses[s] is { Allocated: true, Memory.Pending: true });
        var group = dice.Where(topology.GroupCount, g => state.Groups[g].DefaultMemory.Pending);
        return (slot, group) switch
        {
            ({ } s, _) => DomainRef.Slot(s),
            (_, { } g) => DomainRef.DefaultOf(new GroupId(g)),
            _ => MapDomain(),
        };
    }

    private DomainMemory MemoryOrOther(DomainRef domain) => state.MemoryOf(domain) ?? OtherMemory();

    private DomainMemory OtherMemory() => dice.Percent(70)
        ? state.SlotGuesses[dice.Below(slots)].Memory
        : state.Groups[dice.Below(topology.GroupCount)].DefaultMemory;

    private Command DrawAttachDevice()
    {
        var single = Group(static g => g.Slot < 0);
        return Make.OnDomain(Op.AttachDevice, AttachDomain(single), DeviceOf(single));
    }

    private Command DrawDetachDevice()
    {
        var group = Group(static g => g.Slot >= 0);
        return Make.OnDomain(Op.DetachDevice, state.CurrentOf(group), DeviceOf(group));
    }

    private Command DrawDetach(Op op, Func<GroupGuess, bool> accepts)
    {
        var group = Group(accepts);
        return Make.OnDomain(op, state.CurrentOf(group), group);
    }

    private Command DrawPasid(Op op)
    {
        if (op != Op.AttachPasid && state.Pasids.Count > 0 && dice.Percent(85))
        {
            var guess = dice.Pick(state.Pasids);
            var slot = op == Op.DetachPasid ? guess.Slot : SlotFor(guess.Group) ?? guess.Slot;
            return Make.OnPasid(op, DomainRef.Slot(slot), guess.Device, guess.Pasid);
        }

        var device = Device(d => state.Devices[d].Present && topology.Devices[d].MaxPasids > 0);
        var group = topology.GroupOf(new DeviceId(device)).Index;
        return Make.OnPasid(op, AttachDomain(group), device, DrawPasidNumber(device));
    }
}
