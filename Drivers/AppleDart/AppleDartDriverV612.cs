using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// The driver of 6.12 and 7.2: static identity and blocked domains, one allocation op for paging.
/// </summary>
internal sealed class AppleDartDriverV612 : AppleDartDriver
{
    public AppleDartDriverV612(DriverContext context, PhysicalMemory memory, AppleDartSteps steps)
        : base(context, memory, steps)
    {
        BlockedDomain = new AppleDartBlockedDomain();
        IdentityDomain = new AppleDartIdentityDomain(Tree);
    }

    public override IommuOps Ops => IommuOps.DomainAllocPaging | IommuOps.DefDomainType;

    public override IommuDomain? BlockedDomain { get; }

    public override IommuDomain? IdentityDomain { get; }

    /// <summary>
    /// Final at once. -ENOMEM when the table library refuses the widths of the device's unit.
    /// </summary>
    public override AllocResult DomainAllocPaging(IommuDevice dev)
    {
        var domain = new AppleDartPagingDomain(this);
        var errno = domain.Finalise(AppleDartMaster.Of(dev));
        return errno == Errno.OK ? AllocResult.Of(domain) : AllocResult.Error(errno);
    }

    /// <summary>
    /// The op ends with iommu_dma_get_resv_regions, which adds the reserved-memory nodes of the device tree
    /// (dma-iommu.c, of_iommu.c; not in 6.1).
    /// </summary>
    public override void GetResvRegions(IommuDevice dev, List<ResvRegion> regions)
    {
        base.GetResvRegions(dev, regions);
        foreach (var region in dev.Spec.Regions)
        {
            if (region.Type is ResvType.Direct or ResvType.Reserved)
            {
                regions.Add(region);
            }
        }
    }
}
