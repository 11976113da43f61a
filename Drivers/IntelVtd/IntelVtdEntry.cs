using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.IntelVtd;

/// <summary>All the suite knows about intel-vtd.</summary>
public static class IntelVtdEntry
{
    private const string BlockFirst =
        "7.2 intel/iommu.c: intel_iommu_attach_device blocks the device before it tests the domain, and "
        + "from v6.19 on "
        + "the core does not re-attach the failing device";

    private const string KeepsOld =
        "6.1, 6.12 intel/iommu.c: __domain_mapping warns over a live entry, keeps it and returns 0";

    private const string RoundsUp =
        "6.1, 6.12 intel/iommu.c: intel_iommu_unmap lengthens the range to one entry of the level where "
        + "the walk ended";

    private const string LostAttach =
        "7.2 intel/iommu.c: a device with an RMRR is left in pass-through by release; its next attach "
        + "finds the legacy "
        + "context entry present (domain_context_mapping_one) and writes nothing";

    /// <summary>Legacy variants whose devices may have an RMRR that is not relaxable.</summary>
    private static readonly string[] Locked = [VtdVariants.LegacyNoncoherent, VtdVariants.NoPassthrough];

    public static DriverEntry Entry { get; } = new()
    {
        Factory = new IntelVtdFactory(),
        Specimens = IntelVtdSpecimens.All,
        Expected =
        [
            Breaks(7, "v6.19", "v7.2", BlockFirst),
            Breaks(36, "v6.19", "v7.2", BlockFirst),
            Breaks(
                40, "v6.19", "v7.2",
                "7.2 generic_pt/iommu_pt.h: unmap_range removes nothing when the range leaves the table"),
            .. new[] { 39, 46 }.Select(r => Breaks(r, "v5.19", "v6.7", KeepsOld)),
            .. new[] { 3, 4, 12, 19, 40, 41, 42, 44 }.Select(r => Breaks(r, "v5.19", "v6.7", RoundsUp)),
            Breaks(
                12, "v5.19", "v6.6",
                "6.1 intel/dmar.c: qi_flush_piotlb aligns the start of a first-stage range down and leaves "
                + "the size",
                VtdVariants.ScalableFirstStage),
            Breaks(
                12, "v5.19", "v6.6",
                "6.1 intel/iommu.c: intel_flush_iotlb_all leaves device TLBs alone in caching mode",
                VtdVariants.LegacyCaching) with { Needs = s => HasAts(s) && Has(s, Op.FlushAll) },
            Breaks(
                12, "v6.7", "v6.7",
                "6.12 intel/iommu.c: dmar_domain_attach_device switches ATS on; a PASID attached before has "
                + "no device-TLB tag (cache.c: __cache_tag_assign_domain)",
                VtdVariants.ScalableFirstStage, VtdVariants.ScalableSecondStage)
                with
                {
                    Needs = s => HasAts(s) && Has(s, Op.AttachPasid),
                },
            Breaks(
                72, "v5.19", "v6.7",
                "6.1, 6.12 intel/iommu.c: prepare_domain_attach_device lowers agaw without going down a "
                + "table when entry 0 of the top table is absent (docs/suspects.md)")
                with
                {
                    Needs = MapsAboveTheUnit,
                    ShowsIn = 50_000,
                },
            Breaks(
                67, "v5.19", "v6.7",
                "6.1, 6.12 intel/iommu.c: intel_iommu_unmap puts table pages on the gather before "
                + "iommu_iotlb_gather_add_page, whose sync of the range before frees them"),
            Breaks(
                46, "v5.19", "v6.7",
                "6.1, 6.12 intel/iommu.c: intel_iommu_map lets a first-stage table map up to 2^48, the "
                + "hardware walks to 2^47",
                VtdVariants.ScalableFirstStage),
            .. new[] { 6, 7 }.Select(r => Breaks(
                r, "v6.5", "v6.6",
                "6.1 intel/iommu.c: intel_iommu_attach_device blocks before it can fail, the roll-back too")),
            Breaks(
                69, "v5.19", "v6.6",
                "6.1 intel/iommu.c: BUG_ON(!domain_pfn_supported) in map and unmap beyond the table depth"),
            Breaks(
                70, "v6.3", "v6.6",
                "6.1 intel/iommu.c: intel_iommu_attach_device returns -EPERM for a device with a locked "
                + "RMRR"),
            Breaks(
                20, "v5.19", "v6.7",
                "6.1, 6.12 intel/iommu.c: __domain_mapping sets bit 0 on every leaf, so write-only becomes "
                + "readable"),
            Breaks(
                20, "v6.19", "v7.2",
                "VT-d first stage: present is readable, so write-only becomes readable",
                VtdVariants.ScalableFirstStage),
            Breaks(
                64, "v6.19", "v7.2",
                "7.2 intel/iommu.c: identity_domain_attach_dev writes a pass-through entry without asking "
                + "for ECAP.PT",
                VtdVariants.NoPassthrough),
            .. new[] { 3, 4, 6, 12, 17, 19, 20, 39, 41, 42, 46, 56, 65 }
                .Select(r => Breaks(r, "v6.19", "v7.2", LostAttach, Locked)),
        ],
    };

    private static bool Has(Scenario scenario, Op op) => scenario.Commands.Any(c => c.Op == op);

    private static bool HasAts(Scenario scenario) => scenario.Topology.Devices.Any(d => d.Ats);

    /// <summary>
    /// A domain is mapped above the 48 bits that all variants have, and something lower is unmapped from it.
    /// </summary>
    private static bool MapsAboveTheUnit(Scenario scenario)
    {
        var unmapped = scenario.Commands.Where(c => c.Op is Op.Unmap or Op.UnmapFast && c.Iova >> 48 == 0)
            .Select(c => c.A).ToHashSet();
        return scenario.Commands.Any(c => c.Op == Op.Map && c.Iova >> 48 != 0 && unmapped.Contains(c.A));
    }

    private static ExpectedBreakage Breaks(
        int rule, string first, string last, string citation, params string[] variants) =>
        new(new RuleId(rule), variants, first, last, citation);
}
