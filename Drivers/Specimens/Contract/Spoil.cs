using Conformance.Model.Contract;

namespace Conformance.Drivers.Specimens;

/// <summary>
/// One breach of the contract, committed between the core and a real driver: each member passes its call on
/// to the driver, a breach overrides one. Domains are the driver's own.
/// </summary>
internal abstract class Spoil
{
    public virtual Errno AttachDev(IommuDomain domain, IommuDevice dev, IommuDomain? old) =>
        domain.AttachDev(dev, old);

    public virtual Errno SetDevPasid(IommuDomain domain, IommuDevice dev, Pasid pasid, IommuDomain? old) =>
        domain.SetDevPasid(dev, pasid, old);

    public virtual Errno MapPages(
        IommuDomain domain,
        Iova iova,
        PhysAddr pa,
        ulong pgsize,
        ulong pgcount,
        Prot prot,
        ref ulong mapped) =>
        domain.MapPages(iova, pa, pgsize, pgcount, prot, ref mapped);

    public virtual ulong UnmapPages(
        IommuDomain domain, Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather) =>
        domain.UnmapPages(iova, pgsize, pgcount, gather);

    public virtual void IotlbSync(IommuDomain domain, IotlbGather gather) => domain.IotlbSync(gather);

    public virtual PhysAddr IovaToPhys(IommuDomain domain, Iova iova) => domain.IovaToPhys(iova);

    /// <summary>Which domain is handed out for one that was just made.</summary>
    public virtual IommuDomain Made(IommuDomain domain) => domain;

    /// <summary>What the driver calls its release domain.</summary>
    public virtual IommuDomain? Released(IommuDomain? domain) => domain;
}
