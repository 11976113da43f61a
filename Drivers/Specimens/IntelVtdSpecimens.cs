using Conformance.Drivers.IntelVtd;
using Conformance.Model.Rules;

namespace Conformance.Drivers.Specimens;

/// <summary>The sheet's mutants of the VT-d driver, and bugs of its history.</summary>
public static class IntelVtdSpecimens
{
    private const string OneDevice = "device d0 i0:0x18 group 0 pci";

    public static IReadOnlyList<Specimen> All { get; } =
    [
        Make(
            "vtd-context-cache-not-flushed",
            "Blocking leaves the cached context entry: the device goes on through the old domain.",
            "sheet intel-vtd, mutant 1", [39, 2, 71], new VtdKeepsContextCache(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            """),
        Make(
            "vtd-iotlb-flushed-with-new-did",
            "Blocking flushes the next free domain id, not the old one: stale hits when the id is used "
            + "again.",
            "sheet intel-vtd, mutant 2", [2, 39, 4, 71], new VtdFlushesNewDid(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            detach-group D0 g0
            """),
        Make(
            "vtd-tables-freed-before-flush",
            "Table pages are freed by the unmap itself: until the sync the walker reads freed memory.",
            "sheet intel-vtd, mutant 3", [67, 71], new VtdFreesBeforeFlush(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x200000 0x101000 0x200000 rw
            unmap-fast D0 0x200000 0x200000
            dma d0 0 0x280000 read
            """),
        Make(
            "vtd-hint-although-table-freed",
            "The invalidation hint is set although a table was freed: the walker goes on through it.",
            "sheet intel-vtd, mutant 4", [67, 39, 71], new VtdAlwaysHints(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x200000 0x101000 0x200000 rw
            unmap D0 0x200000 0x200000
            """),
        Make(
            "vtd-no-sync-map-in-caching-mode",
            "A unit in caching mode is not told of a new mapping: an earlier miss hides it.",
            "sheet intel-vtd, mutant 5", [39, 71], new VtdNoSyncMap(),
            """
            alloc D0 d0
            attach-group D0 g0
            dma d0 0 0x1000 read
            map D0 0x1000 0x100000 0x1000 rw
            """,
            variant: VtdVariants.LegacyCaching),
        Make(
            "vtd-attach-without-block",
            "Attach does not block first: the context writer finds a present entry and keeps the old domain.",
            "sheet intel-vtd, mutant 6", [39, 46, 4, 71], new VtdSkipsBlock(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            """),
        Make(
            "vtd-mask-from-size-only",
            "The address mask of a flush ignores where the range lies: its last pages stay reachable.",
            "sheet intel-vtd, mutant 7", [12, 71], new VtdMaskOfSize(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x2000 rw
            unmap D0 0x1000 0x2000
            """),
        Make(
            "vtd-address-width-is-levels",
            "The address-width field holds the number of levels: the unit refuses the entry.",
            "sheet intel-vtd, mutant 8", [39, 71], new VtdWidthIsLevels(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            """),
        Make(
            "vtd-aliases-not-programmed",
            "Only the device's own requester id gets an entry: DMA through the bridge's alias faults.",
            "sheet intel-vtd, mutant 9", [39, 71], new VtdForgetsAliases(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            """,
            device: "device d0 i0:0x18 i0:0x20 group 0 pci"),
        Make(
            "vtd-pass-through-left-in-blocked-entry",
            "A blocked entry keeps its translation type: after identity the next domain is passed through.",
            "sheet intel-vtd, mutant 10", [4, 71, 39], new VtdKeepsBlockedEntry(),
            """
            set-type g0 identity
            set-type g0 DMA
            """),
        Make(
            "vtd-miss-flushed-under-new-did",
            "Caching mode: the present-flush uses the new domain's id, so a cached miss of the context "
            + "stays.",
            "sheet intel-vtd, mutant 11", [39, 71], new VtdMissesUnderNewDid(),
            """
            dma d0 0 0x1000 read
            alloc D0 d0
            attach-group D0 g0
            claim-group o1 g0
            detach-group D0 g0
            claim-group o1 g0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            """,
            variant: VtdVariants.LegacyCaching),
        Make(
            "vtd-no-execute-not-enabled",
            "First-stage entries carry execute-disable, the PASID entry does not enable it: every access "
            + "faults.",
            "iommu/vt-d: Set No Execute Enable bit in PASID table entry e06d24435596", [39, 71],
            new VtdNoExecuteEnable(),
            "map g0.default 0x1000 0x100000 0x1000 rw",
            variant: VtdVariants.ScalableFirstStage, era: "v6.6"),
        Make(
            "vtd-device-tlb-not-flushed",
            "Unmap forgets the device TLB: a device with ATS keeps the page.",
            "iommu/vt-d: Fix missed device TLB cache tag", [12, 71], new VtdForgetsDeviceTlb(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            unmap D0 0x1000 0x1000
            """,
            device: "device d0 i0:0x18 group 0 pci ats"),
        Make(
            "vtd-tables-not-cleaned",
            "Tables for a walker that does not snoop stay in the processor's cache: mappings are not seen.",
            "iommu/vt-d: Flush cache for PASID table before using it 22d169bdd284 (same duty, page tables)",
                [39, 71],
            new VtdNeverCleans(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            """,
            variant: VtdVariants.LegacyNoncoherent),
        Make(
            "vtd-second-stage-flushed-by-pasid",
            "Tearing a PASID entry down flushes by PASID although a second stage is cached by domain.",
            "iommu/vt-d: Fix incomplete cache flush in intel_pasid_tear_down_entry", [2, 39, 4, 71],
                new VtdPasidFlushOnly(),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x1000 0x100000 0x1000 rw
            detach-group D0 g0
            """,
            variant: VtdVariants.ScalableSecondStage),
        Make(
            "vtd-release-before-deferred-attach",
            "A device released before its deferred attach has no domain on record: release uses NULL.",
            "iommu/vt-d: Fix NULL domain on device release 81e921fd3216", [69, 71],
                new VtdReleaseNeedsDomain(),
            "release d0",
            device: "device d0 i0:0x18 group 0 pci deferred", era: "v6.6", kernel: "kernel kdump"),
    ];

    private static Specimen Make(
        string name,
        string title,
        string citation,
        int[] rules,
        VtdSteps steps,
        string commands,
        string? variant = null,
        string device = OneDevice,
        string era = "v7.2",
        string kernel = "kernel") => new()
        {
            Name = name,
            Title = title,
            Citation = citation,
            Breaks = [.. rules.Select(r => new RuleId(r))],
            Era = era,
            Driver = IntelVtdFactory.DriverName,
            Variant = variant,
            ChangeDriver = _ => new IntelVtdFactory(steps),
            Minimum = $"""
                era {era}
                cpu-page 4K
                {kernel}
                iommu i0 intel-vtd/{variant ?? VtdVariants.Legacy}
                {device}
                --
                register i0
                {commands}
                """,
        };
}
