using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>6.1: domain_alloc(type), no static domains, release detaches.</summary>
public sealed class ArmSmmuV3Driver61(
    DriverContext context, IReadOnlyDictionary<InstanceId, SmmuDevice> units, SmmuSteps steps)
    : ArmSmmuV3Driver(context, units, steps)
{
    public override IommuOps Ops => IommuOps.DomainAlloc | IommuOps.DefDomainType | IommuOps.Capable;

    /// <summary>NULL for BLOCKED: the core then blocks with an empty paging domain.</summary>
    public override AllocResult DomainAlloc(DomainType type) =>
        type is DomainType.Unmanaged or DomainType.Dma or DomainType.DmaFq or DomainType.Identity
            ? AllocResult.Of(new SmmuDomain61(this, type))
            : AllocResult.Null;

    /// <summary>DEFERRED_FLUSH: asked from v6.5 on, and true since DMA_FQ domains are offered.</summary>
    public override Capabilities Capable(IommuDevice dev) =>
        BaseCapabilities(dev) | Capabilities.DeferredFlush;

    /// <summary>PASIDs serve shared virtual addressing only, which has ops of its own.</summary>
    protected override uint PasidsOf(DeviceSpec device, SmmuDevice unit) => 0;

    protected override void LeaveDomain(IommuDevice dev, SmmuMaster master) => SmmuDomain61.Detach(master);
}

/// <summary>6.12 and 7.2: static identity and blocked domains, paging domains made for a device.</summary>
public abstract class ArmSmmuV3ModernDriver : ArmSmmuV3Driver
{
    private readonly SmmuStaticDomain blocked;
    private readonly SmmuStaticDomain identity;

    protected ArmSmmuV3ModernDriver(
        DriverContext context, IReadOnlyDictionary<InstanceId, SmmuDevice> units, SmmuSteps steps)
        : base(context, units, steps)
    {
        blocked = new SmmuStaticDomain(DomainType.Blocked, OldUserOf);
        identity = new SmmuStaticDomain(DomainType.Identity, OldUserOf);
    }

    public override IommuDomain BlockedDomain => blocked;

    public override IommuDomain IdentityDomain => identity;

    /// <summary>Which paging domain a switch of normal DMA or of a PASID to a static one leaves.</summary>
    protected abstract SmmuModernDomain? OldUserOf(SmmuMaster master, Pasid pasid, IommuDomain? old);

    /// <summary>Finalised at once: -ENODEV without a probed device, else the error of finalise.</summary>
    protected static AllocResult Make(SmmuModernDomain domain, IommuDevice dev, bool dirty)
    {
        if (dev.DriverData is not SmmuMaster master)
        {
            return AllocResult.Error(Errno.ENODEV);
        }

        var error = domain.FinaliseFor(master.Unit, dirty);
        return error == Errno.OK ? AllocResult.Of(domain) : AllocResult.Error(error);
    }

    /// <summary>Stage 1 is needed for dirty tracking and for PASIDs.</summary>
    protected static bool HasStage1(IommuDevice dev) =>
        dev.DriverData is SmmuMaster { Unit.Features.Stage1: true };

    /// <summary>Attaches a static domain, as release does without the core's help.</summary>
    protected void Park(SmmuMaster master, bool onIdentity) =>
        (onIdentity ? identity : blocked).Attach(master, OldUserOf(master, Pasid.None, master.Domain));
}

/// <summary>6.12: domain_alloc_paging and domain_alloc_user; release chooses identity or abort
/// itself.</summary>
public sealed class ArmSmmuV3Driver612(
    DriverContext context, IReadOnlyDictionary<InstanceId, SmmuDevice> units, SmmuSteps steps)
    : ArmSmmuV3ModernDriver(context, units, steps)
{
    public override IommuOps Ops => IommuOps.DomainAllocPaging | IommuOps.DomainAllocPagingFlags
        | IommuOps.DefDomainType | IommuOps.Capable;

    public override AllocResult DomainAllocPaging(IommuDevice dev) =>
        Make(new SmmuDomain612(this), dev, dirty: false);

    /// <summary>domain_alloc_user: dirty tracking is the only flag.</summary>
    public override AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags)
    {
        if ((flags & ~AllocFlags.DirtyTracking) != 0 || (flags != 0 && !HasStage1(dev)))
        {
            return AllocResult.Error(Errno.EOPNOTSUPP);
        }

        return Make(new SmmuDomain612(this), dev, flags != 0);
    }

    public override Capabilities Capable(IommuDevice dev) =>
        BaseCapabilities(dev) | Capabilities.DeferredFlush | DirtyCapability(dev);

    protected override SmmuModernDomain? OldUserOf(SmmuMaster master, Pasid pasid, IommuDomain? old) =>
        pasid == Pasid.None
            ? master.Domain as SmmuModernDomain
            : master.Pasids.GetValueOrDefault(pasid.Value);

    /// <summary>The entry goes back to what it was at start: bypass for devices with direct regions, else
    /// abort.</summary>
    protected override void LeaveDomain(IommuDevice dev, SmmuMaster master) =>
        Park(master, dev.RequireDirect);
}

/// <summary>7.2: domain_alloc_paging_flags; the core attaches the release domain before
/// release_device.</summary>
public sealed class ArmSmmuV3Driver72(
    DriverContext context, IReadOnlyDictionary<InstanceId, SmmuDevice> units, SmmuSteps steps)
    : ArmSmmuV3ModernDriver(context, units, steps)
{
    public override IommuOps Ops =>
        IommuOps.DomainAllocPagingFlags | IommuOps.DefDomainType | IommuOps.Capable;

    public override IommuDomain ReleaseDomain => BlockedDomain;

    /// <summary>
    /// Dirty tracking, PASID or both need stage 1; a nesting parent needs both stages, which no unit here
    /// has.
    /// iommufd asks for the dirty capability first, so the unit's features are not looked at again.
    /// </summary>
    public override AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags)
    {
        const AllocFlags NeedStage1 = AllocFlags.DirtyTracking | AllocFlags.Pasid;
        if ((flags & ~NeedStage1) != 0 || (flags != 0 && !HasStage1(dev)))
        {
            return AllocResult.Error(Errno.EOPNOTSUPP);
        }

        return Make(new SmmuDomain72(this), dev, flags.HasFlag(AllocFlags.DirtyTracking));
    }

    public override Capabilities Capable(IommuDevice dev)
    {
        var capabilities = BaseCapabilities(dev) | Capabilities.DeferredFlush | DirtyCapability(dev);
        return dev.DriverData is SmmuMaster { SupportsAts: true }
            ? capabilities | Capabilities.PciAts
            : capabilities;
    }

    protected override SmmuModernDomain? OldUserOf(SmmuMaster master, Pasid pasid, IommuDomain? old) =>
        old as SmmuModernDomain;

    protected override void LeaveDomain(IommuDevice dev, SmmuMaster master)
    {
        // The core has put the device on the release domain.
    }
}
