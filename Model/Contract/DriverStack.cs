using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Contract;

/// <summary>An exact kernel source that the driver behaviour is read from.</summary>
public enum KernelTree
{
    /// <summary>6.1.192.</summary>
    V6_1,

    /// <summary>6.12.107.</summary>
    V6_12,

    /// <summary>7.2.13.</summary>
    V7_2,
}

/// <summary>Direction of a device access.</summary>
public enum DmaAccess : byte
{
    Read,
    Write,
}

/// <summary>What became of one device access: it landed at a physical address, or it was refused.</summary>
/// <param name="Landed">The access reached memory.</param>
/// <param name="Pa">Where it landed; 0 when refused.</param>
/// <param name="Code">The hardware's own fault code when refused, for printing; never compared.</param>
public readonly record struct DmaOutcome(bool Landed, PhysAddr Pa, uint Code)
{
    public static DmaOutcome At(ulong pa) => new(Landed: true, new PhysAddr(pa), 0);

    public static DmaOutcome Refused(uint code) => new(Landed: false, default, code);

    public override string ToString() => Landed ? $"lands at {Pa}" : $"refused (0x{Code:x})";
}

/// <summary>
/// One run of equal translation: <c>[Iova, Iova+Length)</c> reaches <c>[Pa, Pa+Length)</c>.
/// </summary>
/// <remarks>Length 0 means the whole 64-bit space (identity).</remarks>
public readonly record struct TranslationRun(ulong Iova, ulong Pa, ulong Length, bool Read, bool Write);

/// <summary>
/// A driver together with the hardware it programs (or, for the abstract driver, the ideal of both): what the
/// system needs to run commands and to try DMA.
/// </summary>
public interface IDriverStack
{
    IIommuDriver Driver { get; }

    /// <summary>
    /// <c>iommu_device_register</c> time: bring the instance up (boot state). An error means the unit cannot
    /// be
    /// used (a locked DART): no device of it is ours.
    /// </summary>
    Errno StartInstance(InstanceId instance);

    /// <summary>The started instance calls iommu_set_dma_strict (VT-d caching mode).</summary>
    bool ForcesStrict(InstanceId instance) => false;

    /// <summary>
    /// A device access on the bus: through caches and tables, exactly as the silicon does. Works before the
    /// instance is started too (boot state: bypass or blocked). <paramref name="requester"/> is one of the
    /// requesters of a device.
    /// </summary>
    DmaOutcome Dma(Requester requester, Pasid pasid, Iova iova, DmaAccess access);

    /// <summary>
    /// The whole translation of a requester as the tables in memory say now, caches aside, ascending. Nothing
    /// is reported for a blocked requester. Runs may be page-wise; the reader merges.
    /// </summary>
    void Walk(Requester requester, Pasid pasid, Action<TranslationRun> sink);
}

/// <summary>What a stack is built from.</summary>
/// <param name="Topology">All devices and instances of the system, those of other drivers too.</param>
/// <param name="Tree">Whose behaviour to show.</param>
/// <param name="Instances">The instances of this driver.</param>
/// <param name="Faults">Injected faults, to be asked at the driver's own failure points.</param>
/// <param name="Trace">Where hardware writes what it sees (walks through freed pages, invalidations).</param>
public sealed record DriverContext(
    Topology Topology,
    KernelTree Tree,
    IReadOnlyList<InstanceId> Instances,
    FaultPlan Faults,
    Trace Trace);

/// <summary>What a driver declares, and so all that an oracle needs of it.</summary>
public interface IDriverClaims
{
    /// <summary>The driver's name in scenarios and reports, <c>apple-dart</c>.</summary>
    string Name { get; }

    /// <summary>
    /// Hardware variants, first is the default: <c>legacy</c>, <c>scalable-first-stage</c>, ...
    /// </summary>
    IReadOnlyList<string> Variants { get; }

    /// <summary>
    /// What the driver of a tree declares for a variant. Claims are tested, never believed.
    /// </summary>
    DriverProfile Profile(KernelTree tree, string variant);
}

/// <summary>A driver as the suite knows it: what it declares, and how to build it.</summary>
public interface IDriverFactory : IDriverClaims
{
    IDriverStack Create(DriverContext context);
}
