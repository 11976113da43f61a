using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.IntelVtd;

/// <summary>The driver of one tree with the units it programs, all over one memory.</summary>
public sealed class IntelVtdStack : IDriverStack
{
    private readonly IntelVtdDriver driver;
    private readonly VtdHardware[] hardware;
    private readonly int[] unitOfInstance;

    internal IntelVtdStack(
        DriverContext context, ulong tableMemory, Func<string, VtdCapabilities> capabilitiesOf,
            VtdSteps steps)
    {
        unitOfInstance = new int[context.Topology.Instances.Length];
        var capabilities = new VtdCapabilities[context.Instances.Count];
        for (var i = 0; i < capabilities.Length; i++)
        {
            var instance = context.Instances[i].Index;
            unitOfInstance[instance] = i;
            capabilities[i] = capabilitiesOf(context.Topology.Instances[instance].Variant);
        }

        Memory = new PhysicalMemory(
            tableMemory, context.Trace,
                Array.TrueForAll(capabilities, c => c.IsCoherent && c.IsPagingCoherent))
        {
            HasWriteBuffer = Array.Exists(capabilities, c => c.HasWriteBuffer),
        };
        hardware = [.. capabilities.Select(c => new VtdHardware(c, Memory, context.Trace))];
        var profile = IntelVtdProfile.Of(context.Tree,
            context.Topology.Instances[context.Instances[0].Index].Variant);
        driver = new IntelVtdDriver(
            context, [.. hardware.Select((h, i) => new VtdUnit(i, h, Memory, steps))], Memory, steps,
            profile.InTopology?.Invoke(context.Topology) ?? profile);
    }

    public IIommuDriver Driver => driver;

    /// <summary>Tables and queues of all units.</summary>
    public PhysicalMemory Memory { get; }

    /// <summary>The unit of an instance.</summary>
    public VtdHardware HardwareOf(InstanceId instance) => hardware[unitOfInstance[instance.Index]];

    public Errno StartInstance(InstanceId instance)
    {
        driver.Start(instance);
        return Errno.OK;
    }

    /// <summary>
    /// A unit in caching mode has no use for a flush queue, unless its tables are first-stage ones.
    /// </summary>
    public bool ForcesStrict(InstanceId instance) => driver.ForcesStrict(instance);

    public DmaOutcome Dma(Requester requester, Pasid pasid, Iova iova, DmaAccess access) =>
        HardwareOf(requester.Instance).Dma((ushort)requester.Id.Value, pasid.Value, iova.Value, access);

    public void Walk(Requester requester, Pasid pasid, Action<TranslationRun> sink) =>
        HardwareOf(requester.Instance).Walk((ushort)requester.Id.Value, pasid.Value, sink);
}
