using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>6.12, 7.2: the static blocked domain, also the release domain; its attach cannot fail.</summary>
internal sealed class VtdBlockedDomain : IommuDomain
{
    private readonly VtdAttach attach;

    public VtdBlockedDomain(VtdAttach attach)
    {
        this.attach = attach;
        Type = DomainType.Blocked;
    }

    public override DomainOps Ops => DomainOps.AttachDev | DomainOps.SetDevPasid;

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        attach.Block((VtdDevice)dev.DriverData!);
        return Errno.OK;
    }

    public override Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old)
    {
        attach.BlockPasid((VtdDevice)dev.DriverData!, pasid.Value);
        return Errno.OK;
    }
}

/// <summary>6.12, 7.2: the static identity domain, hardware pass-through.</summary>
internal sealed class VtdIdentityDomain : IommuDomain
{
    private readonly VtdAttach attach;

    public VtdIdentityDomain(VtdAttach attach)
    {
        this.attach = attach;
        Type = DomainType.Identity;
    }

    public override DomainOps Ops => DomainOps.AttachDev | DomainOps.SetDevPasid;

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old) => attach.Identity(dev);

    public override Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old) =>
        attach.IdentityPasid(dev, pasid.Value, old);
}

/// <summary>
/// 6.1: what <c>domain_alloc(IDENTITY)</c> gives. The kernel hands out one and the same object each time and
/// ignores its freeing; here each allocation is a handle of that one domain.
/// </summary>
/// <remarks>It has the op table of any other domain; the core does not map into it because of its
/// type.</remarks>
internal sealed class VtdSharedIdentity : IommuDomain
{
    private readonly VtdAttach attach;
    private readonly VtdClassicDomain identity;

    public VtdSharedIdentity(VtdAttach attach, VtdClassicDomain identity)
    {
        this.attach = attach;
        this.identity = identity;
        PageSizes = identity.PageSizes;
    }

    public override DomainOps Ops => identity.Ops;

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old) =>
        attach.SharedIdentity(identity, dev);

    public override void DetachDev(IommuDevice dev) => identity.DetachDev(dev);

    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped) =>
        identity.MapPages(iova, pa, pgsize, pgcount, prot, ref mapped);

    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather) =>
        identity.UnmapPages(iova, pgsize, pgcount, gather);

    public override void FlushIotlbAll() => identity.FlushIotlbAll();

    public override Errno IotlbSyncMap(Iova iova, ulong size) => identity.IotlbSyncMap(iova, size);

    public override void IotlbSync(IotlbGather gather) => identity.IotlbSync(gather);

    public override PhysAddr IovaToPhys(Iova iova) => identity.IovaToPhys(iova);

    public override bool EnforceCacheCoherency() => identity.EnforceCacheCoherency();

    public override void Free()
    {
        //// The shared domain lives as long as the driver.
    }
}
