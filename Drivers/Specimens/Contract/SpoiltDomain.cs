using Conformance.Model.Contract;

namespace Conformance.Drivers.Specimens;

/// <summary>
/// A domain of a spoilt driver. What the core writes into it is written into the real one before a call.
/// </summary>
internal sealed class SpoiltDomain : IommuDomain
{
    private readonly IommuDomain real;
    private readonly SpoiltDriver driver;
    private readonly Spoil spoil;

    public SpoiltDomain(IommuDomain real, SpoiltDriver driver, Spoil spoil)
    {
        (this.real, this.driver, this.spoil) = (real, driver, spoil);
        Type = real.Type;
        PageSizes = real.PageSizes;
        Aperture = real.Aperture;
    }

    public override DomainOps Ops => real.Ops;

    public override bool IsGenericPageTable => real.IsGenericPageTable;

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        var result = spoil.AttachDev(Told(), dev, Real(old));
        PageSizes = real.PageSizes;
        Aperture = real.Aperture;
        return result;
    }

    public override void DetachDev(IommuDevice dev) => Told().DetachDev(dev);

    public override Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old) =>
        spoil.SetDevPasid(Told(), dev, pasid, Real(old));

    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped) =>
        spoil.MapPages(Told(), iova, pa, pgsize, pgcount, prot, ref mapped);

    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather) =>
        spoil.UnmapPages(Told(), iova, pgsize, pgcount, gather);

    public override Errno MapRange(Iova iova, PhysAddr pa, ulong size, Prot prot, ref ulong mapped) =>
        Told().MapRange(iova, pa, size, prot, ref mapped);

    public override ulong UnmapRange(Iova iova, ulong size, IotlbGather gather) =>
        Told().UnmapRange(iova, size, gather);

    public override void FlushIotlbAll() => Told().FlushIotlbAll();

    public override Errno IotlbSyncMap(Iova iova, ulong size) => Told().IotlbSyncMap(iova, size);

    public override void IotlbSync(IotlbGather gather) => spoil.IotlbSync(Told(), gather);

    public override PhysAddr IovaToPhys(Iova iova) => spoil.IovaToPhys(Told(), iova);

    public override bool EnforceCacheCoherency() => Told().EnforceCacheCoherency();

    public override void Free() => Told().Free();

    private static IommuDomain? Real(IommuDomain? domain) =>
        domain is SpoiltDomain spoilt ? spoilt.Told() : domain;

    private IommuDomain Told()
    {
        real.Id = Id;
        real.Ref = Ref;
        real.Type = Type;
        real.Owner = Owner is null ? null : driver.Real;
        return real;
    }
}
