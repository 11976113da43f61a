using Conformance.Drivers.ArmSmmuV3;
using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Rules;

namespace Conformance.Drivers.Specimens;

/// <summary>
/// The mutants of the arm-smmu-v3 and io-pgtable-arm sheets.
/// </summary>
/// <remarks>
/// Left out of arm-smmu-v3: 2 (first word written first) and 11 (list published after the entry), which only
/// an access
/// in the middle of a driver call can see; 4 (V cleared instead of an abort entry), which differs in the
/// event record
/// alone. Of io-pgtable-arm: 2, 8 and 11, whose widths no variant has; 6 and 9, which need two CPUs (6 is
/// here as a
/// forgotten clean); 10, another format.
/// </remarks>
internal static class ArmSmmuV3Specimens
{
    private const string OneDevice = """
        device d0 i0:0x18 group 0
        --
        register i0
        alloc D0 d0
        attach-group D0 g0

        """;

    private const string SmmuSheet = "sheet arm-smmu-v3, mutant ";
    private const string LpaeSheet = "sheet io-pgtable-arm, mutant ";

    public static readonly IReadOnlyList<Specimen> All =
    [
        EntryNotInvalidated(),
        SyncOmitted(),
        FirstStreamOnly(),
        NoFlushAtFree(),
        AsidZero(),
        RangeOneShort(),
        NoFlushAtLastUser(),
        OtherUnitAccepted(),
        LeafOnlyWalkFlush(),
        AccessFlagForgotten(),
        StartLevelOff(),
        LiveLeafAccepted(),
        CleanForgotten(),
        OneOfManyCleared(),
    ];

    private static Specimen EntryNotInvalidated() => Of(
        "smmuv3-ste-not-invalidated",
        "no CFGI_STE after a new stream table entry: the one that the unit has kept stays in force",
        SmmuSheet + 1, 67, "v7.2", ArmSmmuV3Factory.Linear, new EntryNotInvalidatedSteps(),
        """
        device d0 i0:0x18 group 0
        --
        register i0
        release d0
        probe d0
        map g0.default 0x1000 0x100000 0x1000 rw

        """);

    private static Specimen SyncOmitted() => Of(
        "smmuv3-sync-omitted",
        "no CMD_SYNC after TLB invalidations: an unmapped page can be reached after unmap has returned",
        SmmuSheet + 3, 12, "v7.2", null, new SyncOmittedSteps(),
        OneDevice + """
            map D0 0x1000 0x100000 0x1000 rw
            unmap D0 0x1000 0x1000

            """);

    private static Specimen FirstStreamOnly() => Of(
        "smmuv3-first-stream-only",
        "only the first StreamID of a device gets the new entry: the others stay on the domain before",
        SmmuSheet + 5, 39, "v7.2", null, new FirstStreamOnlySteps(),
        """
        device d0 i0:0x18 i0:0x19 group 0
        --
        register i0
        alloc D0 d0
        attach-group D0 g0
        map D0 0x1000 0x100000 0x1000 rw

        """);

    private static Specimen NoFlushAtFree() => Of(
        "smmuv3-asid-reused-unflushed",
        "6.12: nothing is flushed when a domain is freed, and the next one gets its ASID: old translations "
        + "answer for it",
        SmmuSheet + 6, 4, "v6.7", null, new NoFlushAtFreeSteps(),
        OneDevice + """
            map D0 0x1000 0x100000 0x1000 rw
            detach-group D0 g0
            free D0
            alloc D0 d0
            attach-group D0 g0

            """);

    private static Specimen AsidZero() => Of(
        "smmuv3-asid-zero",
        "every context descriptor has ASID 0: domains share their cached translations",
        SmmuSheet + 7, 71, "v7.2", null, new AsidZeroSteps(),
        """
        device d0 i0:0x18 group 0
        device d1 i0:0x19 group 1
        --
        register i0
        map g0.default 0x1000 0x100000 0x1000 rw

        """);

    private static Specimen RangeOneShort() => Of(
        "smmuv3-range-one-short",
        "the count of a range invalidation is one too small: the last page of an unmap stays reachable",
        SmmuSheet + 8, 12, "v7.2", null, new RangeOneShortSteps(),
        OneDevice + """
            map D0 0x1000 0x100000 0x3000 rw
            unmap D0 0x1000 0x3000

            """);

    private static Specimen NoFlushAtLastUser() => Of(
        "smmuv3-last-user-unflushed",
        "7.2: an ASID that loses its last device is not flushed, and unmap sends nothing for a domain "
        + "without devices: the "
        + "next attach finds old translations",
        SmmuSheet + 9, 4, "v7.2", null, new NoFlushAtLastUserSteps(),
        OneDevice + """
            map D0 0x1000 0x100000 0x1000 rw
            detach-group D0 g0
            unmap D0 0x1000 0x1000
            attach-group D0 g0

            """);

    private static Specimen OtherUnitAccepted() => Of(
        "smmuv3-other-unit-accepted",
        "a domain is attached to a device of another unit, which never hears of its invalidations",
        SmmuSheet + 10, 71, "v7.2", null, new OtherUnitAcceptedSteps(),
        """
        iommu i1 arm-smmu-v3/s1
        device d0 i0:0x18 group 0
        device d1 i1:0x18 group 1
        --
        register i0
        register i1
        alloc D0 d0
        attach-group D0 g1

        """);

    private static Specimen LeafOnlyWalkFlush() => Of(
        "lpae-leaf-only-walk-flush",
        "a table is freed after an invalidation of leaves only: the unit goes on walking through it",
        LpaeSheet + 1, 67, "v7.2", ArmSmmuV3Factory.Stage2, new LeafOnlyWalkFlushSteps(),
        OneDevice + """
            map D0 0x200000 0x100000 0x1000 rw
            unmap D0 0x200000 0x200000

            """);

    private static Specimen AccessFlagForgotten() => Of(
        "lpae-access-flag",
        "leaves lack the access flag: every access faults",
        LpaeSheet + 3, 39, "v7.2", null, new TableSteps((m, c, l, r, f) => new NoAccessFlag(m, c, l, r, f)),
        OneDevice + """
            map D0 0x1000 0x100000 0x1000 rw

            """);

    private static Specimen StartLevelOff() => Of(
        "lpae-sl0-off-by-one",
        "SL0 of a 4K stage-2 table without the granule's offset: the unit starts one level too low",
        LpaeSheet + 4, 39, "v7.2", ArmSmmuV3Factory.Stage2, new StartLevelOffSteps(),
        OneDevice + """
            map D0 0x1000 0x100000 0x1000 rw

            """);

    private static Specimen LiveLeafAccepted() => Of(
        "lpae-live-leaf-accepted",
        "a map over a live page says 0 and changes nothing",
        LpaeSheet + 5, 71, "v7.2", null, new TableSteps((m, c, l, r, f) => new LiveLeafOk(m, c, l, r, f)),
        OneDevice + """
            map D0 0x1000 0x100000 0x1000 rw
            map D0 0x1000 0x200000 0x1000 rw

            """);

    private static Specimen CleanForgotten() => Of(
        "lpae-clean-forgotten",
        "a leaf is written but not cleaned for a walker that does not snoop: the page is not seen",
        LpaeSheet + "6, as a forgotten clean", 39, "v7.2", ArmSmmuV3Factory.NonCoherent,
        new TableSteps((m, c, l, r, f) => new NoClean(m, c, l, r, f)),
        OneDevice + """
            map D0 0x1000 0x100000 0x1000 rw

            """);

    private static Specimen OneOfManyCleared() => Of(
        "lpae-one-entry-cleared",
        "an unmap of several pages clears the first entry only and counts them all",
        LpaeSheet + 7, 12, "v7.2", null, new TableSteps((m, c, l, r, f) => new ClearsOne(m, c, l, r, f)),
        OneDevice + """
            map D0 0x1000 0x100000 0x2000 rw
            unmap D0 0x1000 0x2000

            """);

    /// <summary>A specimen with changed steps; the header of its minimum is made here.</summary>
    private static Specimen Of(string name, string title, string citation, int rule, string era,
        string? variant,
        SmmuSteps steps, string rest) => new()
        {
            Name = name,
            Title = title,
            Citation = citation,
            Breaks = [new RuleId(rule), new RuleId(71)],
            Era = era,
            Driver = ArmSmmuV3Factory.DriverName,
            Variant = variant,
            ChangeDriver = _ => new ArmSmmuV3Factory(steps),
            Minimum = $"""
            era {era}
            cpu-page 4K
            kernel
            iommu i0 arm-smmu-v3/{variant ?? ArmSmmuV3Factory.Stage1}

            """ + rest,
        };

    private delegate ArmLpaeTable MakeTable(PhysicalMemory memory, ArmLpaeConfig config, ArmLpaeLayout layout,
        ArmLpaeRules rules, IArmLpaeFlush flush);

    private sealed class EntryNotInvalidatedSteps : SmmuSteps
    {
        public override void SyncStreamEntry(SmmuDevice smmu, uint sid)
        {
            // The mutant: nothing.
        }
    }

    private sealed class SyncOmittedSteps : SmmuSteps
    {
        public override bool SendsSync => false;
    }

    private sealed class FirstStreamOnlySteps : SmmuSteps
    {
        public override int StreamsToUpdate(SmmuMaster master) => 1;
    }

    private sealed class NoFlushAtFreeSteps : SmmuSteps
    {
        public override bool FlushesAtFree => false;
    }

    private sealed class AsidZeroSteps : SmmuSteps
    {
        public override uint AsidOf(uint allocated) => 0;
    }

    private sealed class RangeOneShortSteps : SmmuSteps
    {
        public override uint RangeNum(uint units) => units > 1 ? units - 2 : 0;
    }

    private sealed class NoFlushAtLastUserSteps : SmmuSteps
    {
        public override bool FlushesAtLastUser => false;
    }

    private sealed class OtherUnitAcceptedSteps : SmmuSteps
    {
        public override Errno OtherUnit(Errno refusal) => Errno.OK;
    }

    private sealed class LeafOnlyWalkFlushSteps : SmmuSteps
    {
        public override bool WalkFlushIsLeafOnly => true;
    }

    private sealed class StartLevelOffSteps : SmmuSteps
    {
        public override ulong VtcrOf(ArmLpaeLayout layout, bool coherent) =>
            (layout.Vtcr(coherent) & ~(3UL << 6)) | ((ulong)(~layout.StartLevel & 3) << 6);
    }

    private sealed class TableSteps(MakeTable make) : SmmuSteps
    {
        public override ArmLpaeTable CreateTable(PhysicalMemory memory, ArmLpaeConfig config,
            ArmLpaeLayout layout,
            ArmLpaeRules rules, IArmLpaeFlush flush) => make(memory, config, layout, rules, flush);
    }

    private sealed class NoAccessFlag(
        PhysicalMemory memory, ArmLpaeConfig config, ArmLpaeLayout layout, ArmLpaeRules rules,
            IArmLpaeFlush flush)
        : ArmLpaeTable(memory, config, layout, rules, flush)
    {
        protected override ulong LeafBits(Prot prot) => base.LeafBits(prot) & ~ArmLpaeEntry.AccessFlag;
    }

    private sealed class LiveLeafOk(
        PhysicalMemory memory, ArmLpaeConfig config, ArmLpaeLayout layout, ArmLpaeRules rules,
            IArmLpaeFlush flush)
        : ArmLpaeTable(memory, config, layout, rules, flush)
    {
        protected override Errno OverLiveLeaf => Errno.OK;
    }

    private sealed class NoClean(
        PhysicalMemory memory, ArmLpaeConfig config, ArmLpaeLayout layout, ArmLpaeRules rules,
            IArmLpaeFlush flush)
        : ArmLpaeTable(memory, config, layout, rules, flush)
    {
        protected override void SyncEntries(ulong at, int count)
        {
            // The mutant: nothing.
        }
    }

    private sealed class ClearsOne(
        PhysicalMemory memory, ArmLpaeConfig config, ArmLpaeLayout layout, ArmLpaeRules rules,
            IArmLpaeFlush flush)
        : ArmLpaeTable(memory, config, layout, rules, flush)
    {
        protected override void ClearEntries(ulong at, int count) =>
            base.ClearEntries(at, Math.Min(count, 1));
    }
}
