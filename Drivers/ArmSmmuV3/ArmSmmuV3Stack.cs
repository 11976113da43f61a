using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>The driver with its units and the memory they share.</summary>
public sealed class ArmSmmuV3Stack : IDriverStack
{
    /// <summary>Where simulated memory begins.</summary>
    private const ulong MemoryBase = 0x1_0000_0000;

    private readonly Topology topology;
    private readonly Dictionary<InstanceId, SmmuHardware> hardware = [];
    private readonly Dictionary<InstanceId, SmmuDevice> units = [];

    public ArmSmmuV3Stack(DriverContext context, SmmuSteps steps)
    {
        topology = context.Topology;
        var tree = SmmuTree.Of(context.Tree);
        foreach (var instance in context.Instances)
        {
            var build = ArmSmmuV3Factory.BuildOf(topology.Instances[instance.Index].Variant);
            var memory = new PhysicalMemory(
                MemoryBase * (ulong)(instance.Index + 1), context.Trace, build.Has(SmmuBuild.Coherent));
            var unit = new SmmuHardware(memory, build, context.Trace);
            hardware[instance] = unit;
            units[instance] = new SmmuDevice(memory, unit, build.HostAtEl2, tree, steps);
        }

        Driver = context.Tree switch
        {
            KernelTree.V6_1 => new ArmSmmuV3Driver61(context, units, steps),
            KernelTree.V6_12 => new ArmSmmuV3Driver612(context, units, steps),
            _ => new ArmSmmuV3Driver72(context, units, steps),
        };
    }

    public IIommuDriver Driver { get; }

    /// <summary>The silicon of an instance, for tests at its registers.</summary>
    public SmmuHardware Hardware(InstanceId instance) => hardware[instance];

    /// <summary>The driver's view of an instance, for tests of its structures.</summary>
    public SmmuDevice Unit(InstanceId instance) => units[instance];

    public Errno StartInstance(InstanceId instance) => units[instance].Start(StreamsInUse(instance));

    /// <summary>
    /// Accesses are privileged data accesses: an access has no privilege here, and a PRIV mapping is to be
    /// reachable.
    /// </summary>
    public DmaOutcome Dma(Requester requester, Pasid pasid, Iova iova, DmaAccess access)
    {
        var unit = hardware[requester.Instance];
        var outcome = unit.Dma(
            requester.Id.Value, pasid.Value != 0, pasid.Value, iova.Value, access, privileged: true);
        if (unit.EventInterrupt)
        {
            units[requester.Instance].ServiceEvents();
        }

        return outcome;
    }

    public void Walk(Requester requester, Pasid pasid, Action<TranslationRun> sink) =>
        hardware[requester.Instance].Walk(requester.Id.Value, pasid.Value != 0, pasid.Value, sink);

    /// <summary>Streams that firmware reserves memory for (IORT RMR): their DMA goes on while the unit
    /// starts.</summary>
    private IEnumerable<uint> StreamsInUse(InstanceId instance)
    {
        foreach (var device in topology.Devices)
        {
            var isInUse = device.Regions.Any(
                region => region.Type is ResvType.Direct or ResvType.DirectRelaxable);
            foreach (var requester in device.Requesters)
            {
                if (isInUse && requester.Instance == instance)
                {
                    yield return requester.Id.Value;
                }
            }
        }
    }
}
