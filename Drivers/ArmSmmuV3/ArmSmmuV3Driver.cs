using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// The SMMUv3 driver, what all trees share. Source: drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c of 6.1,
/// 6.12, 7.2.
/// </summary>
public abstract class ArmSmmuV3Driver : IIommuDriver
{
    /// <summary>Where MSI doorbells are mapped by software.</summary>
    public static readonly ResvRegion SoftwareMsi = new(
        ResvType.SwMsi, new Iova(0x800_0000), 0x10_0000, Prot.Write | Prot.NoExec | Prot.Mmio);

    /// <summary>Bits of an ASID; every unit here has 16.</summary>
    private const int AsidBits = 16;

    private readonly IReadOnlyDictionary<InstanceId, SmmuDevice> units;

    protected ArmSmmuV3Driver(
        DriverContext context, IReadOnlyDictionary<InstanceId, SmmuDevice> units, SmmuSteps steps)
    {
        this.units = units;
        Steps = steps;
        Faults = context.Faults;
        CpuPageShift = context.Topology.CpuPageShift;
    }

    public string Name => ArmSmmuV3Factory.DriverName;

    public abstract IommuOps Ops { get; }

    public virtual IommuDomain? BlockedDomain => null;

    public virtual IommuDomain? IdentityDomain => null;

    public virtual IommuDomain? ReleaseDomain => null;

    public IommuDomain? DefaultDomain => null;

    /// <summary>One number space for all units, because a process may use several.</summary>
    public SmmuIds Asids { get; } = new(AsidBits);

    public SmmuSteps Steps { get; }

    public FaultPlan Faults { get; }

    public int CpuPageShift { get; }

    /// <summary>
    /// -ENODEV without a started unit, -EBUSY when probed already, -ERANGE for a StreamID beyond the table,
    /// and the
    /// tree's error for one that is another device's. Second-level stream tables are made here.
    /// </summary>
    public Errno ProbeDevice(IommuDevice dev)
    {
        if (dev.DriverData is not null)
        {
            return Errno.EBUSY;
        }

        if (!units.TryGetValue(dev.Spec.Instance, out var unit) || !unit.IsStarted)
        {
            return Errno.ENODEV;
        }

        var master = new SmmuMaster(unit, dev);
        foreach (var sid in master.Streams)
        {
            var error = unit.Claim(sid, master);
            if (error != Errno.OK)
            {
                unit.Disclaim(master);
                return error;
            }
        }

        dev.DriverData = master;
        dev.MaxPasids = PasidsOf(dev.Spec, unit);
        return Errno.OK;
    }

    /// <summary>
    /// pci_device_group. A platform device gets generic_device_group in the kernel; here the topology's key
    /// stands for both,
    /// because the numbers of groups in a scenario come from the topology alone.
    /// </summary>
    public int DeviceGroup(IommuDevice dev) => dev.Spec.Group;

    public bool IsAttachDeferred(IommuDevice dev) => false;

    /// <summary>The software MSI window, then what firmware says.</summary>
    public void GetResvRegions(IommuDevice dev, List<ResvRegion> regions)
    {
        regions.Add(SoftwareMsi);
        foreach (var region in dev.Spec.Regions)
        {
            if (region.Type != ResvType.SwMsi)
            {
                regions.Add(region);
            }
        }
    }

    /// <summary>The HiSilicon PCIe trace device (19e5:a12e) can only be used untranslated.</summary>
    public DomainType? DefDomainType(IommuDevice dev) =>
        dev.Spec is { Pci: true, Wish: DeviceWish.Identity } ? DomainType.Identity : null;

    public virtual AllocResult DomainAlloc(DomainType type) => throw Missing(nameof(DomainAlloc));

    public virtual AllocResult DomainAllocPaging(IommuDevice dev) => throw Missing(nameof(DomainAllocPaging));

    public virtual AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags) =>
        throw Missing(nameof(DomainAllocPagingFlags));

    public AllocResult DomainAllocIdentity(IommuDevice dev) => throw Missing(nameof(DomainAllocIdentity));

    public void ProbeFinalize(IommuDevice dev)
    {
        // No such op: the DMA API needs nothing more from this driver.
    }

    public void ReleaseDevice(IommuDevice dev)
    {
        if (dev.DriverData is not SmmuMaster master)
        {
            return;
        }

        LeaveDomain(dev, master);
        master.Unit.Disclaim(master);
        master.FreeContexts();
        dev.DriverData = null;
    }

    public void SetPlatformDmaOps(IommuDevice dev) => throw Missing(nameof(SetPlatformDmaOps));

    public abstract Capabilities Capable(IommuDevice dev);

    /// <summary>PASIDs of a device: what it has, at most what the unit can tell apart.</summary>
    protected virtual uint PasidsOf(DeviceSpec device, SmmuDevice unit) => unit.Features.SubstreamIdBits == 0
        ? 0
        : Math.Min(device.MaxPasids, 1U << unit.Features.SubstreamIdBits);

    /// <summary>What release_device does to the entry.</summary>
    protected abstract void LeaveDomain(IommuDevice dev, SmmuMaster master);

    /// <summary>Capabilities that every tree has, by the unit's features.</summary>
    protected static Capabilities BaseCapabilities(IommuDevice dev) =>
        dev.DriverData is SmmuMaster { Unit.Features.CoherentWalk: true }
            ? Capabilities.CacheCoherency | Capabilities.NoExec
            : Capabilities.NoExec;

    /// <summary>6.12, 7.2: dirty state needs hardware update and coherent walks.</summary>
    protected static Capabilities DirtyCapability(IommuDevice dev) =>
        dev.DriverData is SmmuMaster { Unit.Features: { DirtyUpdate: true, CoherentWalk: true } }
            ? Capabilities.DirtyTracking
            : Capabilities.None;

    private InvalidOperationException Missing(string op) => new($"NULL op {op} called on {Name}");
}
