using Conformance.Model.Scenarios;

namespace Conformance.Model.Contract;

/// <summary>Mapping over a live translation.</summary>
public enum OverlapRule
{
    /// <summary>Refused; everything this map did is undone by the core.</summary>
    Refuse,

    /// <summary>The new translation silently takes the place of the old one.</summary>
    Replace,

    /// <summary>The old translation stays and success is returned (VT-d of 6.1 and 6.12).</summary>
    KeepOldAndSucceed,

    /// <summary>
    /// As <see cref="Replace"/>, but the map invalidates nothing: until the next invalidation of the page a
    /// device
    /// may reach through the old translation or the new one (s390 from 6.12 on, without <c>tlb_refresh</c>).
    /// </summary>
    ReplaceUntilFlushed,
}

/// <summary>Unmap that begins or ends inside a large page (core.md 5.3).</summary>
public enum PartialUnmapRule
{
    /// <summary>There is one page size only.</summary>
    NotApplicable,

    /// <summary>The large page is split, only the asked part goes.</summary>
    Split,

    /// <summary>
    /// From its start the whole large page goes and is counted; from its middle nothing goes.
    /// </summary>
    WholeFromStart,

    /// <summary>Nothing goes, 0.</summary>
    Refuse,

    /// <summary>The whole large page goes wherever the unmap starts inside it.</summary>
    Whole,
}

/// <summary>Unmap that meets a hole.</summary>
public enum HoleRule
{
    /// <summary>Stops and reports what was removed before it.</summary>
    Stop,

    /// <summary>Counts the hole as unmapped and goes on.</summary>
    Count,

    /// <summary>
    /// Each unit of the page size that the core chose stands for itself: a hole in its first base page ends
    /// the
    /// unmap with what came before, later holes in the unit count (s390 of 6.1, whose op took one unit a
    /// call).
    /// </summary>
    CountAfterFirst,

    /// <summary>
    /// As <see cref="Stop"/>, but what the unmap looks at is the table entry of the page size that the core
    /// chose: one
    /// that leads to a table, be the table empty, goes whole and counts whole; only an absent one stops the
    /// unmap
    /// (io-pgtable-arm). Tables vanish that way and under a large page, never because they became empty.
    /// </summary>
    StopAtEntry,

    /// <summary>
    /// A call is lengthened to the span of the table entry at which the walk to its first byte ends, and then
    /// clears
    /// and counts all of it, holes too; a large page covered in part stays (VT-d of 6.1 and 6.12). Tables
    /// vanish when a
    /// call covers their entry, and under a large page.
    /// </summary>
    CountToEntryEnd,
}

/// <summary>A mapping that asks for WRITE without READ.</summary>
public enum WriteOnlyRule
{
    Exact,
    BecomesReadWrite,
    Refuse,
}

/// <summary>Where a refused paging attach leaves the device.</summary>
public enum RefusedAttach
{
    Old,
    Blocked,
    Bypass,
}

/// <summary>
/// What a device can do while no domain was ever attached (after the instance has started).
/// </summary>
public enum UnattachedDma
{
    Blocked,
    Bypass,

    /// <summary>Translated by tables of the platform that the core cannot see (s390 before v6.7).</summary>
    Platform,
}

/// <summary>When page sizes and aperture of a paging domain are final and it can be mapped.</summary>
public enum FinaliseRule
{
    AtAlloc,

    /// <summary>
    /// At first attach; map before that fails with <see cref="DriverProfile.MapBeforeFinalise"/>, or works
    /// within the
    /// page sizes and aperture "before" when that is OK (VT-d of 6.1 and 6.12).
    /// </summary>
    AtFirstAttach,

    /// <summary>
    /// As <see cref="AtFirstAttach"/>, and again at each attach while no device is on the domain: the bounds
    /// are
    /// then those of that device's instance (s390 of 6.1).
    /// </summary>
    AtFirstAttachOfEmpty,
}

/// <summary>
/// What a driver declares of itself for one tree and hardware variant. The abstract driver does exactly this;
/// the real one is held against it. Plain data, except <see cref="CheckAttach"/>.
/// </summary>
public sealed partial record DriverProfile
{
    public required string Driver { get; init; }

    public required string Variant { get; init; }

    public required KernelTree Tree { get; init; }

    /// <summary>
    /// Result of <see cref="IDriverStack.StartInstance"/> for an instance of this variant: an error when the
    /// unit is
    /// locked by firmware or unknown to the driver of this tree. Devices with a requester on such an
    /// instance, or on
    /// one that has not started yet, are not ours (-ENODEV at probe).
    /// </summary>
    public Errno StartResult { get; init; } = Errno.OK;

    /// <summary>
    /// The same profile with what only the whole topology tells (CPU page size, variants of a device's other
    /// instances); null when nothing depends on it. The abstract driver uses the result in place of this one.
    /// </summary>
    public Func<Topology, DriverProfile>? InTopology { get; init; }

    /// <summary>Ops of the driver; the static domains are named below.</summary>
    public required IommuOps Ops { get; init; }

    /// <summary>Ops of a paging domain.</summary>
    public required DomainOps PagingOps { get; init; }

    public bool HasStaticBlocked { get; init; }

    public bool HasStaticIdentity { get; init; }

    /// <summary>The static blocked domain is also <c>release_domain</c>.</summary>
    public bool ReleasesToBlocked { get; init; }

    /// <summary>
    /// Types <c>domain_alloc</c> offers (6.1, and the fallback of 6.12); NULL for any other.
    /// </summary>
    public IReadOnlyList<DomainType> AllocTypes { get; init; } = [];

    /// <summary>Flags <c>domain_alloc_paging_flags</c> accepts; others are -EOPNOTSUPP.</summary>
    public AllocFlags AllocFlags { get; init; }

    /// <summary>Combinations of accepted flags that are refused with -EOPNOTSUPP all the same.</summary>
    public IReadOnlyList<AllocFlags> RefusedAllocFlags { get; init; } = [];

    /// <summary>
    /// Types whose attach the driver of this tree can carry out; what else reaches it breaks R63.
    /// </summary>
    public required IReadOnlyList<DomainType> KnownTypes { get; init; }

    /// <summary>
    /// A type not in <see cref="KnownTypes"/> is accepted with 0 and the hardware is left as it was; only a
    /// domain of
    /// <see cref="FinaliseRule.AtFirstAttach"/> becomes final (apple-dart, 6.1).
    /// </summary>
    public bool IgnoresUnknownTypes { get; init; }

    /// <summary>Page sizes once final.</summary>
    public required PageSizes PageSizes { get; init; }

    /// <summary>Page sizes before a domain of <see cref="FinaliseRule.AtFirstAttach"/> is final.</summary>
    public PageSizes PageSizesBefore { get; init; }

    public required Aperture Aperture { get; init; }

    /// <summary>Aperture before final.</summary>
    public Aperture ApertureBefore { get; init; }

    public FinaliseRule Finalise { get; init; } = FinaliseRule.AtAlloc;

    public Errno MapBeforeFinalise { get; init; } = Errno.ENODEV;

    public bool IsGenericPageTable { get; init; }

    /// <summary>First IOVA the driver accepts; maps below give <see cref="IovaOutside"/>.</summary>
    public ulong IovaFirst { get; init; }

    /// <summary>Last IOVA the tables can express; maps beyond give <see cref="IovaOutside"/>.</summary>
    public required ulong IovaLast { get; init; }

    /// <summary>
    /// An unmap that reaches outside <see cref="IovaFirst"/> to <see cref="IovaLast"/> removes nothing and
    /// returns
    /// 0: the whole call, or with <see cref="HoleRule.CountAfterFirst"/> the unit at hand (s390).
    /// </summary>
    public bool UnmapOutsideRefused { get; init; }

    /// <summary>
    /// Unmap takes a first page that is mapped to physical address 0 for a hole, because it looks the page up
    /// first (s390 of 6.1).
    /// </summary>
    public bool UnmapTakesPhysicalZeroForHole { get; init; }

    public Errno IovaOutside { get; init; } = Errno.ERANGE;

    /// <summary>
    /// Last physical address the tables can express; maps beyond give <see cref="PaOutside"/>.
    /// </summary>
    public required ulong PaLast { get; init; }

    public Errno PaOutside { get; init; } = Errno.ERANGE;

    /// <summary>Result of a map with neither READ nor WRITE; OK when it is accepted.</summary>
    public Errno NoPermission { get; init; } = Errno.EINVAL;

    /// <summary>Permission of an accepted map without READ and WRITE.</summary>
    public Prot NoPermissionBecomes { get; init; }

    public WriteOnlyRule WriteOnly { get; init; } = WriteOnlyRule.Exact;

    public OverlapRule Overlap { get; init; } = OverlapRule.Refuse;

    public Errno OverlapErrno { get; init; } = Errno.EEXIST;

    public PartialUnmapRule PartialUnmap { get; init; } = PartialUnmapRule.NotApplicable;

    public HoleRule Hole { get; init; } = HoleRule.Stop;

    /// <summary><c>iova_to_phys</c> returns the page base without the offset in the page (s390).</summary>
    public bool IovaToPhysIsPageBase { get; init; }

    public RefusedAttach RefusedAttach { get; init; } = RefusedAttach.Old;

    public UnattachedDma Unattached { get; init; } = UnattachedDma.Blocked;

    /// <summary>
    /// What a device reaches under <see cref="UnattachedDma.Platform"/>: one run of the platform's own
    /// tables.
    /// Required with it. The device is there from the start of its instance, from each later probe, and after
    /// <c>detach_dev</c> or <c>set_platform_dma_ops</c>.
    /// </summary>
    public TranslationRun? PlatformTable { get; init; }

    /// <summary>DMA while the instance is not started.</summary>
    public UnattachedDma BeforeStart { get; init; } = UnattachedDma.Bypass;

    /// <summary>Where <c>release_device</c> leaves the device when there is no release domain.</summary>
    public RefusedAttach ReleaseLeaves { get; init; } = RefusedAttach.Blocked;

    /// <summary>
    /// IOVAs that are never translated (the interrupt window of VT-d); DMA there is refused.
    /// </summary>
    public (ulong First, ulong Last)? Untranslated { get; init; }

    /// <summary>
    /// The addresses the fabric lets a device use at all, first and last byte; DMA outside is refused
    /// whatever the
    /// tables say (s390: base and limit registered with the table). Null: all. A driver tells the core
    /// through
    /// RESERVED regions; map does not look at it.
    /// </summary>
    public (ulong First, ulong Last)? DmaWindow { get; init; }

    /// <summary>
    /// Added by Linux to every address of a device on identity (<c>dma_direct_set_offset</c>) and taken off
    /// again by
    /// the hardware, so identity reaches [0, DmaWindow.Last - IdentityOffset] and refuses what lies above
    /// (s390).
    /// </summary>
    public ulong IdentityOffset { get; init; }

    /// <summary>Result of <c>ProbeDevice</c> beyond 0; null means always ours.</summary>
    public Func<DeviceSpec, Errno>? CheckProbe { get; init; }

    /// <summary>
    /// The driver's own compatibility test of an attach: given the device that the domain was made for (or,
    /// for
    /// domains final at first attach, first attached to; null before), the device, and the type. OK to
    /// accept.
    /// </summary>
    public Func<DeviceSpec?, DeviceSpec, DomainType, Errno>? CheckAttach { get; init; }

    /// <summary>
    /// A refusal by <see cref="CheckAttach"/> happens before anything changes, whatever
    /// <see cref="RefusedAttach"/> says.
    /// </summary>
    public bool ChecksBeforeChange { get; init; }

    /// <summary>A wish for the default type; null when the op is absent or for "no wish".</summary>
    public Func<DeviceSpec, DomainType?>? DefDomainType { get; init; }

    /// <summary>The driver puts each device into a group of its own, whatever the bus says.</summary>
    public bool SingletonGroups { get; init; }

    /// <summary>
    /// Regions the driver adds for every device, beside those of the topology that it reports.
    /// </summary>
    public IReadOnlyList<ResvRegion> DriverRegions { get; init; } = [];

    /// <summary>
    /// Further ones that it adds only while a paging domain is attached to the device (s390, 7.2).
    /// </summary>
    public IReadOnlyList<ResvRegion> DriverRegionsWhilePaging { get; init; } = [];

    /// <summary>Kinds of the topology's regions that this driver passes on.</summary>
    public IReadOnlyList<ResvType> ReportsRegions { get; init; } = [];

    public Capabilities Capabilities { get; init; }

    /// <summary>Largest number of PASIDs a device may have, 0 for none.</summary>
    public uint MaxPasids { get; init; }

    /// <summary>What topologies make sense for the driver.</summary>
    public required TopologyLimits Limits { get; init; }

    /// <summary>DMA of a device that the platform's own tables translate; refusals carry code 0.</summary>
    public DmaOutcome PlatformDma(Iova iova, DmaAccess access) =>
        PlatformTable is { } run && iova.Value - run.Iova < run.Length
        && (access == DmaAccess.Read ? run.Read : run.Write)
            ? DmaOutcome.At(run.Pa + (iova.Value - run.Iova))
            : DmaOutcome.Refused(0);

    /// <summary>Whether the fabric lets a device on a translating domain use the address.</summary>
    public bool InDmaWindow(Iova iova) =>
        DmaWindow is not { } window || (iova.Value >= window.First && iova.Value <= window.Last);

    /// <summary>
    /// With <see cref="IovaMasking.SignedDma"/>, the first address that the tables hold and the hardware sees
    /// only with its highest bit extended; null for none.
    /// </summary>
    public ulong? SignedUpperFirst =>
        (Masks & IovaMasking.SignedDma) == 0 ? null : (IovaLast >> 1) + 1;

    /// <summary>
    /// Where in the tables the hardware looks an address up; false: it refuses the address.
    /// </summary>
    public bool TryWalk(ulong iova, out ulong at)
    {
        at = (Masks & (IovaMasking.Dma | IovaMasking.SignedDma)) != 0 ? iova & IovaLast : iova;
        return SignedUpperFirst is not { } upper || iova == (at >= upper ? at | ~IovaLast : at);
    }

    /// <summary>Whether a device on identity reaches the address.</summary>
    public bool IdentityReaches(Iova iova)
    {
        if (IdentityRanges is not { } ranges)
        {
            return DmaWindow is not { } window || iova.Value <= window.Last - IdentityOffset;
        }

        foreach (var (first, last) in ranges)
        {
            if (iova.Value >= first && iova.Value <= last)
            {
                return true;
            }
        }

        return false;
    }
}

/// <summary>What the generator may put into a topology for a driver.</summary>
public sealed record TopologyLimits
{
    /// <summary>Largest requester id.</summary>
    public required uint RequesterLast { get; init; }

    /// <summary>Most instances one device may DMA through (DART: 2 or 3).</summary>
    public int InstancesPerDevice { get; init; } = 1;

    /// <summary>Most requesters of a device on one instance (aliases, streams).</summary>
    public int RequestersPerInstance { get; init; } = 1;

    /// <summary>Each device has an instance of its own (s390).</summary>
    public bool InstancePerDevice { get; init; }

    public bool SharedGroups { get; init; } = true;

    /// <summary>Devices may be PCI (untrusted, ATS, reset).</summary>
    public bool Pci { get; init; } = true;

    /// <summary>Wishes a device of this driver can have.</summary>
    public IReadOnlyList<DeviceWish> Wishes { get; init; } = [DeviceWish.None];

    /// <summary>Firmware regions a device of this driver can have.</summary>
    public IReadOnlyList<ResvType> Regions { get; init; } = [];

    /// <summary>Firmware regions lie in [First, Last].</summary>
    public (ulong First, ulong Last) RegionRange { get; init; } = (0x1000, 0xffff_ffff);

    /// <summary>The driver knows deferred attach (kdump).</summary>
    public bool Deferred { get; init; }
}
