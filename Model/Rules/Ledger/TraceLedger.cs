using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// Facts folded from the trace alone, shared by the rules. Updated after each event's rules have run, except
/// that the end of a command is taken in first: its rules see what the result adds up to, and <see
/// cref="Now"/> has what was before.
/// </summary>
public sealed partial class TraceLedger
{
    private readonly DeviceFacts[] devices;
    private readonly DriverProfile[] profiles;
    private GroupFacts?[] groups = new GroupFacts?[16];
    private DomainFacts?[] domains = new DomainFacts?[32];
    private int domainsUsed;
    private int[] slots = new int[16];
    private int commands;

    // Commands of the scenario: what a client calls is part of its own.
    private int steps;

    /// <param name="topology">Where the scenario plays.</param>
    /// <param name="profileOf">What the driver of an instance declares.</param>
    public TraceLedger(Topology topology, Func<InstanceId, DriverProfile> profileOf)
    {
        Topology = topology;
        profiles = new DriverProfile[topology.Instances.Length];
        for (var i = 0; i < profiles.Length; i++)
        {
            var declared = profileOf(new InstanceId(i));
            profiles[i] = declared.InTopology?.Invoke(topology) ?? declared;
        }

        devices = new DeviceFacts[topology.Devices.Length];
        for (var i = 0; i < devices.Length; i++)
        {
            var spec = topology.Devices[i];
            var instance = spec.Instance.Index;
            devices[i] = new DeviceFacts(i, spec, profiles[instance], topology.Instances[instance].Driver);
        }

        var drivers = topology.Instances.Select(instance => instance.Driver);
        HasSeveralDrivers = drivers.Distinct(StringComparer.Ordinal).Count() > 1;
    }

    public Topology Topology { get; }

    /// <summary>The command about to begin; given by the runner.</summary>
    public Command Command { get; set; }

    /// <summary>The command at hand, also after its end, while the runner probes.</summary>
    public CommandFacts Now { get; } = new();

    public SetDomainFacts Set { get; } = new();

    public ReadOnlySpan<DeviceFacts> Devices => devices;

    /// <summary>Domains seen so far, in order of their serial numbers; holes are NULL.</summary>
    public ReadOnlySpan<DomainFacts?> Domains => domains.AsSpan(0, domainsUsed);

    /// <summary>More than one driver takes part.</summary>
    public bool HasSeveralDrivers { get; }

    /// <summary>Facts of a group; null for -1 and for a group that was never seen.</summary>
    public GroupFacts? Group(int index) => (uint)index < (uint)groups.Length ? groups[index] : null;

    /// <summary>The group of a device, null when it has none.</summary>
    public GroupFacts? GroupOf(DeviceFacts device) => Group(device.Group);

    /// <summary>Facts of a domain; null for NULL and for one that was never seen.</summary>
    public DomainFacts? Domain(DomainId id) =>
        id.Serial > 0 && id.Serial < domainsUsed && domains[id.Serial] is { } domain && domain.Id == id
            ? domain
            : null;

    /// <summary>A device whose RID or PASID certainly is on a domain; null when there is none.</summary>
    public DeviceFacts? HolderOf(DomainId domain)
    {
        foreach (var device in devices)
        {
            if (device.IsPlaced && device.Domain == domain)
            {
                return device;
            }

            foreach (var fact in device.Pasids)
            {
                if (fact.Domain == domain)
                {
                    return device;
                }
            }
        }

        return null;
    }

    /// <summary>A device of the group is staged for reset.</summary>
    public bool HasStaged(GroupFacts group)
    {
        foreach (var member in group.Members)
        {
            if (devices[member].Staged)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The domain a scenario names now, NULL when the name means nothing.</summary>
    public DomainId Resolve(DomainRef name) => name.Role switch
    {
        DomainRole.Slot => name.Index < slots.Length ? new DomainId(slots[name.Index]) : DomainId.None,
        DomainRole.Default => Group(name.Index)?.Default ?? DomainId.None,
        DomainRole.Blocking => Group(name.Index)?.Blocking ?? DomainId.None,
        DomainRole.Identity => StaticOf(name.Index, DomainType.Identity),
        _ => StaticOf(name.Index, DomainType.Blocked),
    };

    /// <summary>Forget the run; what was allocated is used again.</summary>
    public void Reset()
    {
        foreach (var device in devices)
        {
            device.Reset();
        }

        foreach (var group in groups)
        {
            group?.Reset();
        }

        for (var i = 0; i < domainsUsed; i++)
        {
            domains[i]?.Reset(DomainId.None);
        }

        ResetIoas();
        ResetContainers();
        domainsUsed = 0;
        commands = steps = 0;
        Array.Clear(slots);
        pieces.Clear();
        lost.Clear();
        doubtful.Clear();
        armed = default;
        ClearSet();
        Now.Begin(0, default);
    }

    /// <summary>Folds one event in.</summary>
    public void Apply(in TraceEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.CommandBegin:
                steps += e.Flag ? 0 : 1;
                BeginCommand();
                break;
            case EventKind.ClientBegin:
                steps++;
                Client = Command;
                break;
            case EventKind.CommandEnd:
                EndCommand(e);
                break;
            case EventKind.DomainAlloc:
            case EventKind.StaticDomain:
            case EventKind.DomainFree:
            case EventKind.TypeRelabelled:
                ApplyDomain(e);
                break;
            case EventKind.MapPages:
            case EventKind.MapRange:
                NotePieces(e);
                break;
            case EventKind.UnmapPages:
            case EventKind.UnmapRange:
                undone += e.E;
                break;
            case EventKind.CoreMap:
                ApplyMap(e);
                break;
            case EventKind.CoreUnmap:
                ApplyUnmap(e);
                break;
            case EventKind.FlushIotlbAll:
                Settle(Domain(e.Domain));
                break;
            case EventKind.DirectMappings:
                ApplyDirectMappings(e);
                break;
            case EventKind.CoreIovaToPhys:
                Now.Lookup = new Request(e.Domain, e.A, 1, e.B, Errno.OK, Fast: false);
                break;
            case EventKind.Warn:
                Now.Warns |= 1U << (int)e.A;
                break;
            case EventKind.ClientEnd:
                EndContainerCommand(e);
                break;
            case >= EventKind.IoasArea:
                ApplyIoas(e);
                break;
            default:
                ApplyPlace(e);
                break;
        }
    }

    private void BeginCommand()
    {
        Now.Begin(++commands, Command);
        ForgetReported();
        pieces.Clear();
        undone = 0;
        ClearSet();
        Concern(Command);
        if (Group(Now.Group) is not { } group)
        {
            return;
        }

        Now.DomainBefore = group.Domain;
        Now.DefaultBefore = group.Default;
        Now.DefaultTypeBefore = Domain(group.Default)?.Type ?? default;
        Now.BlockingBefore = group.Blocking;
        Now.OwnerBefore = group.Owner;
        Now.OwnerCountBefore = group.OwnerCount;
        Now.BoundBefore = group.Bound;
        Now.MisusedBefore = group.Misused;
        Now.MembersBefore = group.Members.Count;
    }

    /// <summary>Finds device, group and domain that a command names.</summary>
    private void Concern(in Command command)
    {
        var operands = CommandShape.Of(command.Op).Operands;
        for (var i = 0; i < operands.Count; i++)
        {
            switch (operands[i])
            {
                case Operand.Device:
                    Now.Device = command.A;
                    break;
                case Operand.DeviceB:
                    Now.Device = command.B;
                    break;
                case Operand.Group:
                    Now.Group = command.A;
                    break;
                case Operand.GroupB:
                    Now.Group = command.B;
                    break;
                case Operand.Domain:
                case Operand.Slot:
                    Now.Named = Resolve(command.Domain);
                    break;
            }
        }

        if ((uint)Now.Device < (uint)devices.Length)
        {
            Now.Group = devices[Now.Device].Group;
            Now.DepthBefore = devices[Now.Device].ResetDepth;
        }
        else
        {
            Now.Device = -1;
        }
    }

    private void ClearSet()
    {
        Set.Active = Set.Must = false;
        Set.Group = -1;
        Set.Target = Set.Old = DomainId.None;
        Set.FirstCall = 0;
    }

    private void ApplyDomain(in TraceEvent e)
    {
        switch (e.Kind)
        {
            case EventKind.DomainAlloc when e.Domain != DomainId.None:
                var made = Ensure(e.Domain);
                made.Type = e.Type;
                made.Flags = (AllocFlags)e.A;
                made.ByFlagsOp = e.Flag;
                if (e.Device >= 0)
                {
                    Belong(made, devices[e.Device]);
                    made.Profile = ProfileFor(devices[e.Device].Profile, made);
                    made.Home = Now.Op == Op.Alloc ? 0 : Bit(devices[e.Device].Group);
                }

                if (Now.Op == Op.Alloc)
                {
                    Slot(Now.Command.Domain.Index) = e.Domain.Serial;
                    NoteClientDomain(made);
                }

                break;
            case EventKind.StaticDomain:
                var known = Ensure(e.Domain);
                known.Type = e.Type;
                known.Static = true;
                known.Driver = Topology.Instances[(int)e.A].Driver;
                known.Profile = profiles[(int)e.A];
                break;
            case EventKind.DomainFree when Domain(e.Domain) is { } freed:
                freed.Freed = true;
                if (Now.Op == Op.Free)
                {
                    Slot(Now.Command.Domain.Index) = 0;
                }

                break;
            case EventKind.TypeRelabelled when Domain(e.Domain) is { } relabelled:
                relabelled.Type = e.Type;
                break;
        }
    }

    private ref int Slot(int index)
    {
        if (index >= slots.Length)
        {
            Array.Resize(ref slots, Math.Max(index + 1, slots.Length * 2));
        }

        return ref slots[index];
    }

    private DomainFacts Ensure(DomainId id)
    {
        if (id.Serial >= domains.Length)
        {
            Array.Resize(ref domains, Math.Max(id.Serial + 1, domains.Length * 2));
        }

        domainsUsed = Math.Max(domainsUsed, id.Serial + 1);
        var domain = domains[id.Serial] ??= new DomainFacts();
        if (domain.Id == DomainId.None)
        {
            domain.Reset(id);
        }

        return domain;
    }

    private GroupFacts EnsureGroup(int index)
    {
        if (index >= groups.Length)
        {
            Array.Resize(ref groups, Math.Max(index + 1, groups.Length * 2));
        }

        return groups[index] ??= new GroupFacts(index);
    }

    /// <summary>The profile a new domain follows; paging ops are not told a type.</summary>
    private static DriverProfile ProfileFor(DriverProfile unit, DomainFacts domain)
    {
        const IommuOps pagingOps = IommuOps.DomainAllocPaging | IommuOps.DomainAllocPagingFlags;
        var type = domain.Type;
        var told = type.IsPaging() && (unit.Ops & pagingOps) != 0 ? DomainType.Unmanaged : type;
        return unit.Made(domain.ByFlagsOp, told, domain.Flags);
    }

    private static void Belong(DomainFacts domain, DeviceFacts device)
    {
        domain.Driver ??= device.Driver;
        domain.Profile ??= device.Profile;
    }

    private DomainId StaticOf(int instance, DomainType type)
    {
        var driver = instance < Topology.Instances.Length ? Topology.Instances[instance].Driver : null;
        foreach (var domain in Domains)
        {
            if (domain is { Static: true } && domain.Type == type && domain.Id != DomainId.None
                && string.Equals(domain.Driver, driver, StringComparison.Ordinal))
            {
                return domain.Id;
            }
        }

        return DomainId.None;
    }
}
