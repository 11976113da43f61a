using Conformance.Model.Scenarios;

namespace Conformance.Model.Contract;

/// <summary>The tests of a map whose order shows when more than one fails.</summary>
public enum MapCheck : byte
{
    /// <summary>The IOVA range fits the tables.</summary>
    Iova,

    /// <summary>The physical range fits the entries.</summary>
    Pa,

    /// <summary>READ and WRITE are a combination the driver takes.</summary>
    Permission,
}

/// <summary>
/// Where address bits above <see cref="DriverProfile.IovaLast"/> are dropped instead of looked at.
/// </summary>
[Flags]
public enum IovaMasking : byte
{
    None = 0,

    /// <summary><c>iova_to_phys</c> (io-pgtable-arm: the index of the top table is masked).</summary>
    Lookup = 1,

    /// <summary>map and unmap (apple-dart of 6.1 and 6.12).</summary>
    Tables = 2,

    /// <summary>The hardware's walk.</summary>
    Dma = 4,

    /// <summary>
    /// The hardware's walk, for addresses that are sign-extended from the highest bit of
    /// <see cref="DriverProfile.IovaLast"/>; others are refused (first stage of VT-d, whose driver before 7.2
    /// maps the upper half of the table at the address without the extension).
    /// </summary>
    SignedDma = 8,
}

/// <summary>What a compatibility test of <c>attach_dev</c> can look at.</summary>
/// <param name="MadeFor">As in <see cref="DriverProfile.CheckAttach"/>; null for static domains.</param>
/// <param name="Device">The device to be attached.</param>
/// <param name="Type">Type of the domain now.</param>
/// <param name="Domain">The profile that the domain follows.</param>
/// <param name="Unit">The profile of the device's instance.</param>
/// <param name="HasPasids">A PASID of the device is in use.</param>
public readonly record struct AttachCase(
    DeviceSpec? MadeFor,
    DeviceSpec Device,
    DomainType Type,
    DriverProfile Domain,
    DriverProfile Unit,
    bool HasPasids);

/// <summary>What a compatibility test of <c>set_dev_pasid</c> can look at.</summary>
/// <param name="MadeFor">As in <see cref="AttachCase"/>.</param>
/// <param name="Device">The device.</param>
/// <param name="Type">Type of the domain.</param>
/// <param name="Domain">The profile that the domain follows.</param>
/// <param name="Pasid">The PASID.</param>
/// <param name="Rid">Type of the domain that the device's normal DMA is on; null for none.</param>
/// <param name="RidDomain">The profile that it follows; null for none and for static domains.</param>
/// <param name="Inherited">
/// The device's context is still that of the crashed kernel: deferred, and on no domain but a blocked one so
/// far.
/// </param>
public readonly record struct PasidCase(
    DeviceSpec? MadeFor,
    DeviceSpec Device,
    DomainType Type,
    DriverProfile Domain,
    Pasid Pasid,
    DomainType? Rid,
    DriverProfile? RidDomain,
    bool Inherited);

/// <summary>The finer points, which most drivers leave at their defaults.</summary>
public sealed partial record DriverProfile
{
    /// <summary>
    /// The profile that a domain follows, by the type and flags it was allocated with, where it differs in
    /// page sizes, limits or rules (first and second stage); null: this one. Type UNMANAGED stands for the
    /// paging ops, which are not told a type.
    /// </summary>
    public Func<DomainType, AllocFlags, DriverProfile>? ForDomain { get; init; }

    /// <summary>
    /// As <see cref="ForDomain"/> for what the flags op makes, flags or not, where a domain of the other ops
    /// without flags is another thing (VT-d of 6.12); null: <see cref="ForDomain"/>.
    /// </summary>
    public Func<AllocFlags, DriverProfile>? ForFlagsOp { get; init; }

    /// <summary>The profile that a domain follows, by the op that makes it.</summary>
    public DriverProfile Made(bool byFlagsOp, DomainType type, AllocFlags flags) =>
        (byFlagsOp ? ForFlagsOp?.Invoke(flags) : null) ?? ForDomain?.Invoke(type, flags) ?? this;

    /// <summary>
    /// Mapping a page over smaller live ones; null: as <see cref="Overlap"/> (io-pgtable-arm: replaced).
    /// </summary>
    public OverlapRule? OverlapSmaller { get; init; }

    /// <summary>
    /// Mapping a page larger than the smallest size over a live one of its own size; null: as
    /// <see cref="Overlap"/> (VT-d of 6.1 and 6.12: replaced).
    /// </summary>
    public OverlapRule? OverlapLarge { get; init; }

    /// <summary>
    /// Log2 of the bytes that one entry of each table level covers, smallest first, for the rules of
    /// <see cref="HoleRule"/> that look at tables; empty: one level for each page size. Levels whose entry
    /// covers more than the tables can express do not count.
    /// </summary>
    public IReadOnlyList<int> EntryShifts { get; init; } = [];

    /// <summary>
    /// Order of the tests of a map with the page-wise op. A generic page table has its own (core.md 5.1).
    /// </summary>
    public IReadOnlyList<MapCheck> MapChecks { get; init; } =
        [MapCheck.Iova, MapCheck.Pa, MapCheck.Permission];

    /// <summary>
    /// Only the start of the IOVA range is tested: what lies inside of a range that reaches beyond the limit
    /// is mapped before the error, and unmapped before 0 (io-pgtable-arm, apple-dart: a call ends with each
    /// table; s390 of 6.1, whole pages of the chosen size: each is a call of its own).
    /// </summary>
    public bool ClipsAtLimit { get; init; }

    /// <summary>
    /// First IOVA of a second part, up to 2^64-1, that map and unmap accept too (x86 first stage of 7.2: sign
    /// extension); null for none.
    /// </summary>
    public ulong? IovaUpperFirst { get; init; }

    /// <summary>
    /// Result of a page-wise map whose end wraps around 2^64, which a test of the end alone cannot see; null:
    /// as
    /// <see cref="IovaOutside"/> (VT-d of 6.12).
    /// </summary>
    public Errno? IovaWraps { get; init; }

    /// <summary>
    /// What a device on identity reaches, first and last bytes, ascending; DMA elsewhere is refused. Null: as
    /// <see cref="IdentityOffset"/> says, else everything. Empty: nothing (VT-d without pass-through: 6.1 has
    /// a 1:1
    /// table of RAM, later trees write an entry that the hardware refuses).
    /// </summary>
    public IReadOnlyList<(ulong First, ulong Last)>? IdentityRanges { get; init; }

    /// <summary>
    /// <c>iova_to_phys</c> looks at the aperture first and answers 0 outside of it, whatever the tables hold
    /// (s390; shows in 6.1, where the aperture of an empty domain becomes that of the next device).
    /// </summary>
    public bool LooksUpInAperture { get; init; }

    /// <summary>
    /// The address bits that map, unmap and iova_to_phys look at, 2^n - 1; others fall away before
    /// <see cref="IovaLast"/> is looked at (apple-dart of 7.2: the width of the TTBR index).
    /// </summary>
    public ulong IovaMask { get; init; } = ulong.MaxValue;

    /// <summary>Where high address bits fall away; needs an <see cref="IovaLast"/> of 2^n - 1.</summary>
    public IovaMasking Masks { get; init; }

    /// <summary>Last address before the tables begin again at 0.</summary>
    public ulong TablesTop => (Masks & IovaMasking.Tables) != 0 ? IovaLast : IovaMask;

    /// <summary>
    /// Result of a map that asks for READ without WRITE (nest parent domains of VT-d 7.2: -EINVAL).
    /// </summary>
    public Errno ReadOnly { get; init; }

    /// <summary>
    /// Result of attaching a domain whose highest mapping ever lies beyond <see cref="IovaLast"/> of the
    /// device's instance; OK: not tested. A domain that is final at allocation counts as mapped to its top.
    /// The mark falls only when an unmap removes the very top. With this test goes that the limit of map
    /// becomes that of the device's instance at each attach, also one that fails late (VT-d of 6.1, 6.12).
    /// </summary>
    public Errno MappedBeyond { get; init; }

    /// <summary>
    /// A test with more to look at, asked when <see cref="CheckAttach"/> has said OK; null for none.
    /// </summary>
    public Func<AttachCase, Errno>? CheckCompatible { get; init; }

    /// <summary>
    /// Refusals of <see cref="CheckAttach"/> and <see cref="CheckCompatible"/> with these numbers change
    /// nothing, whatever <see cref="RefusedAttach"/> says (VT-d of 6.1: -EPERM).
    /// </summary>
    public IReadOnlyList<Errno> RefusedBeforeChange { get; init; } = [];

    /// <summary>
    /// Log2 of the bytes at whose multiples a page-wise map or unmap call ends, having done less than was
    /// asked and
    /// with success (apple-dart: one leaf table a call); 0: a call does all it can. It shows in which call an
    /// injected failure strikes, and where <see cref="PaLast"/> is tested.
    /// </summary>
    public int CallShift { get; init; }

    /// <summary>
    /// Log2 of the entries of one table, where a page-wise map or unmap call ends with the table that holds
    /// entries of the chosen size: as <see cref="CallShift"/>, at multiples of the page size times this many
    /// (io-pgtable-arm: 9, 11 or 13 by granule); 0: a call does all it can.
    /// </summary>
    public int CallEntryBits { get; init; }

    /// <summary>
    /// Of the pages of one map call only the first is tested against <see cref="PaLast"/>, a 2^n - 1; those
    /// behind
    /// lose the higher bits (apple-dart, all trees: the map succeeds and the translation wraps).
    /// </summary>
    public bool MasksPa { get; init; }

    /// <summary>
    /// Whether a device may join the group of another that is there already, asked for each of them: not OK
    /// is
    /// the -EINVAL of <see cref="IIommuDriver.DeviceGroup"/> (apple-dart: PCI devices behind one and the same
    /// unit only). Null: always.
    /// </summary>
    public Func<DeviceSpec, DeviceSpec, Errno>? CheckGroup { get; init; }

    /// <summary>
    /// The driver's own test of <c>set_dev_pasid</c>; null for none. Not asked for detaching.
    /// </summary>
    public Func<PasidCase, Errno>? CheckPasid { get; init; }

    /// <summary>The static identity domain can be put on a PASID.</summary>
    public bool IdentityOnPasid { get; init; }

    /// <summary>
    /// What a device can do before its first attach, where it is not <see cref="Unattached"/> for all
    /// (SMMUv3: bypass for streams with direct regions). After <c>detach_dev</c> it is
    /// <see cref="Unattached"/> again.
    /// </summary>
    public Func<DeviceSpec, UnattachedDma>? UnattachedFor { get; init; }

    /// <summary>
    /// As <see cref="ReleaseLeaves"/>, for one device; null: the same for all. Given, it holds behind a
    /// release domain
    /// too (VT-d scalable mode takes the context entry away, whatever was attached last).
    /// </summary>
    public Func<DeviceSpec, RefusedAttach>? ReleaseLeavesFor { get; init; }

    /// <summary>What <see cref="IDriverStack.ForcesStrict"/> says of an instance of this variant.</summary>
    public bool ForcesStrict { get; init; }

    /// <summary>
    /// Unmap gathers what it removed as one page: before one of another size, or apart from the rest, what
    /// was gathered is synced on its own (iommu_iotlb_gather_add_page; VT-d of 6.1 and 6.12).
    /// </summary>
    public bool GathersPages { get; init; }

    /// <summary>
    /// <c>flush_iotlb_all</c> leaves the caches inside devices alone (VT-d of 6.1, caching mode).
    /// </summary>
    public bool FlushAllSparesDevices { get; init; }

    /// <summary>
    /// No invalidation reaches the cache inside a device for a PASID that was attached while nothing was
    /// attached for normal requests (VT-d of 6.12: ATS is off then, so no tag is made).
    /// </summary>
    public bool MissesPasidsBeforeAttach { get; init; }

    /// <summary>
    /// What an <c>iotlb_sync</c> of first to last byte really invalidates, when that is less; null: all of it
    /// (VT-d first
    /// stage of 6.1: the start is aligned down to the size, the end is not reached).
    /// </summary>
    public Func<ulong, ulong, (ulong First, ulong Last)>? SyncReaches { get; init; }

    /// <summary>
    /// The first attach after a probe is lost when the release before left the device on identity: it
    /// succeeds, but
    /// the hardware stays as it was (VT-d legacy entries from v6.19 on, whose writer never touches a present
    /// one).
    /// </summary>
    public bool KeepsIdentityOfRelease { get; init; }

    /// <summary>
    /// Regions the driver adds for one device, after <see cref="DriverRegions"/>; null for none.
    /// </summary>
    public Func<DeviceSpec, IReadOnlyList<ResvRegion>>? RegionsFor { get; init; }

    /// <summary>
    /// The driver leaves the old domain first, and for a device that is on none this does nothing: a refused
    /// attach, or a
    /// release, then leaves the device as it was, whatever <see cref="RefusedAttach"/> and
    /// <see cref="ReleaseLeaves"/> say
    /// (SMMUv3 of 6.1).
    /// </summary>
    public bool LeavesDetachedAlone { get; init; }

    /// <summary>
    /// One map call looks at all its entries before it writes the first: a refused call has mapped nothing
    /// and counts
    /// nothing, but smaller pages that lay in the way before the refusal are gone (io-pgtable-arm,
    /// io-pgtable-dart).
    /// </summary>
    public bool ChecksCallFirst { get; init; }

    /// <summary>
    /// As <see cref="ReleaseLeaves"/>, for a device whose <see cref="IommuDevice.RequireDirect"/> is set when
    /// it is
    /// released; null: no difference (SMMUv3 of 6.12: bypass).
    /// </summary>
    public RefusedAttach? ReleaseLeavesDirect { get; init; }
}
