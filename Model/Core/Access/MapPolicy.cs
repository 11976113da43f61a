using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>
/// Checks before map and unmap, and when the invalidation ops are called (core.md 5.1, 5.3). The loop over
/// pages is
/// common, except where a generic page table takes the whole range.
/// </summary>
public abstract class MapPolicy
{
    /// <summary>iotlb_sync_map may fail and then undoes the map (v6.7 on).</summary>
    public bool SyncMapMayFail { get; init; } = true;

    /// <summary>0, or what iommu_map returns before any driver call.</summary>
    public abstract Errno CheckMap(IommuCore core, IommuDomain domain, ulong iova, ulong pa, ulong size);

    /// <summary>False: iommu_unmap returns 0 before any driver call.</summary>
    public virtual bool MayUnmap(IommuCore core, IommuDomain domain, ulong iova, ulong size) =>
        domain.Type.IsPaging() && CanMap(domain) && IsAligned(domain, iova, 0, size);

    /// <summary>
    /// Page size and count of the next page-wise call (iommu_pgsize). For unmap PA is the IOVA.
    /// </summary>
    public virtual ulong Choose(PageSizes sizes, ulong iova, ulong pa, ulong size, out ulong count) =>
        sizes.Choose(iova, pa, size, out count);

    /// <summary>The whole range goes to the driver at once.</summary>
    public virtual bool TakesRange(IommuDomain domain) => false;

    /// <summary>After each unmap call: add the range when the driver gathered nothing (v7.2).</summary>
    public virtual void FillGather(IotlbGather gather, ulong iova, ulong size)
    {
    }

    /// <summary>Whether iotlb_sync is called for this gather; up to v7.0 always.</summary>
    public virtual bool Syncs(IotlbGather gather) => true;

    protected static bool CanMap(IommuDomain domain) =>
        (domain.Ops & DomainOps.MapPages) != 0 && !domain.PageSizes.IsEmpty;

    protected static bool IsAligned(IommuDomain domain, ulong iova, ulong pa, ulong size) =>
        ((iova | pa | size) & (domain.PageSizes.Min - 1)) == 0;
}

/// <summary>
/// v5.19 to v6.6: no op -ENODEV first, then type and alignment -EINVAL; iotlb_sync_map is void.
/// </summary>
public sealed class SilentMapping : MapPolicy
{
    public SilentMapping() => SyncMapMayFail = false;

    public override Errno CheckMap(IommuCore core, IommuDomain domain, ulong iova, ulong pa, ulong size)
    {
        if (!CanMap(domain))
        {
            return Errno.ENODEV;
        }

        return domain.Type.IsPaging() && IsAligned(domain, iova, pa, size) ? Errno.OK : Errno.EINVAL;
    }
}

/// <summary>
/// v6.7 to v6.12: type -EINVAL, no op or page sizes a warning and -ENODEV, misaligned -EINVAL.
/// </summary>
public class WarnedMapping : MapPolicy
{
    public override Errno CheckMap(IommuCore core, IommuDomain domain, ulong iova, ulong pa, ulong size)
    {
        if (!domain.Type.IsPaging())
        {
            return Errno.EINVAL;
        }

        if (!CanMap(domain))
        {
            core.Warn(WarnCode.BadMap, domain: domain);
            return Errno.ENODEV;
        }

        return IsAligned(domain, iova, pa, size) ? Errno.OK : Errno.EINVAL;
    }
}

/// <summary>
/// v6.19 and v7.0: as before (strange allocation flags, which this model has none of, are tested later).
/// </summary>
public sealed class FlagsLastMapping : WarnedMapping;

/// <summary>
/// v7.2: one warning for type and page sizes; generic page tables take the range without alignment test.
/// </summary>
public class GenericTableMapping : MapPolicy
{
    public override Errno CheckMap(IommuCore core, IommuDomain domain, ulong iova, ulong pa, ulong size)
    {
        if (!domain.Type.IsPaging() || domain.PageSizes.IsEmpty)
        {
            core.Warn(WarnCode.BadMap, domain: domain);
            return Errno.EINVAL;
        }

        if (domain.IsGenericPageTable)
        {
            return Errno.OK;
        }

        if ((domain.Ops & DomainOps.MapPages) == 0)
        {
            core.Warn(WarnCode.BadMap, domain: domain);
            return Errno.ENODEV;
        }

        return IsAligned(domain, iova, pa, size) ? Errno.OK : Errno.EINVAL;
    }

    public override bool MayUnmap(IommuCore core, IommuDomain domain, ulong iova, ulong size) =>
        domain.IsGenericPageTable
            ? domain.Type.IsPaging() && !domain.PageSizes.IsEmpty
            : base.MayUnmap(core, domain, iova, size);

    public override bool TakesRange(IommuDomain domain) => domain.IsGenericPageTable;

    public override void FillGather(IotlbGather gather, ulong iova, ulong size)
    {
        if (gather.IsEmpty)
        {
            gather.AddRange(iova, size);
        }
    }

    public override bool Syncs(IotlbGather gather) => !gather.IsEmpty;
}
