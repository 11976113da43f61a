using System.Runtime.InteropServices;
using Conformance.Model.Contract;

namespace Conformance.Model.Tracing;

/// <summary>What happened. The comment says which fields of <see cref="TraceEvent"/> carry what.</summary>
public enum EventKind : byte
{
    /// <summary>A command starts. A = index in the scenario.</summary>
    CommandBegin,

    /// <summary>
    /// A command ended. Errno, A = value (bytes unmapped, physical address, count), Flag = no-op.
    /// </summary>
    CommandEnd,

    // ---- calls of the core into the driver (after their return, with the result) ----

    /// <summary>probe_device. Device, Errno.</summary>
    ProbeDevice,

    /// <summary>probe_finalize. Device.</summary>
    ProbeFinalize,

    /// <summary>release_device. Device.</summary>
    ReleaseDevice,

    /// <summary>
    /// Any allocation op. Device (or -1), Type asked, Domain (0 on failure), Errno, A = flags, Flag = the op
    /// that takes flags.
    /// </summary>
    DomainAlloc,

    /// <summary>free. Domain.</summary>
    DomainFree,

    /// <summary>A static domain became known. Domain, Type, A = instance.</summary>
    StaticDomain,

    /// <summary>
    /// attach_dev. Device, Domain, Old, Type (as the driver sees it), Errno, Flag = the old argument exists.
    /// </summary>
    AttachDev,

    /// <summary>detach_dev. Device, Domain.</summary>
    DetachDev,

    /// <summary>set_platform_dma_ops. Device.</summary>
    SetPlatformDmaOps,

    /// <summary>set_dev_pasid. Device, Domain, Old, A = pasid, Errno.</summary>
    SetDevPasid,

    /// <summary>
    /// map_pages. Domain, A = iova, B = pa, C = page size, D = count, Extra = prot, E = bytes mapped, Errno.
    /// </summary>
    MapPages,

    /// <summary>
    /// Generic page table map. Domain, A = iova, B = pa, C = size, Extra = prot, E = bytes mapped, Errno.
    /// </summary>
    MapRange,

    /// <summary>
    /// unmap_pages. Domain, A = iova, C = page size, D = count, E = bytes removed, Flag = queued.
    /// </summary>
    UnmapPages,

    /// <summary>
    /// Generic page table unmap. Domain, A = iova, C = size, E = bytes removed, Flag = queued.
    /// </summary>
    UnmapRange,

    /// <summary>iotlb_sync_map. Domain, A = iova, C = size, Errno.</summary>
    IotlbSyncMap,

    /// <summary>
    /// iotlb_sync. Domain, A = start, B = end (inclusive), D = pages on the freelist, Flag = gather empty.
    /// </summary>
    IotlbSync,

    /// <summary>flush_iotlb_all. Domain.</summary>
    FlushIotlbAll,

    // ---- the core's own records and API results ----

    /// <summary>Device joined a group. Device, Group. A = position in the list.</summary>
    GroupJoin,

    /// <summary>Device left its group. Device, Group, Flag = it was the last.</summary>
    GroupLeave,

    /// <summary>
    /// The record of a group changed. Group, Domain = group.domain, Old = default domain, A = blocking domain
    /// serial, B = owner, C = owner_cnt, D = recovery_cnt.
    /// </summary>
    GroupRecord,

    /// <summary>
    /// A set-domain operation starts. Group, Domain = target (0 NULL), Old = record, Flag = must succeed.
    /// </summary>
    SetDomainBegin,

    /// <summary>It ended. Group, Domain = target, Old = record now, Errno, Flag = must succeed.</summary>
    SetDomainEnd,

    /// <summary>Result of iommu_map. Domain, A = iova, B = pa, C = size, Extra = prot, Errno.</summary>
    CoreMap,

    /// <summary>
    /// Result of iommu_unmap(_fast). Domain, A = iova, C = size, E = bytes, Flag = fast (no sync).
    /// </summary>
    CoreUnmap,

    /// <summary>Result of iommu_iova_to_phys. Domain, A = iova, B = pa.</summary>
    CoreIovaToPhys,

    /// <summary>attach_deferred of a device was set (Flag) or cleared. Device.</summary>
    Deferred,

    /// <summary>Direct regions of a device were laid into a domain. Device, Domain, Errno.</summary>
    DirectMappings,

    /// <summary>
    /// The device has a DIRECT region. Device, A = start, B = end inclusive, Extra = prot, Type unused, Flag
    /// = relaxable.
    /// </summary>
    DirectRegion,

    /// <summary>A device is now staged for reset (Flag) or no longer. Device.</summary>
    ResetStaged,

    /// <summary>
    /// The kernel would WARN. A = <see cref="WarnCode"/>, Group or Device or Domain as fits.
    /// </summary>
    Warn,

    /// <summary>The DMA-FQ shortcut relabelled a domain. Domain, Type = new.</summary>
    TypeRelabelled,

    // ---- hardware ----

    /// <summary>
    /// A device access (command or probe). Device, D = requester index, E = pasid, A = iova, B = pa, Flag =
    /// landed,
    /// Extra = access, C = the hardware's fault code.
    /// </summary>
    Dma,

    /// <summary>A page was given to tables. A = pa, C = bytes.</summary>
    TableAlloc,

    /// <summary>A table page was freed and poisoned. A = pa, C = bytes.</summary>
    TableFree,

    /// <summary>The walker read a freed table page. A = pa.</summary>
    WalkThroughFreed,

    /// <summary>A command or register write the hardware cannot understand. A, B = its words.</summary>
    BadCommand,

    /// <summary>A cache was told to drop something. A, B = the command's words; for printing.</summary>
    Invalidate,

    // ---- the driver as a program ----

    /// <summary>The driver threw. The message is in <see cref="Trace.Note"/>.</summary>
    DriverThrew,

    /// <summary>The driver made no progress for a bounded number of calls.</summary>
    DriverStuck,

    // ---- clients ----

    /// <summary>
    /// A command of a client begins: A = its index. The commands of the core that it comes down to follow as
    /// <see cref="CommandBegin"/> with Flag, the command packed into A to E.
    /// </summary>
    ClientBegin,

    /// <summary>It ended. Errno, A = value, Flag = nothing to do.</summary>
    ClientEnd,

    /// <summary>enforce_cache_coherency, which only clients call. Domain, Flag = result.</summary>
    EnforceCacheCoherency,

    /// <summary>
    /// An area of an IOAS came (Flag) or went. A = IOAS, B = iova, C = bytes, Extra = prot; one that came is
    /// told by runs of memory, D = pa (all ones: beyond the client's memory).
    /// </summary>
    IoasArea,

    /// <summary>
    /// Flag: a range of an IOAS is reserved for a device or a domain. A = IOAS, B = first, C = last, Device
    /// or Domain = owner. Else: everything of that owner in the IOAS is free again.
    /// </summary>
    IoasReserved,

    /// <summary>
    /// A HWPT shows an IOAS from now on (Flag) or no longer. Domain, A = IOAS, B = 1 for an automatic one.
    /// </summary>
    HwptLinked,

    /// <summary>
    /// A device counts as attached to a HWPT (Flag) or no longer. Device, Domain, A = IOAS.
    /// </summary>
    HwptAttached,

    /// <summary>
    /// An attach or replace by IOAS tried an automatic HWPT. Device, Domain, A = IOAS, Errno.
    /// </summary>
    HwptTried,

    /// <summary>A client pinned memory. B = pa, C = bytes, Flag = for writing.</summary>
    PagesPinned,

    /// <summary>One pin of each page ended. B = pa, C = bytes, Flag = it was for writing.</summary>
    PagesUnpinned,
}

/// <summary>The kernel's WARN_ONs that a model of the core can meet.</summary>
public enum WarnCode : byte
{
    None,

    /// <summary>A first or must-succeed attach failed.</summary>
    AttachFailed,

    /// <summary>Re-attaching the old domain failed too.</summary>
    RollbackFailed,

    /// <summary>Detach of a domain that is not the current one, or of one device of a larger group.</summary>
    BadDetach,

    /// <summary>Release or unuse without a claim, or with PASIDs attached.</summary>
    BadRelease,

    /// <summary>Owner argument is NULL.</summary>
    NullOwner,

    /// <summary>Set-domain to NULL where something must always be attached.</summary>
    NullDomain,

    /// <summary>The last device left an owned group or one that is not on its default domain.</summary>
    GroupBusyAtEnd,

    /// <summary>set_platform_dma_ops or detach_dev is missing.</summary>
    MissingDetach,

    /// <summary>Map or unmap on a domain that cannot, or strange arguments.</summary>
    BadMap,

    /// <summary>A domain was freed while devices are attached.</summary>
    FreeWhileAttached,

    /// <summary>PASID operation misuse.</summary>
    BadPasid,

    /// <summary>reset_done without prepare, or prepare while staged (v7.0).</summary>
    BadReset,

    /// <summary>DMA domain without page sizes asked for direct mappings.</summary>
    NoPageSizes,

    /// <summary>device_group returned NULL or an error.</summary>
    NoGroup,

    /// <summary>A global default that is not DMA could not be had, DMA was taken.</summary>
    DefaultTypeFallback,

    /// <summary>A device has both kinds of MSI window, or two of software.</summary>
    BadRegions,

    /// <summary>A driver that can enforce cache coherency did not on a new domain.</summary>
    NotCoherent,
}

/// <summary>One event of a run: a flat struct in a reused buffer; text is made only when printed.</summary>
[StructLayout(LayoutKind.Auto)]
public struct TraceEvent
{
    public EventKind Kind;
    public bool Flag;
    public Errno Errno;
    public byte Extra;
    public short Device;
    public short Group;
    public DomainType Type;
    public DomainId Domain;
    public DomainId Old;
    public ulong A;
    public ulong B;
    public ulong C;
    public ulong D;
    public ulong E;
}
