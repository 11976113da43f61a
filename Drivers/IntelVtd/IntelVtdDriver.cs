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

        Machine = Machine.Of(context.Topology) with { Units = [.. units.Select(u => u.Capabilities)] };
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

    /// <summary>What all units have in common.</summary>
    public Machine Machine { get; }

    public Errno ProbeDevice(IommuDevice dev)
    {
        var unit = units[unitOfInstance[dev.Spec.Instance.Index]];
        if (unit.Root == 0)
        {
            return Errno.ENODEV;
        }

        var device = new VtdDevice(dev, unit, Steps.Programmed(dev.Spec.Requesters.Length));
        dev.DriverData = device;
        dev.MaxPasids = unit.Capabilities.Pasids;
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

    public int DeviceGroup(IommuDevice dev) => dev.Spec.Group;

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
        DomainType.Unmanaged or DomainType.Dma =>
            AllocResult.Of(new VtdClassicDomain(this, Machine.UsesFirstStage(type))),
        DomainType.DmaFq when !Rules.StaticDomains =>
            AllocResult.Of(new VtdClassicDomain(this, Machine.UsesFirstStage(type))),
        DomainType.Identity when !Rules.StaticDomains =>
            AllocResult.Of(new VtdSharedIdentity(attach, sharedIdentity ??= BuildIdentity())),
        _ => AllocResult.Null,
    };

    public AllocResult DomainAllocPaging(IommuDevice dev) =>
        throw new InvalidOperationException("the driver has no domain_alloc_paging");

    /// <summary>
    /// Nesting and dirty tracking as the unit has them; the PASID flag is known from 7.2 on.
    /// </summary>
    public AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags)
    {
        var unit = Unit(dev);
        var known = (unit.Capabilities.HasNesting ? AllocFlags.NestParent : 0)
            | (unit.Capabilities.HasDirtyBits ? AllocFlags.DirtyTracking : 0)
            | (Rules.Generic ? AllocFlags.Pasid : 0);
        if ((flags & ~known) != 0)
        {
            return AllocResult.Error(Errno.EOPNOTSUPP);
        }

        if (Rules.Generic)
        {
            return AllocResult.Of(new VtdGenericDomain(this, unit, flags));
        }

        var domain = new VtdClassicDomain(this, firstStage: false, flags);
        domain.FinaliseFor(unit);
        return AllocResult.Of(domain);
    }

    public AllocResult DomainAllocIdentity(IommuDevice dev) =>
        throw new InvalidOperationException("the driver has no domain_alloc_identity");

    /// <summary>7.2, scalable mode: ATS goes on, for the domain that is attached by now too.</summary>
    public void ProbeFinalize(IommuDevice dev)
    {
        var device = (VtdDevice)dev.DriverData!;
        if (Rules.AtsFromProbe && device.Unit.IsScalable)
        {
            device.EnableAts();
            device.Domain?.AddDeviceTags(device, 0);
        }
    }

    /// <summary>
    /// 6.1 detaches here itself; later trees find the device blocked already and only take its tables away. A
    /// device
    /// whose attach is still deferred keeps the old kernel's entry.
    /// </summary>
    public void ReleaseDevice(IommuDevice dev)
    {
        var device = (VtdDevice)dev.DriverData!;
        if (Rules.AtsFromProbe)
        {
            device.DisableAts();
        }

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

    /// <summary>What detach_dev of 6.1 does, for the cores that no longer call that.</summary>
    public void SetPlatformDmaOps(IommuDevice dev) => DetachDevice(dev);

    public Capabilities Capable(IommuDevice dev)
    {
        var device = (VtdDevice)dev.DriverData!;
        var promised = IntelVtdProfile.Promises(context.Tree, device.Unit.Capabilities);
        return device.AtsSupported ? promised : promised & ~Capabilities.PciAts;
    }

    /// <summary>The unit has iommu_set_dma_strict called.</summary>
    public bool ForcesStrict(InstanceId instance) =>
        IntelVtdProfile.ForcesStrict(Rules, units[unitOfInstance[instance.Index]].Capabilities, Machine);

    /// <summary>
    /// Starts the unit of an instance; entries of deferred devices come from the old kernel.
    /// </summary>
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

    /// <summary>Nothing to do for a device that a refused attach left blocked.</summary>
    public void DetachDevice(IommuDevice dev)
    {
        if (dev.DriverData is VtdDevice { Domain: not null } device)
        {
            attach.Detach(device);
        }
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
    /// 6.1: the one identity domain; with a table of all RAM and RMRRs if some unit cannot pass through.
    /// </summary>
    private VtdClassicDomain BuildIdentity()
    {
        var domain = new VtdClassicDomain(this, Machine.UsesFirstStage(DomainType.Identity));
        if (Machine.All(u => u.HasPassThrough))
        {
            domain.IsPassThrough = true;
            return domain;
        }

        foreach (var (first, last) in Machine.IdentityRanges())
        {
            domain.MapIdentity(first, last);
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
