using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>All the suite knows about arm-smmu-v3.</summary>
/// <remarks>
/// Real breakages that random runs of the usual length do not meet are not listed, since a listed one must
/// show:
/// R44, iova_to_phys answers beyond the aperture for the low addresses (arm_lpae_iova_to_phys); R39 and R40,
/// a block
/// map that fails with -EEXIST has removed the tables before the live leaf (arm_lpae_init_pte); R39, a run
/// of pages
/// across the output limit wraps (arm_lpae_map_pages tests its start only); R17 of v5.19 and v6.3, direct
/// mappings of
/// a bus scan fail because a domain cannot be mapped before its first attach.
/// </remarks>
public static class ArmSmmuV3Entry
{
    private const string First = "v5.19";
    private const string Last = "v7.2";

    private const string LostTag =
        "arm-smmu-v3.c of 7.2: arm_smmu_attach_prepare_invs believes the old domain it is told, so a device "
        + "that is not on it takes the ASID or VMID of those that are off the invalidation array "
        + "(docs/suspects.md)";

    private static readonly string[] Stage1 =
    [
        ArmSmmuV3Factory.Stage1, ArmSmmuV3Factory.Linear, ArmSmmuV3Factory.Granule64,
            ArmSmmuV3Factory.NonCoherent,
    ];

    public static readonly DriverEntry Entry = new()
    {
        Factory = new ArmSmmuV3Factory(),
        Expected =
        [
            Breaks(20, Stage1, First,
                "io-pgtable-arm.c: arm_lpae_prot_to_pte; a stage-1 entry has no write-only form, WRITE "
                + "alone can be read"),
            .. new[] { 12, 39, 40, 42, 67, 71 }.Select(rule =>
                new ExpectedBreakage(new RuleId(rule), [], "v6.19", Last, LostTag)
                {
                    Needs = MayLeaveWhatItIsNotOn,
                    ShowsIn = rule == 12 ? ExpectedBreakage.UsuallyShowsIn : 20_000,
                }),
            new(new RuleId(69), [], "v6.7", Last,
                "arm-smmu-v3.c: arm_smmu_clear_cd, a PASID that the core detaches from a device that joined "
                + "later may lie beyond its CD table (docs/suspects.md)")
            {
                Needs = JoinsPasidUsers,
                ShowsIn = 50_000,
            },
        ],
        Specimens = ArmSmmuV3Specimens.All,
    };

    /// <summary>
    /// The record of the group and the place of a device part ways: an attach that must not fail does, a
    /// device goes while it is staged for reset, or it joins a group that uses a PASID.
    /// </summary>
    private static bool MayLeaveWhatItIsNotOn(Scenario scenario) =>
        (Has(scenario, Op.ResetPrepare) && Has(scenario, Op.Release))
        || JoinsPasidUsers(scenario)
        || scenario.Commands.Zip(scenario.Commands.Skip(1)).Any(pair =>
            pair.First.Op == Op.FailAttach && (pair.First.Size > 0 || IsNotUndone(pair.Second.Op)));

    private static bool IsNotUndone(Op op) => op is Op.Register or Op.Probe or Op.DetachDevice
        or Op.DetachGroup or Op.DetachHandle or Op.ReleaseGroupOwner or Op.ReleaseDeviceOwner or Op.ResetDone;

    private static bool JoinsPasidUsers(Scenario scenario) =>
        Has(scenario, Op.AttachPasid) && Has(scenario, Op.Probe);

    private static bool Has(Scenario scenario, Op op) => scenario.Commands.Any(c => c.Op == op);

    private static ExpectedBreakage Breaks(int rule, IReadOnlyList<string> variants, string first,
        string citation) =>
        new(new RuleId(rule), variants, first, Last, citation);
}
