using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>What IOMMU_HWPT_ALLOC may ask for (core.md 7.4).</summary>
public sealed record HwptRequestPolicy
{
    /// <summary>Flags that a paging HWPT knows; others are -EOPNOTSUPP.</summary>
    public HwptFlags Known { get; init; } =
        HwptFlags.NestParent | HwptFlags.DirtyTracking | HwptFlags.FaultIdValid | HwptFlags.Pasid;

    /// <summary>
    /// On a HWPT instead of an IOAS: nested, which without data of the user is -EOPNOTSUPP whatever the
    /// parent; -ENOENT where only an IOAS is looked for (v6.6).
    /// </summary>
    public Errno OnHwpt { get; init; } = Errno.EOPNOTSUPP;

    /// <summary>What a request on a HWPT gives, which carries no data for the driver.</summary>
    public Errno CheckNested(HwptFlags flags) => (flags & ~Known) != 0 ? Errno.EOPNOTSUPP : OnHwpt;

    /// <summary>The tests before the driver is asked (iommufd_hwpt_paging_alloc), in its order.</summary>
    public Errno Check(IommuDevice dev, HwptFlags flags)
    {
        var hasFlagsOp = (IommuCore.DriverOf(dev).Ops & IommuOps.DomainAllocPagingFlags) != 0;
        var asksDirty = (flags & HwptFlags.DirtyTracking) != 0;
        const HwptFlags FaultyParent = HwptFlags.FaultIdValid | HwptFlags.NestParent;
        return (flags != HwptFlags.None && !hasFlagsOp)
            || (flags & ~Known) != 0
            || (asksDirty && !IommuCore.IsCapable(dev, Capabilities.DirtyTracking))
            || (flags & FaultyParent) == FaultyParent
            ? Errno.EOPNOTSUPP
            : Errno.OK;
    }

    /// <summary>What the driver is asked for; a fault queue is no matter of it.</summary>
    internal static AllocFlags ForDriver(HwptFlags flags) =>
        ((flags & HwptFlags.NestParent) != 0 ? AllocFlags.NestParent : AllocFlags.None)
        | ((flags & HwptFlags.DirtyTracking) != 0 ? AllocFlags.DirtyTracking : AllocFlags.None)
        | ((flags & HwptFlags.Pasid) != 0 ? AllocFlags.Pasid : AllocFlags.None);
}
