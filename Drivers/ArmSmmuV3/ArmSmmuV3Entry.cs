using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Model.Rules;

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
/// a bus scan fail because a domain cannot be mapped before its first attach; R5 and R66 of v6.3 to v6.6, a
/// group
/// without default domain has no op to leave its domain with.
/// </remarks>
public static class ArmSmmuV3Entry
{
    private const string First = "v5.19";
    private const string Last = "v7.2";

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
        ],
        Specimens = ArmSmmuV3Specimens.All,
    };

    private static ExpectedBreakage Breaks(int rule, IReadOnlyList<string> variants, string first,
        string citation) =>
        new(new RuleId(rule), variants, first, Last, citation);
}
