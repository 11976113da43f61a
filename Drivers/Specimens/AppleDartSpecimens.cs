using Conformance.Drivers.AppleDart;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Rules;

namespace Conformance.Drivers.Specimens;

/// <summary>
/// The mutants of the apple-dart sheet. Left out: 4 (unused TTBRs not cleared), as all domains of a unit use
/// equally many, so that none is ever left over; 10 (group check skipped), as no topology lists one stream in
/// two groups.
/// </summary>
internal static class AppleDartSpecimens
{
    private const string Sheet = "sheet apple-dart, mutant ";

    private const string OneDevice = """
        device d0 i0:0x1 group 0
        --
        register i0

        """;

    public static readonly IReadOnlyList<Specimen> All =
    [
        DmaFq(),
        SyncMapSkipped(),
        SecondUnitForgotten(),
        PositivePermissions(),
        BypassLeftOn(),
        AddressNotShifted(),
        LevelOneShift(),
        NoFlushOnAttach(),
        SubPageEnd(),
        BusyNotAwaited(),
    ];

    private static Specimen DmaFq() => new()
    {
        Name = "dart-dma-fq-v6.5",
        Title = "attach_dev knows four types and says 0 to any other: a DMA_FQ default domain is never "
            + "programmed, all DMA of the device is refused",
        Citation = "a4fdd9762272 \"iommu: Use flush queue capability\" (v6.5), cured by c7bd8a1f45ba "
            + "\"iommu/apple-dart: Handle DMA_FQ domains in attach_dev()\" (v6.6-rc4, 6.5.7); "
            + "sheet apple-dart, mutant 5",
        Breaks = [new RuleId(63)],
        Era = "v6.5",
        Driver = AppleDartFactory.DriverName,
        Minimum = """
            era v6.5
            cpu-page 16K
            kernel strict=0
            iommu i0 apple-dart/t8103
            device d0 i0:0x1 group 0
            --
            register i0

            """,
    };

    private static Specimen SyncMapSkipped() => Of(
        "dart-sync-map-skipped",
        "iotlb_sync_map does nothing: an IOVA that missed before it was mapped (0x1000, tried after each "
            + "command) keeps faulting",
        1, [39], null, new SyncMapSkippedSteps(),
        OneDevice + """
            map g0.default 0x0 0x100000 0x4000 rw

            """);

    private static Specimen SecondUnitForgotten() => Of(
        "dart-second-unit-not-invalidated",
        "a flush reaches the first unit of the domain only: streams of the second keep an unmapped page",
        2, [12], null, new FirstUnitOnlySteps(),
        """
        iommu i1 apple-dart/t8103
        device d0 i0:0x1 i1:0x1 group 0
        --
        register i1
        register i0
        map g0.default 0x4000 0x100000 0x4000 rw
        unmap g0.default 0x4000 0x4000

        """);

    private static Specimen PositivePermissions() => Of(
        "dart-positive-permissions",
        "the permission bits of a leaf are set for what is allowed: a read-only page can only be written",
        3, [39, 20], null, new EncodingSteps(new PositiveDart1()),
        OneDevice + """
            map g0.default 0x4000 0x100000 0x4000 r

            """);

    private static Specimen BypassLeftOn() => Of(
        "dart-bypass-left-on",
        "attaching a paging domain leaves the bypass bit of TCR on: DMA reaches all of memory",
        6, [4, 71], null, new BypassLeftOnSteps(),
        """
        device d0 i0:0x1 group 0
        --
        register i0
        attach-group i0.identity g0
        detach-group i0.identity g0

        """);

    private static Specimen AddressNotShifted() => Of(
        "dart2-address-not-shifted",
        "the address of a DART2 descriptor is put in place instead of shifted by four: DMA lands elsewhere",
        7, [39], "t6000", new EncodingSteps(new UnshiftedDart2()),
        OneDevice + """
            map g0.default 0x4000 0x100000 0x4000 rw

            """);

    private static Specimen LevelOneShift() => Of(
        "dart-4k-level-one-shift",
        "the level-one index of a 4K table is that of the TTBR: a whole GiB shares one leaf table",
        8, [39], "t8103-4k", new WrongLevelOneSteps(),
        OneDevice + """
            map g0.default 0x200000 0x100000 0x1000 rw

            """);

    private static Specimen NoFlushOnAttach() => Of(
        "dart-no-flush-on-attach",
        "attach does not invalidate its streams: pages of the domain before stay reachable, even freed",
        9, [2], null, new NoFlushOnAttachSteps(),
        OneDevice + """
            alloc D0 d0
            attach-group D0 g0
            map D0 0x4000 0x100000 0x4000 rw
            detach-group D0 g0

            """);

    private static Specimen SubPageEnd() => Of(
        "dart2-sub-page-end-zero",
        "the last sub-page of a leaf is left 0: only the first 1/4096 of the page is accessible",
        11, [39], "t6000", new EncodingSteps(new FirstSubPageDart2()),
        OneDevice + """
            map g0.default 0x4000 0x100000 0x4000 rw

            """);

    private static Specimen BusyNotAwaited() => Of(
        "dart-busy-not-awaited",
        "an invalidation is not waited for: the next one meets a busy unit, an unmapped page stays reachable",
        0, [68, 12], null, new BusyNotAwaitedSteps(),
        OneDevice) with
    {
        Citation = "apple-dart.c: apple_dart_t8020_hw_stream_command polls the busy bit; our own mutant",
    };

    /// <summary>A specimen of 7.2 with changed steps; the header of its minimum is made here.</summary>
    private static Specimen Of(
        string name,
        string title,
        int mutant,
        int[] rules,
        string? variant,
        AppleDartSteps steps,
        string rest) => new()
        {
            Name = name,
            Title = title,
            Citation = Sheet + mutant,
            Breaks = [.. rules.Select(rule => new RuleId(rule))],
            Era = "v7.2",
            Driver = AppleDartFactory.DriverName,
            Variant = variant,
            ChangeDriver = _ => new AppleDartFactory(steps),
            Minimum = $"""
            era v7.2
            cpu-page 16K
            kernel
            iommu i0 apple-dart/{variant ?? "t8103"}

            """ + rest,
        };

    private sealed class SyncMapSkippedSteps : AppleDartSteps
    {
        public override bool InvalidatesAfterMap => false;
    }

    private sealed class FirstUnitOnlySteps : AppleDartSteps
    {
        public override int UnitsInvalidated(int units) => 1;
    }

    private sealed class NoFlushOnAttachSteps : AppleDartSteps
    {
        public override bool InvalidatesOnAttach => false;
    }

    private sealed class BusyNotAwaitedSteps : AppleDartSteps
    {
        public override bool WaitsForInvalidation => false;
    }

    private sealed class BypassLeftOnSteps : AppleDartSteps
    {
        public override void WriteTranslateTcr(DartSilicon regs, uint offset, uint value) =>
            regs.Write32(offset, regs.Read32(offset) | value);
    }

    private sealed class EncodingSteps(DartEncoding changed) : AppleDartSteps
    {
        public override DartEncoding Encoding(DartEncoding real) => changed;
    }

    private sealed class WrongLevelOneSteps : AppleDartSteps
    {
        public override DartGeometry? Geometry(DartGeometry? real, int pageShift) =>
            pageShift == 12 ? new WrongLevelOne() : real;
    }

    private sealed class WrongLevelOne() : DartGeometry(12, 3, 2, 9)
    {
        public override int Index(ulong iova, int level) =>
            level == 2 ? Table(iova) : base.Index(iova, level);
    }

    private sealed class PositiveDart1 : Dart1Encoding
    {
        public override ulong Permissions(Prot prot) => base.Permissions(prot ^ (Prot.Read | Prot.Write));
    }

    private sealed class UnshiftedDart2() : Dart2Encoding(alwaysNoCache: false)
    {
        public override ulong Address(ulong pa) => pa & DartBits.Dart2Address;

        public override ulong AddressOf(ulong entry) => entry & DartBits.Dart2Address;
    }

    private sealed class FirstSubPageDart2() : Dart2Encoding(alwaysNoCache: false)
    {
        public override ulong SubPages => 0;
    }
}
