using Conformance.Model.Contract;

namespace Conformance.Model.Core;

/// <summary>
/// Which driver ops make a domain, and what is tried after a refusal (core.md 1.3, 2.1, 3.3).
/// </summary>
public abstract class AllocPolicy
{
    /// <summary>A group may live without a default domain, on the platform's DMA (before v6.7).</summary>
    public virtual bool DefaultIsOptional => false;

    /// <summary>For a user of the API: UNMANAGED, for one device.</summary>
    public abstract AllocResult ForUser(IommuCore core, IommuDevice dev, AllocFlags flags);

    /// <summary>
    /// For iommufd (iommufd_hwpt_paging_alloc): a driver that has the flags op is asked through it, without
    /// flags too, and its error is final; one that has none is asked as by <see cref="ForUser"/>.
    /// </summary>
    public AllocResult ForIommufd(IommuCore core, IommuDevice dev, AllocFlags flags)
    {
        if ((IommuCore.DriverOf(dev).Ops & IommuOps.DomainAllocPagingFlags) != 0)
        {
            return core.CallAllocFlags(dev, DomainType.Unmanaged, flags);
        }

        return flags == AllocFlags.None ? ForUser(core, dev, flags) : AllocResult.Error(Errno.EOPNOTSUPP);
    }

    /// <summary>The group's blocking domain, made with its first device.</summary>
    public abstract AllocResult Blocking(IommuCore core, Group group);

    /// <summary>
    /// The default domain, made with the group's first device (or, before v6.5 on hotplug, with
    /// <paramref name="dev"/>).
    /// <paramref name="wish"/> is null for "auto". NULL result: platform DMA (before v6.7).
    /// </summary>
    public abstract AllocResult Default(IommuCore core, Group group, IommuDevice dev, DomainType? wish);

    /// <summary>The present default domain when it already has the type, else a new one.</summary>
    protected static AllocResult Reuse(Group group, DomainType type, Func<AllocResult> alloc) =>
        group.DefaultDomain is { } present && present.Type == type ? AllocResult.Of(present) : alloc();

    /// <summary>
    /// A domain of a type through <c>domain_alloc(type)</c>; the FQ bit may be hidden from the driver.
    /// </summary>
    protected static AllocResult ByType(IommuCore core, IommuDevice dev, DomainType type)
    {
        var hidden = core.Era.FlushQueue != FlushQueuePolicy.SeenByDriver;
        var seen = hidden ? type & ~DomainType.FlushQueueBit : type;
        var tag = Tag(core, dev, type);
        return (IommuCore.DriverOf(dev).Ops & IommuOps.DomainAlloc) == 0
            ? AllocResult.Error(Errno.EOPNOTSUPP)
            : core.CallAlloc(dev, tag, driver => driver.DomainAlloc(seen));
    }

    /// <summary>The type the core writes into the domain before its first attach.</summary>
    protected static DomainType Tag(IommuCore core, IommuDevice dev, DomainType type)
    {
        var demoted = type == DomainType.DmaFq
            && core.Era.FlushQueue == FlushQueuePolicy.OnlyWhereCapable
            && !IommuCore.IsCapable(dev, Capabilities.DeferredFlush);
        return demoted ? DomainType.Dma : type;
    }
}

/// <summary>v5.19 to v6.6: <c>domain_alloc(type)</c> for everything, NULL for "no".</summary>
public sealed class TypeAlloc : AllocPolicy
{
    /// <summary>Any default type that fails becomes DMA, even a demanded one (up to v6.4).</summary>
    public bool FallsBackToDma { get; init; }

    public override bool DefaultIsOptional => true;

    public override AllocResult ForUser(IommuCore core, IommuDevice dev, AllocFlags flags) =>
        flags != AllocFlags.None
            ? AllocResult.Error(Errno.EOPNOTSUPP)
            : NullIs(Errno.ENOMEM, ByType(core, dev, DomainType.Unmanaged));

    public override AllocResult Blocking(IommuCore core, Group group)
    {
        var dev = group.Devices[0].Device;
        var blocked = ByType(core, dev, DomainType.Blocked);
        return blocked.Domain is not null
            ? blocked
            : NullIs(Errno.EINVAL, ByType(core, dev, DomainType.Unmanaged), always: true);
    }

    public override AllocResult Default(IommuCore core, Group group, IommuDevice dev, DomainType? wish)
    {
        var type = wish ?? core.Global.Type;
        var first = Reuse(group, type, () => ByType(core, dev, type));
        var mayFall = FallsBackToDma || wish is null;
        if (first.Domain is not null || !mayFall || type == DomainType.Dma)
        {
            return first;
        }

        core.Warn(Tracing.WarnCode.DefaultTypeFallback, group);
        return ByType(core, dev, DomainType.Dma);
    }

    private static AllocResult NullIs(Errno errno, AllocResult result, bool always = false) =>
        result.Domain is null && (always || result.Errno == Errno.OK) ? AllocResult.Error(errno) : result;
}

/// <summary>
/// v6.7 to v6.12: static domains, <c>domain_alloc_paging</c>, and <c>domain_alloc</c> as fallback.
/// </summary>
public class MixedAlloc : AllocPolicy
{
    public override AllocResult ForUser(IommuCore core, IommuDevice dev, AllocFlags flags)
    {
        if (flags == AllocFlags.None)
        {
            return Paging(core, dev, DomainType.Unmanaged);
        }

        return (IommuCore.DriverOf(dev).Ops & IommuOps.DomainAllocPagingFlags) == 0
            ? AllocResult.Error(Errno.EOPNOTSUPP)
            : core.CallAllocFlags(dev, DomainType.Unmanaged, flags);
    }

    public override AllocResult Blocking(IommuCore core, Group group)
    {
        var dev = group.Devices[0].Device;
        if (IommuCore.DriverOf(dev).BlockedDomain is { } blocked)
        {
            return AllocResult.Of(blocked);
        }

        var typed = ByType(core, dev, DomainType.Blocked);
        return typed.Domain is not null ? typed : Paging(core, dev, DomainType.Unmanaged);
    }

    public override AllocResult Default(IommuCore core, Group group, IommuDevice dev, DomainType? wish)
    {
        if (IommuCore.DriverOf(dev).DefaultDomain is { } fixedDomain)
        {
            return wish is { } asked && asked != fixedDomain.Type
                ? AllocResult.Error(Errno.EINVAL)
                : AllocResult.Of(fixedDomain);
        }

        if (wish is { } type)
        {
            return OfType(core, group, dev, type);
        }

        var auto = OfType(core, group, dev, core.Global.Type);
        if (auto.Domain is not null)
        {
            return auto;
        }

        if (core.Global.Type == DomainType.Dma)
        {
            return AllocResult.Error(Errno.EINVAL);
        }

        var dma = OfType(core, group, dev, DomainType.Dma);
        if (dma.Domain is not null)
        {
            core.Warn(Tracing.WarnCode.DefaultTypeFallback, group);
        }

        return dma;
    }

    /// <summary>A paging domain without flags.</summary>
    protected virtual AllocResult Paging(IommuCore core, IommuDevice dev, DomainType type)
    {
        if ((IommuCore.DriverOf(dev).Ops & IommuOps.DomainAllocPaging) != 0)
        {
            return NoNull(core.CallAlloc(dev, type, d => d.DomainAllocPaging(dev)));
        }

        return NoNull(ByType(core, dev, type));
    }

    /// <summary>An identity domain that is not static.</summary>
    protected virtual AllocResult Identity(IommuCore core, IommuDevice dev) =>
        NoNull(ByType(core, dev, DomainType.Identity));

    /// <summary>The paging domain of the kernel DMA API.</summary>
    protected virtual AllocResult DefaultPaging(IommuCore core, IommuDevice dev, DomainType type) =>
        Paging(core, dev, type);

    protected static AllocResult NoNull(AllocResult result) =>
        result.Domain is null && result.Errno == Errno.OK ? AllocResult.Error(Errno.ENOMEM) : result;

    private AllocResult OfType(IommuCore core, Group group, IommuDevice dev, DomainType type) =>
        Reuse(group, type, () =>
        {
            if (type == DomainType.Identity)
            {
                return IommuCore.DriverOf(dev).IdentityDomain is { } identity
                    ? AllocResult.Of(identity)
                    : Identity(core, dev);
            }

            return DefaultPaging(core, dev, type);
        });
}

/// <summary>v6.16 on: allocation for a device, with flags; <c>domain_alloc(type)</c> is gone.</summary>
public class DeviceAlloc : MixedAlloc
{
    public override AllocResult ForUser(IommuCore core, IommuDevice dev, AllocFlags flags) =>
        WithFlags(core, dev, DomainType.Unmanaged, flags);

    public override AllocResult Blocking(IommuCore core, Group group)
    {
        var dev = group.Devices[0].Device;
        return IommuCore.DriverOf(dev).BlockedDomain is { } blocked
            ? AllocResult.Of(blocked)
            : Paging(core, dev, DomainType.Unmanaged);
    }

    protected override AllocResult Paging(IommuCore core, IommuDevice dev, DomainType type) =>
        WithFlags(core, dev, type, AllocFlags.None);

    protected override AllocResult Identity(IommuCore core, IommuDevice dev) =>
        (IommuCore.DriverOf(dev).Ops & IommuOps.DomainAllocIdentity) == 0
            ? AllocResult.Error(Errno.EOPNOTSUPP)
            : core.CallAlloc(dev, DomainType.Identity, d => d.DomainAllocIdentity(dev));

    /// <summary>First with the PASID flag if the device has PASIDs; -EOPNOTSUPP: again without.</summary>
    protected override AllocResult DefaultPaging(IommuCore core, IommuDevice dev, DomainType type)
    {
        if (dev.MaxPasids > 0)
        {
            var withPasid = WithFlags(core, dev, type, AllocFlags.Pasid);
            if (withPasid.Domain is not null || withPasid.Errno != Errno.EOPNOTSUPP)
            {
                return withPasid;
            }
        }

        return WithFlags(core, dev, type, AllocFlags.None);
    }

    /// <summary>
    /// __iommu_paging_domain_alloc_flags: the plain op first when no flag is set; errors are final.
    /// </summary>
    private static AllocResult WithFlags(IommuCore core, IommuDevice dev, DomainType type, AllocFlags flags)
    {
        var ops = IommuCore.DriverOf(dev).Ops;
        if ((ops & IommuOps.DomainAllocPaging) != 0 && flags == AllocFlags.None)
        {
            return NoNull(core.CallAlloc(dev, type, d => d.DomainAllocPaging(dev)));
        }

        return (ops & IommuOps.DomainAllocPagingFlags) == 0
            ? AllocResult.Error(Errno.EOPNOTSUPP)
            : NoNull(core.CallAllocFlags(dev, type, flags));
    }
}
