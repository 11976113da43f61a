using Conformance.Model.Contract;

namespace Conformance.Drivers.Specimens;

/// <summary>
/// The driver half of a spoilt driver: the core sees it and its domains in place of the real ones.
/// </summary>
internal sealed class SpoiltDriver(IIommuDriver real, Spoil spoil) : IIommuDriver
{
    private readonly Dictionary<IommuDomain, SpoiltDomain> domains = [];

    public string Name => real.Name;

    public IommuOps Ops => real.Ops;

    public IommuDomain? BlockedDomain => Around(real.BlockedDomain);

    public IommuDomain? IdentityDomain => Around(real.IdentityDomain);

    public IommuDomain? ReleaseDomain => Around(spoil.Released(real.ReleaseDomain));

    public IommuDomain? DefaultDomain => Around(real.DefaultDomain);

    public IIommuDriver Real => real;

    public Errno ProbeDevice(IommuDevice dev) => real.ProbeDevice(dev);

    public int DeviceGroup(IommuDevice dev) => real.DeviceGroup(dev);

    public bool IsAttachDeferred(IommuDevice dev) => real.IsAttachDeferred(dev);

    public void GetResvRegions(IommuDevice dev, List<ResvRegion> regions) =>
        real.GetResvRegions(dev, regions);

    public DomainType? DefDomainType(IommuDevice dev) => real.DefDomainType(dev);

    public AllocResult DomainAlloc(DomainType type) => Made(real.DomainAlloc(type));

    public AllocResult DomainAllocPaging(IommuDevice dev) => Made(real.DomainAllocPaging(dev));

    public AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags) =>
        Made(real.DomainAllocPagingFlags(dev, flags));

    public AllocResult DomainAllocIdentity(IommuDevice dev) => Made(real.DomainAllocIdentity(dev));

    public void ProbeFinalize(IommuDevice dev) => real.ProbeFinalize(dev);

    public void ReleaseDevice(IommuDevice dev) => real.ReleaseDevice(dev);

    public void SetPlatformDmaOps(IommuDevice dev) => real.SetPlatformDmaOps(dev);

    public Capabilities Capable(IommuDevice dev) => real.Capable(dev);

    private AllocResult Made(AllocResult result) =>
        result.Domain is { } domain ? AllocResult.Of(Around(spoil.Made(domain))!) : result;

    private SpoiltDomain? Around(IommuDomain? domain)
    {
        if (domain is null)
        {
            return null;
        }

        if (!domains.TryGetValue(domain, out var around))
        {
            around = new SpoiltDomain(domain, this, spoil);
            domains.Add(domain, around);
        }

        return around;
    }
}
