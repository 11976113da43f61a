namespace Conformance.Model.Contract;

/// <summary>Which members of <see cref="IommuDomain"/> a domain fills; an absent one is a NULL op.</summary>
[Flags]
public enum DomainOps
{
    None = 0,
    AttachDev = 1,
    DetachDev = 2,
    SetDevPasid = 4,
    MapPages = 8,
    UnmapPages = 16,
    FlushIotlbAll = 32,
    IotlbSyncMap = 64,
    IotlbSync = 128,
    IovaToPhys = 256,
    EnforceCacheCoherency = 512,
    Free = 1024,

    /// <summary>What a paging domain always has.</summary>
    Paging = AttachDev | MapPages | UnmapPages | IovaToPhys | Free,
}

/// <summary>
/// One translation context with its <c>struct iommu_domain_ops</c>. Source: include/linux/iommu.h, iommu.c of
/// 6.1, 6.12 and 7.2; core.md 2.2.
/// </summary>
/// <remarks>
/// A member whose bit is absent from <see cref="Ops"/> is never called; calling it is a bug of the core and
/// throws. A domain belongs to one driver and serves devices of that driver only (v6.8 on checked by the
/// core).
/// </remarks>
public abstract class IommuDomain
{
    /// <summary>Serial number given by the core when it first sees the domain.</summary>
    public DomainId Id { get; set; }

    /// <summary>
    /// Set by the core after allocation; a driver may rely on it from v6.7 on only for static domains.
    /// </summary>
    public DomainType Type { get; set; }

    /// <summary>How the scenario names the domain, for printing.</summary>
    public Scenarios.DomainRef Ref { get; set; }

    /// <summary>The driver that made it; NULL for static domains (absent in 6.1).</summary>
    public IIommuDriver? Owner { get; set; }

    /// <summary><c>pgsize_bitmap</c>; may change when the domain is finalised at first attach.</summary>
    public PageSizes PageSizes { get; protected set; }

    /// <summary><c>geometry</c>; may change when the domain is finalised at first attach.</summary>
    public Aperture Aperture { get; protected set; }

    /// <summary>Which ops are not NULL.</summary>
    public abstract DomainOps Ops { get; }

    /// <summary>
    /// The domain uses the generic page table (7.2: VT-d, AMD, RISC-V): an era that knows it calls
    /// <see cref="MapRange"/> and <see cref="UnmapRange"/> instead of the page-wise ops.
    /// </summary>
    public virtual bool IsGenericPageTable => false;

    /// <summary>
    /// Switch <paramref name="dev"/> from <paramref name="old"/> (v6.19 on, else NULL) to this domain. During
    /// the
    /// switch the device may see the old domain, the new one, or have DMA dropped, never a third mapping. Any
    /// earlier state is possible: re-attach over another domain is the normal case.
    /// </summary>
    /// <returns>
    /// 0; -EINVAL when this domain cannot serve this device because of how it is configured; -ENOMEM, -ENOSPC
    /// resources; -EBUSY device stuck; -ENODEV device-specific failure. Others count as -ENODEV (v6.2 on).
    /// From
    /// v6.19 a failed attach leaves the device on <paramref name="old"/>.
    /// </returns>
    public virtual Errno AttachDev(IommuDevice dev, IommuDomain? old) => throw Missing(nameof(AttachDev));

    /// <summary>
    /// v5.19 to v6.2: the group goes to "no domain". Called only when there is no default domain.
    /// </summary>
    public virtual void DetachDev(IommuDevice dev) => throw Missing(nameof(DetachDev));

    /// <summary>
    /// Put this domain on one PASID of the device; on the blocking domain it is the detach. On error the
    /// PASID
    /// stays as it was. <paramref name="old"/> is NULL before v6.13.
    /// </summary>
    public virtual Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old) =>
        throw Missing(nameof(SetDevPasid));

    /// <summary>
    /// Map <paramref name="pgcount"/> pages of <paramref name="pgsize"/> bytes. Adds to
    /// <paramref name="mapped"/>
    /// the bytes done, also on error. Returning 0 without progress makes the core loop for ever.
    /// </summary>
    public virtual Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped) =>
        throw Missing(nameof(MapPages));

    /// <summary>
    /// Remove pages; returns the bytes removed, which may exceed the request when a bigger page is hit. 0
    /// means
    /// nothing is there and ends the core's loop.
    /// </summary>
    public virtual ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather) =>
        throw Missing(nameof(UnmapPages));

    /// <summary>
    /// Generic page table only: map the whole range; <paramref name="mapped"/> as in MapPages.
    /// </summary>
    public virtual Errno MapRange(Iova iova, PhysAddr pa, ulong size, Prot prot, ref ulong mapped) =>
        throw Missing(nameof(MapRange));

    /// <summary>Generic page table only: remove the range up to the first absent entry.</summary>
    public virtual ulong UnmapRange(Iova iova, ulong size, IotlbGather gather) =>
        throw Missing(nameof(UnmapRange));

    /// <summary>Invalidate everything of the domain before returning.</summary>
    public virtual void FlushIotlbAll() => throw Missing(nameof(FlushIotlbAll));

    /// <summary>
    /// Once after a whole map succeeded; an error unmaps the range (v6.7 on, before it was void).
    /// </summary>
    public virtual Errno IotlbSyncMap(Iova iova, ulong size) => throw Missing(nameof(IotlbSyncMap));

    /// <summary>Finish all gathered invalidations, then free the pages of the gather's freelist.</summary>
    public virtual void IotlbSync(IotlbGather gather) => throw Missing(nameof(IotlbSync));

    /// <summary>0 when nothing is mapped. Not called for IDENTITY and BLOCKED.</summary>
    public virtual PhysAddr IovaToPhys(Iova iova) => throw Missing(nameof(IovaToPhys));

    /// <summary>True: no-snoop accesses can no longer bypass the caches.</summary>
    public virtual bool EnforceCacheCoherency() => throw Missing(nameof(EnforceCacheCoherency));

    /// <summary>Last reference gone; attached to no device. Never called for static domains.</summary>
    public virtual void Free() => throw Missing(nameof(Free));

    public override string ToString() => $"{Ref} ({Type.Text()})";

    private InvalidOperationException Missing(string op) => new($"NULL op {op} called on {this}");
}
