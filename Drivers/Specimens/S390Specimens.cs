using Conformance.Drivers.S390;
using Conformance.Model.Rules;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of s390-iommu, rebuilt on 7.2.</summary>
/// <remarks>
/// Mutant 6 of the sheet (the identity object cast to the paging type when statistics are read) is left out:
/// it changes counters only, and the suite reads none.
/// </remarks>
public static class S390Specimens
{
    public static IReadOnlyList<Specimen> All { get; } =
    [
        Make(
            "s390-aperture-end-exclusive",
            "The aperture test takes the inclusive end for an exclusive one: the last page cannot be mapped.",
            "sheet s390, mutant 1; iommu/s390: Fix incorrect aperture check a4d996c2c4b5",
            [71],
            zpci => new S390EndExclusive(zpci),
            """
            alloc D0 d0
            map D0 0x3fffffff000 0x100000 0x1000 rw
            """),
        Make(
            "s390-attach-frees-old-table",
            "Attach frees the table of the domain that it takes over from: coming back walks freed tables.",
            "sheet s390, mutant 2",
            [67, 69, 71],
            zpci => new S390FreesOldTable(zpci),
            """
            alloc D0 d0
            attach-group D0 g0
            detach-group D0 g0
            """,
            variant: "zpci-tlb-refresh"),
        Make(
            "s390-sync-skips-iova-0",
            "The sync is skipped when the gathered range starts at 0: page 0 stays reachable after unmap.",
            "sheet s390, mutant 3",
            [12, 71],
            zpci => new S390SyncByStart(zpci),
            """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x0 0x100000 0x1000 rw
            unmap D0 0x0 0x1000
            """,
            variant: "zpci-tlb-refresh"),
        Make(
            "s390-attach-shrinks-aperture",
            "The first attach cuts the aperture to the window: mappings above can no longer be unmapped.",
            "sheet s390, mutant 4",
            [42, 71],
            zpci => new S390ShrinksAperture(zpci),
            """
            alloc D0 d0
            map D0 0x200000000 0x100000 0x1000 rw
            attach-group D0 g0
            unmap D0 0x200000000 0x1000
            """),
        Make(
            "s390-refused-attach-keeps-table",
            "A refused attach forgets to unregister: the device stays on the new table.",
            "sheet s390, mutant 5",
            [72, 71, 7],
            zpci => new S390KeepsRefused(zpci),
            """
            alloc D0 d0
            map D0 0x100001000 0x100000 0x1000 rw
            fail-attach d0 0 -ENOMEM
            attach-group D0 g0
            """),
        Make(
            "s390-rsx-anchor-says-region-third",
            "A region-second root is registered as a region-third one: the walk starts a level too low.",
            "sheet s390, mutant 7",
            [46, 39, 71],
            zpci => new S390AlwaysRegionThird(zpci),
            """
            alloc D0 d0
            map D0 0x100001000 0x100000 0x1000 rw
            attach-group D0 g0
            """,
            variant: "zpci-rsx"),
        Make(
            "s390-map-without-refresh",
            "iotlb_sync_map forgets functions with tlb_refresh: an earlier miss hides the new mapping.",
            "sheet s390, caches and invalidation (tlb_refresh)",
            [39, 71],
            zpci => new S390NoRefreshAfterMap(zpci),
            """
            alloc D0 d0
            attach-group D0 g0
            dma d0 0 0x1000 read
            map D0 0x1000 0x100000 0x1000 rw
            """,
            variant: "zpci-tlb-refresh"),
        Make(
            "s390-ism-limit-not-raised",
            "The limit of an ISM function is registered as it is: its last page cannot be reached.",
            "sheet s390, register operation (ISM); arch/s390/pci/pci.c: zpci_register_ioat",
            [46, 39, 71],
            zpci => new S390IsmLimit(zpci),
            """
            alloc D0 d0
            map D0 0x1fffff000 0x100000 0x1000 rw
            attach-group D0 g0
            """,
            variant: "ism"),
        Make(
            "s390-detach-posing-as-blocking",
            "The blocking attach calls the old detach, which hands the device back to the platform's DMA.",
            "sheet s390, attach and detach: 6.1 detach_dev",
            [1, 65, 71],
            zpci => new S390DetachAsBlocking(zpci),
            """
            claim-group o1 g0
            dma d0 0 0x100000000 read
            """),
        Make(
            "bypass-posing-as-blocking",
            "A driver whose detach restores the boot-time bypass offers that as its blocking domain.",
            "core.md 1.3 and invariant 1: a blocking domain must block, whatever detach used to do",
            [65, 1, 71],
            zpci => new S390BypassAsBlocking(zpci),
            """
            attach-group i0.blocked g0
            """,
            variant: "zpci-rtr"),
    ];

    private static Specimen Make(
        string name,
        string title,
        string citation,
        int[] rules,
        Func<S390Zpci, S390Driver> build,
        string commands,
        string? variant = null) => new()
        {
            Name = name,
            Title = title,
            Citation = citation,
            Breaks = [.. rules.Select(r => new RuleId(r))],
            Era = "v7.2",
            Driver = S390Driver.DriverName,
            Variant = variant,
            ChangeDriver = _ => new S390Factory(build),
            Minimum = $"""
                era v7.2
                cpu-page 4K
                kernel
                iommu i0 s390/{variant ?? S390Firmware.Variants[0]}
                device d0 i0:0x123 group 0 pci
                --
                register i0
                {commands}
                """,
        };
}
