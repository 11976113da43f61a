using Conformance.Drivers.S390;
using Conformance.Model.Contract;

namespace Conformance.Drivers.Specimens;

/// <summary>
/// Breaches of the contract that any driver could commit; the driver below is only where they are shown.
/// </summary>
internal static class ContractSpecimens
{
    private const string MapAndUnmap = """
        register i0
        alloc D0 d0
        attach-group D0 g0
        map D0 0x4000 0x100000 0x4000 rw
        unmap D0 0x4000 0x4000
        """;

    private static readonly IReadOnlyList<Specimen> OfAttach =
    [
        Sketch.OnDart(
            7,
            "driver-refuses-after-move",
            "attach_dev refuses after it has moved the device: it is on a domain its user believes refused",
            "\"iommu: Do not revert set_domain for the last gdev\" (v6.19): nobody moves a refusing device "
                + "back since",
            """
            register i0
            alloc D0 d0
            map D0 0x4000 0x100000 0x4000 rw
            fail-attach d0 0 -ENOMEM
            attach-group D0 g0
            """) with
        {
            ChangeDriver = With(static () => new RefusesAfterMove()),
        },
        Sketch.OnDart(
            6,
            "driver-forgets-static-domains",
            "attaching the last paging domain again is a no-op although the device was blocked since",
            Sketch.Constructed,
            """
            register i0
            claim-group o1 g0
            """,
            "device d0 i0:0x1 group 0\ndevice d1 i0:0x2 group 0 resv direct 0x0+0x4000 rw") with
        {
            ChangeDriver = With(static () => new ForgetsStatics()),
        },
        Sketch.OnDart(
            70,
            "driver-undocumented-errno",
            "a domain of another unit is refused with -ENXIO: callers do not try another domain",
            "\"iommu: Use EINVAL for incompatible device/domain in ->attach_dev\" (v6.2), before it",
            """
            register i0
            register i1
            alloc D0 d0
            attach-group D0 g1
            """,
            "iommu i1 apple-dart/t8103\ndevice d0 i0:0x1 group 0\ndevice d1 i1:0x1 group 1") with
        {
            ChangeDriver = With(static () => new OldErrno()),
        },
        Sketch.OnDart(
            46,
            "driver-loses-early-mappings",
            "what was mapped before the first attach is lost: direct regions and iommufd's areas",
            Sketch.Constructed + " (core.md 2.5 (5): mappings may come before the attach)",
            """
            register i0
            alloc D0 d0
            map D0 0x4000 0x100000 0x4000 rw
            attach-group D0 g0
            """) with
        {
            ChangeDriver = With(static () => new LosesEarlyMappings()),
        },
        Sketch.OnDart(
            66,
            "driver-hands-out-domain-twice",
            "an allocation returns a domain that is in use: one user frees it under the other",
            Sketch.Constructed,
            """
            register i0
            alloc D0 d0
            alloc D1 d0
            alloc D2 d0
            free D2
            free D1
            """) with
        {
            ChangeDriver = With(static () => new HandsOutTwice()),
        },
        Sketch.OnSmmu(
            23,
            "driver-keeps-pasid",
            "taking a domain off a PASID does nothing: its DMA goes on after the detach",
            Sketch.Constructed,
            """
            register i0
            alloc D0 d0 +pasid
            map D0 0x1000 0x100000 0x1000 rw
            attach-pasid D0 d0 1
            detach-pasid D0 d0 1
            """) with
        {
            ChangeDriver = With(static () => new KeepsPasid()),
        },
        Sketch.OnS390(
            68,
            "driver-registers-twice",
            "attach registers a second table without taking the first away: the hardware refuses the command",
            "sheet s390: operation 4 on a registered address space has status 24",
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            """) with
        {
            ChangeDriver = static _ => new S390Factory(static zpci => new RegistersTwice(zpci)),
        },
    ];

    private static readonly IReadOnlyList<Specimen> OfStatics =
    [
        Sketch.OnDart(
            64,
            "driver-identity-blocks",
            "the identity domain blocks all DMA",
            "sun50i-iommu, whose identity domain blocked (B140)",
            """
            register i0
            set-type g0 identity
            """) with
        {
            ChangeDriver = With(static () => new IdentityBlocks()),
        },
        Sketch.OnDart(
            37,
            "driver-identity-refuses",
            "the static identity domain wants the device detached first, and refuses",
            Sketch.Constructed + " (re-attach over any domain is the normal case, core.md 2.5 (1))",
            """
            register i0
            attach-group i0.identity g0
            """) with
        {
            Variant = "t8103",
            ChangeDriver = With(static () => new IdentityRefuses()),
        },
        Sketch.OnDart(
            65,
            "driver-blocks-nothing",
            "attach of the blocking domain does nothing: what the device could reach it still can",
            Sketch.Constructed,
            """
            register i0
            attach-group i0.blocked g0
            """,
            kernel: "passthrough=1") with
        {
            ChangeDriver = With(static () => new BlocksNothing()),
        },
        Sketch.OnS390(
            18,
            "driver-release-domain-is-stub",
            "the release domain does nothing: an unplugged requester goes on through its user's domain",
            "what apple-dart does, which has none (core.md 3.8)",
            """
            register i0
            alloc D0 d0
            map D0 0x100001000 0x100000 0x1000 rw
            attach-group D0 g0
            release d0
            """) with
        {
            ChangeDriver = With(static () => new ReleasesNothing()),
        },
    ];

    private static readonly IReadOnlyList<Specimen> OfMap =
    [
        Sketch.OnDart(
            19,
            "driver-hides-partial-map",
            "a map that fails half way does not count what it did: the core cannot undo it",
            Sketch.Constructed + " (include/linux/iommu.h: map_pages counts what it did, also on error)",
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            map D0 0xc000 0x100000 0x4000 rw
            map D0 0x4000 0x200000 0xc000 rw
            """) with
        {
            ChangeDriver = With(static () => new HidesPartialMap()),
        },
        Sketch.OnDart(
            20,
            "driver-ignores-read-only",
            "a mapping for reading alone can be written by the device",
            Sketch.Constructed + "; of its kind B133, the two bits swapped",
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            map D0 0x4000 0x100000 0x4000 r
            """) with
        {
            ChangeDriver = With(static () => new IgnoresReadOnly()),
        },
        Sketch.OnDart(
            39,
            "driver-counts-unmapped-page",
            "the last page of a request is counted and never written: DMA to it is refused",
            Sketch.Constructed,
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            map D0 0x4000 0x100000 0x8000 rw
            """) with
        {
            ChangeDriver = With(static () => new CountsOneMore()),
        },
        Sketch.OnDart(
            72,
            "driver-leaves-stray-leaf",
            "a map writes a second leaf far away: memory is reachable at an address nobody asked for",
            Sketch.Constructed,
            """
            register i0
            map g0.default 0x4000 0x100000 0x4000 rw
            """) with
        {
            ChangeDriver = With(static () => new LeavesStrayLeaf()),
        },
        Sketch.OnDart(
            44,
            "driver-lookup-drops-offset",
            "iova_to_phys gives the page's address for every byte of it",
            "what s390-iommu does; apple-dart and io-pgtable add the offset",
            """
            register i0
            alloc D0 d0
            map D0 0x4000 0x100000 0x4000 rw
            iova-to-phys D0 0x4004
            """) with
        {
            ChangeDriver = With(static () => new DropsOffset()),
        },
        Sketch.OnDart(
            69,
            "driver-lookup-of-hole-crashes",
            "iova_to_phys of a hole dereferences the entry that is not there",
            "riscv, the look-up of a hole (B152)",
            """
            register i0
            iova-to-phys g0.default 0x4000
            """) with
        {
            ChangeDriver = With(static () => new CrashesInHole()),
        },
    ];

    private static readonly IReadOnlyList<Specimen> OfUnmap =
    [
        Sketch.OnDart(
            12,
            "driver-syncs-nothing",
            "iotlb_sync does nothing: what a device has cached it reaches after the unmap",
            Sketch.Constructed,
            MapAndUnmap) with
        {
            ChangeDriver = With(static () => new SyncsNothing()),
        },
        Sketch.OnDart(
            40,
            "driver-unmap-stops-at-table",
            "an unmap ends where a table ends and returns less: pages stay mapped behind the caller's back",
            "VT-d, a range unmap that stopped at a table boundary (B093)",
            """
            register i0
            alloc D0 d0
            map D0 0x20000 0x100000 0x4000 rw
            unmap D0 0x20000 0x4000
            """) with
        {
            ChangeDriver = With(static () => new StopsAtTable()),
        },
        Sketch.OnDart(
            41,
            "driver-unmap-takes-neighbour",
            "an unmap removes one page too many and does not say so: DMA to a live page is refused",
            Sketch.Constructed,
            """
            register i0
            alloc D0 d0
            attach-group D0 g0
            map D0 0x4000 0x100000 0x8000 rw
            unmap D0 0x4000 0x4000
            """) with
        {
            ChangeDriver = With(static () => new TakesNeighbour()),
        },
        Sketch.OnDart(
            42,
            "driver-unmap-counts-neighbour",
            "an unmap counts one page more than it removed: the caller frees an IOVA that is still mapped",
            "B037, an unmap that returned more than it removed",
            MapAndUnmap) with
        {
            ChangeDriver = With(static () => new CountsNeighbour()),
        },
    ];

    public static IReadOnlyList<Specimen> All { get; } = [.. OfAttach, .. OfStatics, .. OfMap, .. OfUnmap];

    private static Func<IDriverFactory, IDriverFactory> With(Func<Spoil> breach) =>
        real => new SpoiltFactory(real, breach);

    private sealed class RegistersTwice(S390Zpci zpci) : S390Driver72(zpci)
    {
        protected override void LeaveCurrent(IommuDevice dev, S390Function function) => Unlink(function);
    }
}
