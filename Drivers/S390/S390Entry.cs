using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.S390;

/// <summary>All the suite knows about s390-iommu.</summary>
public static class S390Entry
{
    public static DriverEntry Entry { get; } = new()
    {
        Factory = new S390Factory(),
        Expected =
        [
            .. Broken(
                "v5.19",
                "v6.6",
                "s390-iommu.c of 6.1: s390_iommu_unmap takes physical 0 for a hole, in the undo"
                    + " of a failed map too",
                19, 40, 42),
            .. Broken(
                "v6.19",
                "v7.2",
                "s390-iommu.c of 7.2: attach blocks first, a refused instruction leaves the device so,"
                    + " and the core no longer attaches the old domain again",
                7, 36),
            new(
                new RuleId(12),
                ["zpci-rfx"],
                "v6.19",
                "v7.2",
                "s390-iommu.c of 7.2: s390_iommu_iotlb_sync takes the size of a gather from 0 to 2^64-1 for 0"
                    + " (docs/suspects.md)")
            {
                Needs = scenario => scenario.Commands.Any(c => c.Op == Op.UnmapFast),
                ShowsIn = 20_000,
            },
            .. Broken(
                "v6.7",
                "v7.2",
                "s390-iommu.c: s390_iommu_map_pages looks at WRITE only, so write-only becomes read-write and"
                    + " neither becomes read-only",
                20),
            .. Broken(
                "v6.7",
                "v7.2",
                "s390-iommu.c: s390_iommu_unmap_pages removes nothing of a range beyond the aperture",
                40),
            .. Broken(
                "v5.19",
                "v7.2",
                "s390-iommu.c: s390_iommu_iova_to_phys returns the page without the offset in it",
                44),
            new(
                new RuleId(39),
                ["zpci", "zpci-rtr", "zpci-rsx", "zpci-rfx", "ism"],
                "v6.7",
                "v7.2",
                "s390-iommu.c: s390_iommu_iotlb_sync_map refreshes nothing without tlb_refresh, not even"
                    + " after a map over a live page"),
        ],
        Unexercised =
        [
            .. Never("each function is a group of its own: no device joins one that is there", 11, 24),
            .. Never("s390-iommu has no PASIDs", 23, 60),
            .. Never("s390-iommu has no is_attach_deferred", 32),
            .. Never("firmware names no region that would have to be mapped", 33),
        ],
        Specimens = S390Specimens.All,
    };

    private static IEnumerable<ExpectedBreakage> Broken(
        string first, string last, string citation, params int[] rules) =>
        rules.Select(rule => new ExpectedBreakage(new RuleId(rule), [], first, last, citation));

    private static IEnumerable<UnexercisedReason> Never(string reason, params int[] rules) =>
        rules.Select(rule => new UnexercisedReason(new RuleId(rule), "v5.19", "v7.2", reason));
}
