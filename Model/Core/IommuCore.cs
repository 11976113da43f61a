using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>
/// The kernel's half as a state machine: devices, groups, domains, and the calls into drivers. What differs
/// between
/// kernel versions is in the policies of <see cref="Era"/>; what all share is here.
/// </summary>
public sealed partial class IommuCore
{
    private readonly Dictionary<int, Group> groupsByKey = [];
    private readonly Group?[] groupOfDevice;
    private readonly IDriverStack[] stackOfInstance;
    private readonly bool[] bound;

    /// <param name="topology">Where the scenario plays.</param>
    /// <param name="era">Which kernel.</param>
    /// <param name="stackOfInstance">The driver stack behind each instance.</param>
    /// <param name="faults">Injected failures.</param>
    /// <param name="trace">Where events go.</param>
    public IommuCore(
        Topology topology, Era era, IDriverStack[] stackOfInstance, FaultPlan faults, Trace trace)
    {
        Topology = topology;
        Era = era;
        Faults = faults;
        Trace = trace;
        this.stackOfInstance = stackOfInstance;
        groupOfDevice = new Group?[topology.Devices.Length];
        bound = new bool[topology.Devices.Length];
        Started = new bool[topology.Instances.Length];
        Devices = new IommuDevice[topology.Devices.Length];
        for (var i = 0; i < Devices.Length; i++)
        {
            Devices[i] = new IommuDevice(new DeviceId(i), topology.Devices[i]);
        }

        Global = GlobalDefault.Of(topology.Kernel);
    }

    public Topology Topology { get; }

    public Era Era { get; }

    public FaultPlan Faults { get; }

    public Trace Trace { get; }

    public IommuDevice[] Devices { get; }

    /// <summary>Which instances are registered.</summary>
    public bool[] Started { get; }

    /// <summary><c>iommu_def_domain_type</c> and strictness.</summary>
    public GlobalDefault Global { get; set; }

    /// <summary>All groups that have a device.</summary>
    public IEnumerable<Group> Groups => groupsByKey.Values;

    public Group? GroupOf(IommuDevice dev) => groupOfDevice[dev.Id.Index];

    public IDriverStack StackOf(InstanceId instance) => stackOfInstance[instance.Index];

    /// <summary>A kernel driver is bound to the device.</summary>
    public bool IsBound(IommuDevice dev) => bound[dev.Id.Index];

    /// <summary>
    /// Some driver is bound: a kernel driver, or VFIO's, which takes no device that is not coherent.
    /// </summary>
    public bool HasDriver(IommuDevice dev) =>
        IsBound(dev) || (Topology.Kernel.Vfio && IsCapable(dev, Capabilities.CacheCoherency));

    public void SetBound(IommuDevice dev, bool value) => bound[dev.Id.Index] = value;

    /// <summary>Driver of the device, which has one.</summary>
    public static IIommuDriver DriverOf(IommuDevice dev) =>
        dev.Driver ?? throw new InvalidOperationException($"{dev} has no IOMMU");

    /// <summary>Sets the record of what is attached and says so in the trace.</summary>
    public void SetRecord(Group group, IommuDomain? domain)
    {
        group.Domain = domain;
        NoteRecord(group);
    }

    /// <summary>The record of the group, as it now is.</summary>
    public void NoteRecord(Group group)
    {
        ref var e = ref Trace.Add(EventKind.GroupRecord);
        e.Group = (short)group.Id.Index;
        e.Domain = IdOf(group.Domain);
        e.Old = IdOf(group.DefaultDomain);
        e.A = (ulong)IdOf(group.BlockingDomain).Serial;
        e.B = (ulong)group.Owner.Index;
        e.C = (ulong)group.OwnerCount;
        e.D = (ulong)group.RecoveryCount;
    }

    public void Warn(WarnCode code, Group? group = null, IommuDevice? dev = null, IommuDomain? domain = null)
    {
        ref var e = ref Trace.Add(EventKind.Warn);
        e.A = (ulong)code;
        e.Group = (short)(group?.Id.Index ?? -1);
        e.Device = (short)(dev?.Id.Index ?? -1);
        e.Domain = IdOf(domain);
    }

    public static DomainId IdOf(IommuDomain? domain) => domain?.Id ?? DomainId.None;
}
