using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Model.Rules;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>All the suite knows about arm-smmu-v3.</summary>
/// <remarks>
/// Real breakages that random runs of the usual length do not meet are not listed, since a listed one must show: R44,
/// iova_to_phys answers beyond the aperture for the low addresses (arm_lpae_iova_to_phys); R17 of v5.19 and v6.3, direct
/// mappings of a bus scan fail because a domain cannot be mapped before its first attach; R5 and R66 of v6.3 to v6.6, a
/// group without default domain has no op to leave its domain with; R39, a run of pages across the output limit
/// wraps (arm_lpae_map_pages tests its start only).
/// </remarks>
public static class ArmSmmuV3Entry
{
    private const string First = "v5.19";
    private const string Last = "v7.2";

    private static readonly string[] Stage1 =
    [
        ArmSmmuV3Factory.Stage1, ArmSmmuV3Factory.Linear, ArmSmmuV3Factory.Granule64, ArmSmmuV3Factory.NonCoherent,
    ];

    public static readonly DriverEntry Entry = new()
    {
        Factory = new ArmSmmuV3Factory(),
        Expected =
        [
            Breaks(20, Stage1, First,
                "io-pgtable-arm.c: arm_lpae_prot_to_pte; a stage-1 entry has no write-only form, WRITE alone can be read"),
            Breaks(40, [], First,
                "io-pgtable-arm.c: arm_lpae_init_pte; a block map removes the tables in its way before it meets a live "
                + "leaf, so a map that fails with -EEXIST has taken earlier pages with it and unmap finds nothing"),
            Breaks(67, [], "v6.3",
                "iommu.c: a must-succeed attach fails and the group has no blocking domain; arm-smmu-v3 leaves the device "
                + "on the old domain, which its user now frees"),
        ],
        Unexercised =
        [
            new(new RuleId(60), First, Last,
                "set_dev_pasid refuses only domains of another unit, at the first device of a group: none comes before it"),
        ],
        Specimens = ArmSmmuV3Specimens.All,
    };

    private static ExpectedBreakage Breaks(int rule, IReadOnlyList<string> variants, string first, string citation) =>
        new(new RuleId(rule), variants, first, Last, citation);
}
