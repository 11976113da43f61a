using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>Every call of the core into a driver goes through here, so that the trace misses none.</summary>
public sealed partial class IommuCore
{
    /// <summary>attach_dev; a NULL op is -ENODEV. Success ends a deferral (__iommu_attach_device).</summary>
    public Errno CallAttach(IommuDomain domain, IommuDevice dev, IommuDomain? old)
    {
        var result = (domain.Ops & DomainOps.AttachDev) == 0
            ? Errno.ENODEV
            : domain.AttachDev(dev, Era.PassesOldDomain ? old : null);
        ref var e = ref Trace.Add(EventKind.AttachDev);
        e.Device = (short)dev.Id.Index;
        e.Domain = domain.Id;
        e.Old = IdOf(old);
        e.Type = domain.Type;
        e.Errno = result;
        e.Flag = Era.PassesOldDomain;
        if (result == Errno.OK)
        {
            SetDeferred(dev, deferred: false);
        }

        return result;
    }

    public void SetDeferred(IommuDevice dev, bool deferred)
    {
        if (dev.AttachDeferred == deferred)
        {
            return;
        }

        dev.AttachDeferred = deferred;
        ref var e = ref Trace.Add(EventKind.Deferred);
        e.Device = (short)dev.Id.Index;
        e.Flag = deferred;
    }

    public void CallDetach(IommuDomain domain, IommuDevice dev)
    {
        domain.DetachDev(dev);
        ref var e = ref Trace.Add(EventKind.DetachDev);
        e.Device = (short)dev.Id.Index;
        e.Domain = domain.Id;
    }

    public void CallSetPlatformDmaOps(IommuDevice dev)
    {
        DriverOf(dev).SetPlatformDmaOps(dev);
        Trace.Add(EventKind.SetPlatformDmaOps).Device = (short)dev.Id.Index;
    }

    /// <summary>
    /// set_dev_pasid. An armed attach fault takes the place of the call for a paging domain: on error nothing
    /// is
    /// to change, so no driver has to be asked where it would strike.
    /// </summary>
    public Errno CallSetDevPasid(IommuDomain domain, IommuDevice dev, Pasid pasid, IommuDomain? old)
    {
        var fails = Fails(domain, dev, out var injected);
        var result = fails ? injected : domain.SetDevPasid(dev, pasid, old);
        ref var e = ref Trace.Add(EventKind.SetDevPasid);
        e.Device = (short)dev.Id.Index;
        e.Domain = domain.Id;
        e.Old = IdOf(old);
        e.A = pasid.Value;
        e.Errno = result;
        return result;
    }

    /// <summary>
    /// Runs one allocation op of the driver. On success the domain gets its serial number, type and owner. An
    /// armed allocation fault takes the place of the call.
    /// </summary>
    public AllocResult CallAlloc(IommuDevice dev, DomainType type, Func<IIommuDriver, AllocResult> op) =>
        CallAlloc(dev, type, AllocFlags.None, byFlagsOp: false, op);

    /// <summary>domain_alloc_paging_flags (domain_alloc_user in 6.12).</summary>
    public AllocResult CallAllocFlags(IommuDevice dev, DomainType type, AllocFlags flags) =>
        CallAlloc(dev, type, flags, byFlagsOp: true, d => d.DomainAllocPagingFlags(dev, flags));

    private AllocResult CallAlloc(
        IommuDevice dev,
        DomainType type,
        AllocFlags flags,
        bool byFlagsOp,
        Func<IIommuDriver, AllocResult> op)
    {
        var driver = DriverOf(dev);
        var result = Faults.TakeAlloc(out var errno) ? AllocResult.Error(errno) : op(driver);
        if (result.Domain is { } domain)
        {
            domain.Id = NewId(null);
            domain.Type = type;
            domain.Owner = driver;
        }

        ref var e = ref Trace.Add(EventKind.DomainAlloc);
        e.Device = (short)dev.Id.Index;
        e.Type = type;
        e.Domain = IdOf(result.Domain);
        e.Errno = result.Errno;
        e.A = (ulong)flags;
        e.Flag = byFlagsOp;
        return result;
    }

    /// <summary>enforce_cache_coherency; an absent op is "no".</summary>
    public bool CallEnforceCacheCoherency(IommuDomain domain)
    {
        var enforced = (domain.Ops & DomainOps.EnforceCacheCoherency) != 0 && domain.EnforceCacheCoherency();
        ref var e = ref Trace.Add(EventKind.EnforceCacheCoherency);
        e.Domain = domain.Id;
        e.Flag = enforced;
        return enforced;
    }

    public void CallFree(IommuDomain domain)
    {
        SyncPending(domain);
        if ((domain.Ops & DomainOps.Free) != 0)
        {
            domain.Free();
        }

        Trace.Add(EventKind.DomainFree).Domain = domain.Id;
    }

    /// <summary>Gives the static domains of a driver their numbers, once.</summary>
    public void KnowStaticDomains(InstanceId instance)
    {
        var driver = StackOf(instance).Driver;
        Know(driver.BlockedDomain, DomainRef.BlockedOf(instance), instance);
        Know(driver.IdentityDomain, DomainRef.IdentityOf(instance), instance);
        Know(driver.ReleaseDomain, DomainRef.BlockedOf(instance), instance);
        Know(driver.DefaultDomain, DomainRef.IdentityOf(instance), instance);
    }

    public Errno CallProbeDevice(IommuDevice dev, IIommuDriver driver)
    {
        var result = driver.ProbeDevice(dev);
        ref var e = ref Trace.Add(EventKind.ProbeDevice);
        e.Device = (short)dev.Id.Index;
        e.Errno = result;
        return result;
    }

    public void CallProbeFinalize(IommuDevice dev)
    {
        DriverOf(dev).ProbeFinalize(dev);
        Trace.Add(EventKind.ProbeFinalize).Device = (short)dev.Id.Index;
    }

    public void CallReleaseDevice(IommuDevice dev)
    {
        DriverOf(dev).ReleaseDevice(dev);
        Trace.Add(EventKind.ReleaseDevice).Device = (short)dev.Id.Index;
    }

    /// <summary>is_attach_deferred; an absent op is "no".</summary>
    public static bool AsksDeferral(IommuDevice dev) =>
        (DriverOf(dev).Ops & IommuOps.IsAttachDeferred) != 0 && DriverOf(dev).IsAttachDeferred(dev);

    /// <summary>capable; an absent op promises nothing.</summary>
    public static bool IsCapable(IommuDevice dev, Capabilities wanted) =>
        dev.Driver is { } driver && (driver.Ops & IommuOps.Capable) != 0
        && (driver.Capable(dev) & wanted) == wanted;

    private bool Fails(IommuDomain domain, IommuDevice dev, out Errno errno)
    {
        errno = Errno.OK;
        return domain.Type.IsPaging() && Faults.TakeAttach(dev, out errno);
    }

    private DomainId NewId(DomainRef? name)
    {
        names.Add(name);
        return new DomainId(names.Count - 1);
    }

    private void Know(IommuDomain? domain, DomainRef name, InstanceId instance)
    {
        if (domain is null || domain.Id != DomainId.None)
        {
            return;
        }

        domain.Id = NewId(name);
        domain.Ref = name;
        ref var e = ref Trace.Add(EventKind.StaticDomain);
        e.Domain = domain.Id;
        e.Type = domain.Type;
        e.A = (ulong)instance.Index;
    }
}
