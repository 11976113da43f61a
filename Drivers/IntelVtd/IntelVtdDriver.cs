using System.Collections.Immutable;
using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// The Intel VT-d driver (drivers/iommu/intel/): ops, probe and release. Attaching is in
/// <see cref="VtdAttach"/>, page tables in the domains, commands in <see cref="VtdFlush"/>.
/// </summary>
internal sealed class IntelVtdDriver : IIommuDriver
{
    /// <summary>What the simulated machine has as RAM, from address 0: the 1:1 table of 6.1 covers it.</summary>
    public const ulong RamBytes = 64UL << 20;

    private const int Size1G = 2;

    private readonly DriverContext context;
    private readonly VtdUnit[] units;
    private readonly int[] unitOfInstance;
    private readonly DriverProfile profile;
    private readonly VtdAttach attach;
    private VtdClassicDomain? sharedIdentity;

    public IntelVtdDriver(
        DriverContext context, IReadOnlyList<VtdUnit> units, PhysicalMemory memory, VtdSteps steps,
        DriverProfile profile)
    {
        this.context = context;
        this.units = [.. units];
        this.profile = profile;
        Memory = memory;
        Steps = steps;
        Rules = VtdRules.Of(context.Tree);
        unitOfInstance = new int[context.Topology.Instances.Length];
        for (var i = 0; i < context.Instances.Count; i++)
        {
            unitOfInstance[context.Instances[i].Index] = i;
        }

        attach = new VtdAttach(Rules, steps, context.Faults);
        if (Rules.StaticDomains)
        {
            BlockedDomain = new VtdBlockedDomain(attach);
            IdentityDomain = new VtdIdentityDomain(attach);
        }
    }

    public string Name => IntelVtdFactory.DriverName;

    public IommuOps Ops => profile.Ops;

    public IommuDomain? BlockedDomain { get; }

    public IommuDomain? IdentityDomain { get; }

    public IommuDomain? ReleaseDomain => BlockedDomain;

    public IommuDomain? DefaultDomain => null;

    public VtdRules Rules { get; }

    public VtdSteps Steps { get; }

    public PhysicalMemory Memory { get; }

    public int UnitCount => units.Length;

    /// <summary>Pass-through is used only when every unit has it (6.1: hw_pass_through).</summary>
    private bool AllPassThrough => Array.TrueForAll(units, u => u.Capabilities.HasPassThrough);

    public Errno ProbeDevice(IommuDevice dev)
    {
        var unit = units[unitOfInstance[dev.Spec.Instance.Index]];
        if (unit.Root == 0)
        {
            return Errno.ENODEV;
        }

        var device = new VtdDevice(dev, unit, Steps.Programmed(dev.Spec.Requesters.Length));
        dev.DriverData = device;
        if (unit.IsScalable)
        {
            device.Pasids = new VtdPasidTable(unit, device.PasidSupported ? dev.Spec.MaxPasids : 0);
            if (Rules.ContextAtProbe && !device.IsCopied)
            {
                attach.Contexts.WriteScalable(device);
            }
        }

        return Errno.OK;
    }

    public int DeviceGroup(IommuDevice dev) => dev.Spec.Pci ? dev.Spec.Group : dev.SingletonGroupKey;

    public bool IsAttachDeferred(IommuDevice dev) =>
        context.Topology.Kernel.Kdump && dev.Spec.Deferred
        && dev.DriverData is VtdDevice { Attached: false, Domain: null };

    /// <summary>The RMRRs of the device, then the interrupt window of every device.</summary>
    public void GetResvRegions(IommuDevice dev, List<ResvRegion> regions)
    {
        foreach (var region in dev.Spec.Regions)
        {
            if (profile.ReportsRegions.Contains(region.Type))
            {
                regions.Add(region);
            }
        }

        regions.AddRange(profile.DriverRegions);
    }

    public DomainType? DefDomainType(IommuDevice dev) =>
        IntelVtdProfile.Wish(Rules, Unit(dev).Capabilities, dev.Spec);

    public AllocResult DomainAlloc(DomainType type) => type switch
    {
        DomainType.Unmanaged or DomainType.Dma => AllocResult.Of(new VtdClassicDomain(this, UsesFirstStage(type))),
        DomainType.DmaFq when !Rules.StaticDomains =>
            AllocResult.Of(new VtdClassicDomain(this, UsesFirstStage(type))),
        DomainType.Identity when !Rules.StaticDomains =>
            AllocResult.Of(new VtdSharedIdentity(attach, sharedIdentity ??= BuildIdentity())),
        _ => AllocResult.Null,
    };

    public AllocResult DomainAllocPaging(IommuDevice dev) =>
        throw new InvalidOperationException("the driver has no domain_alloc_paging");

    /// <summary>
    /// No unit here offers nesting or dirty tracking, so of the flags only PASID is known, and that only in 7.2.
    /// </summary>
    public AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags)
    {
        if ((flags & ~profile.AllocFlags) != 0)
        {
            return AllocResult.Error(Errno.EOPNOTSUPP);
        }

        if (Rules.Generic)
        {
            return AllocResult.Of(new VtdGenericDomain(this, Unit(dev)));
        }

        var domain = new VtdClassicDomain(this, firstStage: false);
        domain.FinaliseFor(Unit(dev));
        return AllocResult.Of(domain);
    }

    public AllocResult DomainAllocIdentity(IommuDevice dev) =>
        throw new InvalidOperationException("the driver has no domain_alloc_identity");

    public void ProbeFinalize(IommuDevice dev)
    {
    }

    /// <summary>
    /// 6.1 detaches here itself; later trees find the device blocked already and only take its tables away. A device
    /// whose attach is still deferred keeps the old kernel's entry.
    /// </summary>
    public void ReleaseDevice(IommuDevice dev)
    {
        var device = (VtdDevice)dev.DriverData!;
        if (!Rules.ContextAtProbe)
        {
            ReleaseAttached(device);
        }
        else if (device.Unit.IsScalable && !device.IsCopied)
        {
            attach.Contexts.ClearScalable(device, 0);
        }

        device.Pasids?.Free();
        dev.DriverData = null;
    }

    public void SetPlatformDmaOps(IommuDevice dev) =>
        throw new InvalidOperationException("the driver has no set_platform_dma_ops");

    public Capabilities Capable(IommuDevice dev) =>
        dev.DriverData is VtdDevice { AtsSupported: true }
            ? profile.Capabilities
            : profile.Capabilities & ~Capabilities.PciAts;

    /// <summary>Starts the unit of an instance; entries of deferred devices come from the old kernel.</summary>
    public void Start(InstanceId instance)
    {
        var sids = ImmutableArray.CreateBuilder<ushort>();
        foreach (var device in context.Topology.Devices)
        {
            if (context.Topology.Kernel.Kdump && device.Deferred && device.Instance == instance)
            {
                sids.AddRange(device.Requesters.Select(r => (ushort)r.Id.Value));
            }
        }

        units[unitOfInstance[instance.Index]].Start(sids);
    }

    public Errno AttachPaging(VtdPagingDomain domain, IommuDevice dev) => attach.Paging(domain, dev);

    public Errno AttachPasid(VtdPagingDomain domain, IommuDevice dev, uint pasid, IommuDomain? old) =>
        attach.Pasid(domain, dev, pasid, old);

    public void DetachDevice(IommuDevice dev) => attach.Detach((VtdDevice)dev.DriverData!);

    /// <summary>Large leaves that all units have: 0 none, 1 2 MiB, 2 also 1 GiB (domain_update_iommu_superpage).</summary>
    public int CommonLargeLevels(bool firstStage)
    {
        if (firstStage)
        {
            return Array.TrueForAll(units, u => u.Capabilities.HasFirstStage1G) ? Size1G : 1;
        }

        var common = 3u;
        foreach (var unit in units)
        {
            common &= unit.Capabilities.LargePages;
        }

        return common == 0 ? 0 : System.Numerics.BitOperations.Log2(common) + 1;
    }

    /// <summary>Do all units of a domain snoop? Without any unit: do all of the machine?</summary>
    public bool AllCoherent(Func<int, bool> uses)
    {
        var any = false;
        var coherent = true;
        var all = true;
        foreach (var unit in units)
        {
            all &= unit.Capabilities.IsPagingCoherent;
            if (uses(unit.Index))
            {
                any = true;
                coherent &= unit.Capabilities.IsPagingCoherent;
            }
        }

        return any ? coherent : all;
    }

    private static VtdUnit Unit(IommuDevice dev) => ((VtdDevice)dev.DriverData!).Unit;

    /// <summary>
    /// 6.x: first stage when every unit is scalable and either all have only that stage, or all have both and the
    /// domain is for the DMA API (first_level_by_default).
    /// </summary>
    private bool UsesFirstStage(DomainType type)
    {
        if (!Array.TrueForAll(units, u => u.IsScalable))
        {
            return false;
        }

        var first = Array.TrueForAll(units, u => u.Capabilities.HasFirstStage);
        var second = Array.TrueForAll(units, u => u.Capabilities.HasSecondStage);
        return first != second ? first : type != DomainType.Unmanaged;
    }

    /// <summary>6.1: the one identity domain; with a table of all RAM and RMRRs if some unit cannot pass through.</summary>
    private VtdClassicDomain BuildIdentity()
    {
        var domain = new VtdClassicDomain(this, UsesFirstStage(DomainType.Identity));
        if (AllPassThrough)
        {
            domain.IsPassThrough = true;
            return domain;
        }

        domain.MapIdentity(0, RamBytes - 1);
        foreach (var region in context.Topology.Devices.SelectMany(d => d.Regions))
        {
            if (profile.ReportsRegions.Contains(region.Type) && region.End >= RamBytes)
            {
                domain.MapIdentity(Math.Max(region.Start.Value, RamBytes), region.End);
            }
        }

        return domain;
    }

    private void ReleaseAttached(VtdDevice device)
    {
        if (device.Domain is null && Steps.ToleratesReleaseWithoutDomain)
        {
            if (!device.IsCopied)
            {
                attach.ForgetContext(device);
            }

            return;
        }

        attach.Detach(device);
    }
}
