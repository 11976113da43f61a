using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Model.Rules;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>All the suite knows about arm-smmu-v3.</summary>
public static class ArmSmmuV3Entry
{
    private const string First = "v5.19";
    private const string Last = "v7.2";

    private const string NoDetach =
        "arm-smmu-v3.c 6.1: neither detach_dev nor set_platform_dma_ops; a group without default domain that leaves its "
        + "domain goes on using it, freed or not";

    private static readonly string[] Stage1 =
    [
        ArmSmmuV3Factory.Stage1, ArmSmmuV3Factory.Linear, ArmSmmuV3Factory.Granule64, ArmSmmuV3Factory.NonCoherent,
    ];

    public static readonly DriverEntry Entry = new()
    {
        Factory = new ArmSmmuV3Factory(),
        Expected =
        [
            Breaks(20, Stage1, First, Last,
                "io-pgtable-arm.c: arm_lpae_prot_to_pte; a stage-1 entry has no write-only form, WRITE alone can be read"),
            Breaks(44, [], First, Last,
                "io-pgtable-arm.c: arm_lpae_iova_to_phys looks at no bit above the input size, so addresses beyond "
                + "the aperture answer for the low ones"),
            Breaks(17, [], "v5.19", "v6.3",
                "arm-smmu-v3.c 6.1: an UNMANAGED or DMA domain cannot be mapped before its first attach, so the direct "
                + "mappings of a bus scan fail with -ENODEV, which nobody looks at"),
            Breaks(70, [], First, "v6.6",
                "arm-smmu-v3.c 6.1: arm_smmu_attach_dev, -ENXIO for a domain of another unit; -EINVAL since \"iommu: Use "
                + "EINVAL for incompatible device/domain in ->attach_dev\" (v6.2)"),
            Breaks(5, [], "v6.3", "v6.6", NoDetach),
            Breaks(66, [], "v6.3", "v6.6", NoDetach),
        ],
        Specimens = ArmSmmuV3Specimens.All,
    };

    private static ExpectedBreakage Breaks(
        int rule, IReadOnlyList<string> variants, string first, string last, string citation) =>
        new(new RuleId(rule), variants, first, last, citation);
}
