using Conformance.Drivers.Catalog;
using Conformance.Model.Rules;

namespace Conformance.Drivers.IntelVtd;

/// <summary>All the suite knows about intel-vtd.</summary>
public static class IntelVtdEntry
{
    public static DriverEntry Entry { get; } = new()
    {
        Factory = new IntelVtdFactory(),
        Expected =
        [
            Breaks(
                7, "v6.19", "v7.2",
                "7.2 intel/iommu.c: intel_iommu_attach_device blocks the device before it tests the domain, and "
                + "from v6.19 on the core does not re-attach the failing device"),
            Breaks(
                40, "v6.19", "v7.2",
                "7.2 generic_pt/iommu_pt.h: unmap_range removes nothing when the range leaves the table"),
            Breaks(
                20, "v5.19", "v6.7",
                "6.1, 6.12 intel/iommu.c: __domain_mapping sets bit 0 on every leaf, so write-only becomes readable"),
            Breaks(
                20, "v6.19", "v7.2",
                "VT-d first stage: present is readable, so write-only becomes readable",
                VtdVariants.ScalableFirstStage),
            Breaks(
                64, "v6.19", "v7.2",
                "7.2 intel/iommu.c: identity_domain_attach_dev writes a pass-through entry without asking for ECAP.PT",
                VtdVariants.NoPassthrough),
        ],
    };

    private static ExpectedBreakage Breaks(
        int rule, string first, string last, string citation, params string[] variants) =>
        new(new RuleId(rule), variants, first, last, citation);
}
