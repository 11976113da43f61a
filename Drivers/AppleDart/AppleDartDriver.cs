using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.AppleDart;

/// <summary>The driver half, apple-dart.c: what all trees share. One object serves all units.</summary>
internal abstract class AppleDartDriver : IIommuDriver
{
    /// <summary>Ops of a paging domain in every tree; 6.1 adds detach_dev.</summary>
    public const DomainOps PagingOps = DomainOps.Paging
        | DomainOps.FlushIotlbAll | DomainOps.IotlbSync | DomainOps.IotlbSyncMap;

    /// <summary>The op table's bitmap before a domain is final: every size (6.1, 6.12).</summary>
    public static readonly PageSizes PageSizesBeforeFinal = new(ulong.MaxValue);

    /// <summary>The MSI doorbell of Apple's PCIe host bridge, before rounding to the CPU page.</summary>
    private const ulong Doorbell = 0xffff_f000;

    private readonly DriverContext context;
    private readonly PhysicalMemory memory;
    private readonly DartUnit?[] units;
    private readonly AppleDartGroups groups = new();

    protected AppleDartDriver(DriverContext context, PhysicalMemory memory, AppleDartSteps steps)
    {
        this.context = context;
        this.memory = memory;
        Steps = steps;
        Tree = AppleDartTree.Of(context.Tree);
        units = new DartUnit?[context.Topology.Instances.Length];
    }

    public string Name => AppleDartFactory.DriverName;

    public abstract IommuOps Ops { get; }

    public virtual IommuDomain? BlockedDomain => null;

    public virtual IommuDomain? IdentityDomain => null;

    /// <summary>None in any tree: release_device leaves the registers as they are.</summary>
    public IommuDomain? ReleaseDomain => null;

    public IommuDomain? DefaultDomain => null;

    internal AppleDartTree Tree { get; }

    internal AppleDartSteps Steps { get; }

    /// <summary>
    /// The unit's platform probe. -ENODEV: this tree has no match for it. -EINVAL: locked until reboot.
    /// </summary>
    public Errno Start(InstanceId instance, AppleDartVariant variant, DartSilicon silicon)
    {
        var errno = Tree.Knows(variant);
        if (errno != Errno.OK)
        {
            return errno;
        }

        if (units[instance.Index] is not null)
        {
            // Its registration failed before. It is not reset again: devices of other units may have streams
            // on it.
            return Errno.OK;
        }

        var unit = new DartUnit(silicon, DartSoc.Of(variant), Steps, context.Topology.CpuPageShift);
        errno = unit.Reset();
        units[instance.Index] = errno == Errno.OK ? unit : null;
        return errno;
    }

    /// <summary>The started unit of an instance, or null.</summary>
    public DartUnit? Unit(InstanceId instance) => units[instance.Index];

    /// <summary>
    /// of_xlate for each (unit, stream) pair, then probe_device. -ENODEV while a unit of the device has not
    /// started; -EINVAL when its units disagree or are too many.
    /// </summary>
    /// <remarks>
    /// Units with different descriptor formats in one device, and streams that a unit does not have, are
    /// refused too. Linux looks at neither and would write the first unit's format into both, or beyond its
    /// bitmaps; no SoC is like that, so such a topology is nonsense of the firmware.
    /// </remarks>
    public Errno ProbeDevice(IommuDevice dev)
    {
        foreach (var requester in dev.Spec.Requesters)
        {
            if (units[requester.Instance.Index] is null)
            {
                return Errno.ENODEV;
            }
        }

        var master = new AppleDartMaster(Tree.UnitsPerDevice, dev.Spec.Pci);
        foreach (var requester in dev.Spec.Requesters)
        {
            var errno = Translate(master, requester);
            if (errno != Errno.OK)
            {
                return errno;
            }
        }

        dev.DriverData = master;
        return Errno.OK;
    }

    public int DeviceGroup(IommuDevice dev) => groups.Join(dev, AppleDartMaster.Of(dev));

    public bool IsAttachDeferred(IommuDevice dev) => false;

    /// <summary>The doorbell page for PCI devices, and (6.12, 7.2) what firmware reserves.</summary>
    public virtual void GetResvRegions(IommuDevice dev, List<ResvRegion> regions)
    {
        if (dev.Spec.Pci)
        {
            var page = context.Topology.CpuPageSize;
            regions.Add(new ResvRegion(
                ResvType.Msi, new Iova(Doorbell & ~(page - 1)), page, Prot.Write | Prot.NoExec | Prot.Mmio));
        }
    }

    /// <summary>Identity for a unit whose pages are larger than the CPU's; else DMA without bypass.</summary>
    public DomainType? DefDomainType(IommuDevice dev)
    {
        var master = AppleDartMaster.Of(dev);
        if (master.First.ForceBypass)
        {
            return DomainType.Identity;
        }

        return Tree.SupportsBypass(master) ? null : DomainType.Dma;
    }

    public virtual AllocResult DomainAlloc(DomainType type) => throw Missing(nameof(DomainAlloc));

    public virtual AllocResult DomainAllocPaging(IommuDevice dev) => throw Missing(nameof(DomainAllocPaging));

    public AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags) =>
        throw Missing(nameof(DomainAllocPagingFlags));

    public AllocResult DomainAllocIdentity(IommuDevice dev) => throw Missing(nameof(DomainAllocIdentity));

    public void ProbeFinalize(IommuDevice dev)
    {
        // No such op in this driver.
    }

    /// <summary>Frees the device's state; the registers keep the last domain.</summary>
    public void ReleaseDevice(IommuDevice dev)
    {
        groups.Leave(AppleDartMaster.Of(dev));
        dev.DriverData = null;
    }

    public void SetPlatformDmaOps(IommuDevice dev) => throw Missing(nameof(SetPlatformDmaOps));

    public Capabilities Capable(IommuDevice dev) => throw Missing(nameof(Capable));

    internal static void Disable(AppleDartMaster master)
    {
        for (var slot = 0; slot < master.Slots && master.Unit(slot) is { } unit; slot++)
        {
            unit.Disable(master.Streams(slot));
        }
    }

    internal static void EnableBypass(AppleDartMaster master)
    {
        for (var slot = 0; slot < master.Slots && master.Unit(slot) is { } unit; slot++)
        {
            unit.EnableBypass(master.Streams(slot));
        }
    }

    internal DartPageTable? CreateTable(in DartTableConfig config, DartFormat format) =>
        DartPageTable.Create(
            memory, config, Steps.Geometry(Tree.Geometry(config), config.PageShift),
            Steps.Encoding(Tree.Encoding(format)));

    /// <summary>An injected -ENOMEM or the like, at the place where the tables are allocated.</summary>
    internal Errno TakeAttachFault(IommuDevice dev) =>
        context.Faults.TakeAttach(dev, out var errno) ? errno : Errno.OK;

    protected static InvalidOperationException Missing(string op) =>
        new($"NULL op {op} called on {AppleDartFactory.DriverName}");

    private Errno Translate(AppleDartMaster master, Requester requester)
    {
        var unit = units[requester.Instance.Index]!;
        var first = master.Unit(0);
        var differs = first is not null
            && (first.Format != unit.Format || Tree.CheckPair(first, unit) != Errno.OK);
        if (differs || requester.Id.Value >= unit.Streams)
        {
            return Errno.EINVAL;
        }

        return master.Add(unit, requester.Id);
    }
}
