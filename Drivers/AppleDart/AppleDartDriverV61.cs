using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>The driver of 6.1: every type comes from domain_alloc.</summary>
internal sealed class AppleDartDriverV61(DriverContext context, PhysicalMemory memory, AppleDartSteps steps)
    : AppleDartDriver(context, memory, steps)
{
    public override IommuOps Ops => IommuOps.DomainAlloc | IommuOps.DefDomainType;

    /// <summary>NULL for DMA_FQ and whatever else is not one of the four types.</summary>
    public override AllocResult DomainAlloc(DomainType type) =>
        type is DomainType.Dma or DomainType.Unmanaged or DomainType.Identity or DomainType.Blocked
            ? AllocResult.Of(new AppleDartDomainV61(this, type))
            : AllocResult.Null;
}
