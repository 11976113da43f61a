using Conformance.Drivers.PageTables;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// Single steps of the driver, done here as Linux does them. A specimen overrides one of them; the driver
/// itself never asks which it has.
/// </summary>
internal class AppleDartSteps
{
    /// <summary>The steps of the driver as it is.</summary>
    public static readonly AppleDartSteps Real = new();

    /// <summary>iotlb_sync_map invalidates, as hardware may have cached the absence.</summary>
    public virtual bool InvalidatesAfterMap => true;

    /// <summary>The end of an attach to a paging domain invalidates the streams.</summary>
    public virtual bool InvalidatesOnAttach => true;

    /// <summary>A command is waited for.</summary>
    public virtual bool WaitsForInvalidation => true;

    /// <summary>
    /// 6.1: attach_dev treats a type it does not know as paging (c7bd8a1f45ba "iommu/apple-dart: Handle
    /// DMA_FQ domains in attach_dev()", v6.6); without that such a type is accepted and nothing is done.
    /// </summary>
    public virtual bool AttachesUnknownTypes => false;

    /// <summary>Of how many of a domain's units a flush reaches the streams.</summary>
    public virtual int UnitsInvalidated(int units) => units;

    /// <summary>Writes the TCR of one stream for translation.</summary>
    public virtual void WriteTranslateTcr(DartSilicon regs, uint offset, uint value) =>
        regs.Write32(offset, value);

    /// <summary>How descriptors are written.</summary>
    public virtual DartEncoding Encoding(DartEncoding real) => real;

    /// <summary>How an IOVA is cut into indices.</summary>
    public virtual DartGeometry? Geometry(DartGeometry? real, int pageShift) => real;
}
