namespace Conformance.Model.Contract;

/// <summary>Which members of <see cref="IIommuDriver"/> a driver fills; an absent one is a NULL op.</summary>
[Flags]
public enum IommuOps
{
    None = 0,
    DomainAlloc = 1,
    DomainAllocPaging = 2,
    DomainAllocPagingFlags = 4,
    DomainAllocIdentity = 8,
    DefDomainType = 16,
    IsAttachDeferred = 32,
    SetPlatformDmaOps = 64,
    Capable = 128,
    DetachDev = 256,
}

/// <summary>
/// Result of an allocation: a domain, or an error number. NULL from the driver is <c>Null</c>.
/// </summary>
public readonly record struct AllocResult(IommuDomain? Domain, Errno Errno)
{
    /// <summary>
    /// The driver returned NULL: "I do not offer this", or out of memory; the caller decides.
    /// </summary>
    public static readonly AllocResult Null;

    public static AllocResult Of(IommuDomain domain) => new(domain, Errno.OK);

    public static AllocResult Error(Errno errno) => new(null, errno);
}

/// <summary>
/// The driver half of the contract, <c>struct iommu_ops</c>. One object serves all instances of one driver in
/// a
/// system. The core calls it under the group mutex unless a member says otherwise, so calls never overlap.
/// Source: include/linux/iommu.h, iommu.c of 6.1, 6.12 and 7.2; core.md 2.1.
/// </summary>
/// <remarks>
/// A driver must not keep a domain pointer after <see cref="IommuDomain.Free"/>, nor device state after
/// <see cref="ReleaseDevice"/>. It reads nothing of the core but what the arguments show.
/// </remarks>
public interface IIommuDriver
{
    /// <summary>The name the driver prints as, <c>intel-vtd</c>.</summary>
    string Name { get; }

    /// <summary>Which optional ops are not NULL.</summary>
    IommuOps Ops { get; }

    /// <summary>
    /// Static blocking domain, or NULL. Its attach works at any time and cannot fail (v6.7 on).
    /// </summary>
    IommuDomain? BlockedDomain { get; }

    /// <summary>
    /// Static identity domain, or NULL. Its attach works at any time and cannot fail (v6.7 on).
    /// </summary>
    IommuDomain? IdentityDomain { get; }

    /// <summary>
    /// Attached by the core at release, result ignored (v6.9 on); NULL leaves it to the driver.
    /// </summary>
    IommuDomain? ReleaseDomain { get; }

    /// <summary>Legacy static default domain; only IDENTITY, BLOCKED or PLATFORM. Always wins.</summary>
    IommuDomain? DefaultDomain { get; }

    /// <summary>
    /// Called once per device before anything else. 0: the device is ours. -ENODEV: not ours, skipped
    /// silently
    /// in a bus scan. Any other error aborts the bus scan and unregisters the instance.
    /// </summary>
    Errno ProbeDevice(IommuDevice dev);

    /// <summary>
    /// Called right after <see cref="ProbeDevice"/>. Returns a key: devices with equal keys share a group. A
    /// negative key is the error -EINVAL. <c>pci_device_group</c> is <c>dev.Spec.Group</c>;
    /// <c>generic_device_group</c> is a key of the device's own (<see
    /// cref="IommuDevice.SingletonGroupKey"/>).
    /// </summary>
    int DeviceGroup(IommuDevice dev);

    /// <summary>Must the first attach wait? Asked once at probe (v6.5 on), earlier at each use.</summary>
    bool IsAttachDeferred(IommuDevice dev);

    /// <summary>
    /// Appends the device's reserved regions; cannot fail; may be called at any time after probe.
    /// </summary>
    void GetResvRegions(IommuDevice dev, List<ResvRegion> regions);

    /// <summary>0 (<c>null</c>): no wish; else IDENTITY or DMA, consistent inside a group.</summary>
    DomainType? DefDomainType(IommuDevice dev);

    /// <summary>
    /// <c>domain_alloc(type)</c>. Up to v6.4 it sees every type, DMA_FQ too; v6.5 to v6.12 the FQ bit is
    /// removed. NULL for a type it does not offer makes the core try another.
    /// </summary>
    AllocResult DomainAlloc(DomainType type);

    /// <summary>
    /// <c>domain_alloc_paging(dev)</c>, v6.7 on: one domain usable as UNMANAGED, DMA and DMA_FQ.
    /// </summary>
    AllocResult DomainAllocPaging(IommuDevice dev);

    /// <summary>
    /// <c>domain_alloc_paging_flags</c> (v6.13 on; <c>domain_alloc_user</c> in 6.12). Unknown flags are
    /// refused with -EOPNOTSUPP; errors are final, there is no fallback.
    /// </summary>
    AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags);

    /// <summary>
    /// <c>domain_alloc_identity</c>, v6.16 on, for drivers without a static identity domain.
    /// </summary>
    AllocResult DomainAllocIdentity(IommuDevice dev);

    /// <summary>After the default domain is attached (or deferred), outside the group mutex.</summary>
    void ProbeFinalize(IommuDevice dev);

    /// <summary>
    /// Last call for a device. The driver stops using every domain pointer and leaves the device on identity
    /// or blocked; it touches no hardware if the first attach was still deferred.
    /// </summary>
    void ReleaseDevice(IommuDevice dev);

    /// <summary>v6.3 to v6.6: the group goes to "no domain"; restore the platform's own DMA scheme.</summary>
    void SetPlatformDmaOps(IommuDevice dev);

    /// <summary>
    /// What the device can promise; an absent op or a device without IOMMU promises nothing.
    /// </summary>
    Capabilities Capable(IommuDevice dev);
}
