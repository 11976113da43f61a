using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// The units of a system, the memory they walk, the driver that programs them, and the wires between.
/// </summary>
internal sealed class AppleDartStack : IDriverStack
{
    /// <summary>Where tables live: an M1's memory begins just below, and 36 bits reach it.</summary>
    public const ulong MemoryBase = 0x8_0000_8000;

    private readonly AppleDartVariant?[] variants;
    private readonly DartSilicon?[] silicon;
    private readonly AppleDartDriver driver;

    public AppleDartStack(DriverContext context, AppleDartSteps steps)
    {
        var count = context.Topology.Instances.Length;
        variants = new AppleDartVariant?[count];
        silicon = new DartSilicon?[count];
        Memory = new PhysicalMemory(MemoryBase, context.Trace);
        foreach (var instance in context.Instances)
        {
            var variant = AppleDartVariant.Of(context.Topology.Instances[instance.Index].Variant);
            variants[instance.Index] = variant;
            silicon[instance.Index] = DartSilicon.Create(variant, Memory, context.Trace);
        }

        driver = context.Tree == KernelTree.V6_1
            ? new AppleDartDriverV61(context, Memory, steps)
            : new AppleDartDriverV612(context, Memory, steps);
    }

    public IIommuDriver Driver => driver;

    /// <summary>The tables' memory, for tests that look at bytes.</summary>
    public PhysicalMemory Memory { get; }

    public Errno StartInstance(InstanceId instance) =>
        variants[instance.Index] is { } variant
            ? driver.Start(instance, variant, Silicon(instance))
            : Errno.ENODEV;

    /// <summary>A stream carries no PASID: an access with one is refused by the fabric.</summary>
    public DmaOutcome Dma(Requester requester, Pasid pasid, Iova iova, DmaAccess access)
    {
        if (pasid != Pasid.None)
        {
            return DmaOutcome.Refused(0);
        }

        var unit = Silicon(requester.Instance);
        var outcome = unit.Dma(requester.Id.Value, iova.Value, access);
        if (unit.InterruptAsserted)
        {
            driver.Unit(requester.Instance)?.HandleInterrupt();
        }

        return outcome;
    }

    public void Walk(Requester requester, Pasid pasid, Action<TranslationRun> sink)
    {
        if (pasid == Pasid.None)
        {
            Silicon(requester.Instance).Walk(requester.Id.Value, sink);
        }
    }

    /// <summary>The unit of an instance, for tests that look at registers.</summary>
    internal DartSilicon Silicon(InstanceId instance) =>
        silicon[instance.Index] ?? throw new ArgumentException($"{instance} is no DART", nameof(instance));

    /// <summary>The driver's view of a started unit, for tests.</summary>
    internal DartUnit? Unit(InstanceId instance) => driver.Unit(instance);
}
