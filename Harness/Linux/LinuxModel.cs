using Conformance.Drivers.Catalog;
using Conformance.Drivers.Linux;
using Conformance.Drivers.Linux.Guest;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Oracle;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>
/// The reference model of a real kernel: the core of its era over abstract drivers, and the questions that a
/// runner has before it sends a command.
/// </summary>
internal sealed class LinuxModel
{
    private readonly LinuxTarget target;
    private readonly DriverProfile[] profiles;

    public LinuxModel(LinuxTarget target, Era era, Topology topology, bool traced)
    {
        this.target = target;
        Era = era;
        Topology = topology;
        profiles = [.. topology.Instances.Select((_, i) => Profile(target, era, topology, i))];
        System = new IommuSystem(
            topology,
            era,
            (_, context) => AbstractStack.Create(context, ProfileOf),
            traced);
        System.Clients.HasHugePages = false;
    }

    public Era Era { get; }

    public Topology Topology { get; }

    public IommuSystem System { get; }

    public DriverProfile ProfileOf(InstanceId instance) => profiles[instance.Index];

    /// <summary>
    /// An access at an IOVA means the same in the model and in the machine: not where the device passes
    /// untranslated, because the machine's physical addresses are its own, nor in the window where a write is
    /// an interrupt.
    /// </summary>
    private bool CanTryIova(DeviceId device, Iova iova) => TypeOf(device) is not DomainType.Identity
        && !(ProfileOf(Topology.Devices[device.Index].Instance).Untranslated is { } window
            && iova.Value >= window.First && iova.Value <= window.Last);

    /// <summary>
    /// An access at the physical address of a byte means the same in both: not where a user's tables may
    /// translate it, because that address is another number in the machine.
    /// </summary>
    private bool CanTryMemory(DeviceId device) =>
        TypeOf(device) is DomainType.Identity or DomainType.Blocked or DomainType.Dma or DomainType.DmaFq;

    /// <summary>
    /// A command that no kernel gets: instances register at boot, a device that is there is not found again.
    /// </summary>
    public bool IsForModelOnly(in Command command) => command.Op == Op.Register
        || (command.Op == Op.Probe && System.Core.GroupOf(System.Core.Devices[command.A]) is not null);

    /// <summary>
    /// A command that is left out, in the model too: a bus scan finds every device that is away, and so one
    /// at a time may be.
    /// </summary>
    public bool IsLeftOut(in Command command) => command.Op == Op.Release && IsOneAway();

    private bool IsOneAway()
    {
        var core = System.Core;
        return Array.Exists(core.Devices, device => core.GroupOf(device) is null);
    }

    /// <summary>
    /// An access with what the model says of it; null when nothing can be said, or when it would hit memory
    /// that is not the client's.
    /// </summary>
    public PlannedAccess? Plan(in Access access)
    {
        if (!(access.Memory is null ? CanTryIova(access.Device, access.Iova) : CanTryMemory(access.Device)))
        {
            return null;
        }

        var outcome = System.Dma(access.Device, 0, Pasid.None, access.IovaIn(System), access.Direction);
        MemoryOffset? lands = outcome.Landed ? System.Clients.Memory.OffsetOf(outcome.Pa) : null;
        return outcome.Landed && lands is null ? null : new PlannedAccess(access, lands);
    }

    /// <summary>The one direction that the engine of a device has.</summary>
    public DmaAccess Can(DeviceId device) => target.Machine.Devices[device.Index].Engine == DmaEngine.E1000
        ? DmaAccess.Read
        : DmaAccess.Write;

    private static DriverProfile Profile(LinuxTarget target, Era era, Topology topology, int instance)
    {
        var name = topology.Instances[instance].Driver;
        var claims = DriverCatalog.Claims.First(c => string.Equals(c.Name, name, StringComparison.Ordinal));
        return target.Adjust(DriverCatalog.ProfileOf(claims, era.Tree, topology, instance));
    }

    private DomainType? TypeOf(DeviceId device)
    {
        var core = System.Core;
        return core.GroupOf(core.Devices[device.Index])?.Domain?.Type;
    }
}

/// <summary>
/// A device access: at an IOVA, or at the physical address of a byte of the client's memory.
/// </summary>
/// <param name="Device">Who.</param>
/// <param name="Iova">The IOVA, when <paramref name="Memory"/> is null.</param>
/// <param name="Memory">The byte, or null.</param>
/// <param name="Direction">Which way; probes write.</param>
internal readonly record struct Access(DeviceId Device, Iova Iova, MemoryOffset? Memory, DmaAccess Direction)
{
    /// <summary>Bytes that the engine writes; accesses are aligned to it.</summary>
    public const ulong Unit = 4;

    public Iova IovaIn(IommuSystem system) =>
        Memory is { } at ? new Iova(system.Clients.Memory.PaOf(at).Value) : Iova;

    /// <summary>The access that a command of its own asks for.</summary>
    public static Access Of(in Command command) => command.Op == Op.Dma
        ? At(new DeviceId(command.A), command.Iova, command.Access)
        : AtByte(new DeviceId(command.A), command.Memory, command.Access);

    public static Access At(DeviceId device, ulong iova, DmaAccess direction) =>
        new(device, new Iova(iova & ~(Unit - 1)), Memory: null, direction);

    public static Access AtByte(DeviceId device, MemoryOffset at, DmaAccess direction) =>
        new(device, default, new MemoryOffset(at.Value & ~(Unit - 1)), direction);
}
