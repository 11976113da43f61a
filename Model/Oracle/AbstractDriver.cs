using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>
/// The ideal driver: does exactly what the profiles of its instances declare. Where variants of one system
/// differ in ops or static domains, the driver has what any of them has.
/// </summary>
public sealed class AbstractDriver : IIommuDriver
{
    private readonly AbstractStack stack;
    private readonly DriverProfile first;

    internal AbstractDriver(AbstractStack stack, IReadOnlyList<DriverProfile> profiles)
    {
        this.stack = stack;
        first = profiles[0];
        Name = first.Driver;
        Ops = profiles.Aggregate(IommuOps.None, (ops, p) => ops | p.Ops);
        var pasids = profiles.Any(p => (p.PagingOps & DomainOps.SetDevPasid) != 0);
        var blocked = Static(DomainType.Blocked, pasids);
        BlockedDomain = profiles.Any(p => p.HasStaticBlocked) ? blocked : null;
        ReleaseDomain = profiles.Any(p => p.ReleasesToBlocked) ? blocked : null;
        IdentityDomain = profiles.Any(p => p.HasStaticIdentity)
            ? Static(DomainType.Identity, profiles.Any(p => p.IdentityOnPasid))
            : null;
    }

    public string Name { get; }

    public IommuOps Ops { get; }

    public IommuDomain? BlockedDomain { get; }

    public IommuDomain? IdentityDomain { get; }

    public IommuDomain? ReleaseDomain { get; }

    public IommuDomain? DefaultDomain => null;

    /// <summary>
    /// -ENODEV while an instance of the device has not started; then what the profile says.
    /// </summary>
    public Errno ProbeDevice(IommuDevice dev)
    {
        if (!stack.TryDevice(dev, out var device) || !device.Contexts.All(stack.IsStarted))
        {
            return Errno.ENODEV;
        }

        var errno = device.Profile.CheckProbe?.Invoke(device.Spec) ?? Errno.OK;
        if (errno != Errno.OK)
        {
            return errno;
        }

        device.Probe();
        dev.DriverData = device;
        dev.MaxPasids = device.Profile.MaxPasids;
        return Errno.OK;
    }

    public int DeviceGroup(IommuDevice dev)
    {
        var device = stack.DeviceOf(dev);
        if (stack.IsBarredFromGroup(device))
        {
            return -1;
        }

        device.IsGrouped = true;
        return device.Profile.SingletonGroups ? dev.SingletonGroupKey : dev.Spec.Group;
    }

    public bool IsAttachDeferred(IommuDevice dev) =>
        dev.Spec.Deferred && stack.IsKdump && !stack.DeviceOf(dev).IsAttached;

    public void GetResvRegions(IommuDevice dev, List<ResvRegion> regions)
    {
        var device = stack.DeviceOf(dev);
        foreach (var region in dev.Spec.Regions)
        {
            if (device.Profile.ReportsRegions.Contains(region.Type))
            {
                regions.Add(region);
            }
        }

        regions.AddRange(device.Profile.DriverRegions);
        if (device.Profile.RegionsFor?.Invoke(device.Spec) is { } own)
        {
            regions.AddRange(own);
        }

        if (device.Primary is { Kind: ContextKind.Translated, Domain: not null })
        {
            regions.AddRange(device.Profile.DriverRegionsWhilePaging);
        }
    }

    public DomainType? DefDomainType(IommuDevice dev) =>
        stack.DeviceOf(dev).Profile.DefDomainType?.Invoke(dev.Spec);

    public AllocResult DomainAlloc(DomainType type) =>
        first.AllocTypes.Contains(type) ? Make(first, type, AllocFlags.None, null) : AllocResult.Null;

    public AllocResult DomainAllocPaging(IommuDevice dev) =>
        Make(stack.DeviceOf(dev).Profile, DomainType.Unmanaged, AllocFlags.None, dev);

    public AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags)
    {
        var profile = stack.DeviceOf(dev).Profile;
        return (flags & ~profile.AllocFlags) != 0 || profile.RefusedAllocFlags.Contains(flags)
            ? AllocResult.Error(Errno.EOPNOTSUPP)
            : Make(profile, DomainType.Unmanaged, flags, dev, byFlagsOp: true);
    }

    public AllocResult DomainAllocIdentity(IommuDevice dev)
    {
        const DomainOps IdentityOps = DomainOps.AttachDev | DomainOps.Free;
        var origin = new DomainOrigin(DomainType.Identity, AllocFlags.None, dev.Spec, IdentityOps, false);
        return AllocResult.Of(new AbstractDomain(stack, stack.DeviceOf(dev).Profile, origin));
    }

    public void ProbeFinalize(IommuDevice dev)
    {
    }

    /// <summary>
    /// PASIDs are gone; the device stays on the release domain that the core attached, or goes where the
    /// profile says. A device whose first attach was still deferred is not touched.
    /// </summary>
    public void ReleaseDevice(IommuDevice dev)
    {
        var device = stack.DeviceOf(dev);
        dev.DriverData = null;
        device.IsGrouped = false;
        if (!dev.AttachDeferred)
        {
            device.Release(dev.RequireDirect);
        }
    }

    public void SetPlatformDmaOps(IommuDevice dev) => stack.DeviceOf(dev).Detach();

    public Capabilities Capable(IommuDevice dev)
    {
        var promised = stack.DeviceOf(dev).Profile.Capabilities;
        return dev.Spec.Ats ? promised : promised & ~Capabilities.PciAts;
    }

    private AbstractDomain Static(DomainType type, bool onPasid) =>
        new(stack, first, new DomainOrigin(
            type,
            AllocFlags.None,
            null,
            onPasid ? DomainOps.AttachDev | DomainOps.SetDevPasid : DomainOps.AttachDev,
            IsStatic: true));

    private AllocResult Make(
        DriverProfile profile,
        DomainType type,
        AllocFlags flags,
        IommuDevice? dev,
        bool byFlagsOp = false)
    {
        var ops = profile.Made(byFlagsOp, type, flags).PagingOps;
        return AllocResult.Of(new AbstractDomain(
            stack, profile, new DomainOrigin(type, flags, dev?.Spec, ops, IsStatic: false, byFlagsOp)));
    }
}
