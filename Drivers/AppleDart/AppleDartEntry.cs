using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.AppleDart;

/// <summary>All the suite knows about apple-dart.</summary>
public static class AppleDartEntry
{
    public static readonly DriverEntry Entry = new()
    {
        Factory = new AppleDartFactory(),
        Expected =
        [
            Breaks(63, [], "v5.19", "v6.6",
                "apple-dart.c 6.1: apple_dart_attach_dev has no case for DMA_FQ. The core of v6.5 sets it "
                + "before the first attach (a4fdd9762272 \"iommu: Use flush queue capability\"; cured by "
                + "c7bd8a1f45ba \"iommu/apple-dart: Handle DMA_FQ domains in attach_dev()\", v6.6-rc4); in "
                + "all eras of the tree sysfs relabels a DMA domain in place, and its next attach is lost"),
            Breaks(4, [], "v5.19", "v6.6",
                "apple-dart.c 6.1: as for R63; attach_dev says 0, the device stays where it was"),
            Breaks(69, [], "v5.19", "v6.6",
                "apple-dart.c 6.1: apple_dart_unmap_pages uses pgtbl_ops, NULL before the first attach"),
            Breaks(24, [], "v6.5", "v6.6",
                "apple-dart.c 6.1: no set_platform_dma_ops. A group whose default domain could not be "
                + "allocated leaves its domain in the record only, and a failed attach there is not undone")
                with { Needs = HasLostDefault, ShowsIn = 50_000 },
            Breaks(18, [], "v5.19", "v7.2",
                "apple-dart.c: no release_domain; apple_dart_release_device leaves the registers alone"),
            Breaks(67, [], "v5.19", "v7.2",
                "apple-dart.c: as for R18; the group's domains die after the device, its streams walk on"),
            Breaks(37, ["no-bypass"], "v6.7", "v7.2",
                "apple-dart.c: apple_dart_attach_dev_identity, -EINVAL from a static domain without bypass"),
        ],
        Unexercised =
        [
            .. new[] { 21, 22, 54, 55 }.Select(rule => NoClients(rule, "v5.19")),
            .. new[] { 50, 51, 52, 53, 61 }.Select(rule => NoClients(rule, "v6.6")),
            new(new RuleId(32), "v5.19", "v7.2", "apple-dart has no is_attach_deferred"),
            new(new RuleId(60), "v6.19", "v7.2", "apple-dart has no PASIDs"),
        ],
        Specimens = AppleDartSpecimens.All,
    };

    /// <summary>The allocation of a default domain may have failed.</summary>
    private static bool HasLostDefault(Scenario scenario) => scenario.Commands.Any(c => c.Op == Op.FailAlloc);

    private static UnexercisedReason NoClients(int rule, string first) => new(
        new RuleId(rule),
        first,
        "v7.2",
        "apple-dart has no capable, so no device is cache coherent and VFIO takes none "
            + "(vfio_main.c: vfio_register_group_dev; iommufd/device.c: iommufd_device_bind)");

    private static ExpectedBreakage Breaks(
        int rule, IReadOnlyList<string> variants, string first, string last, string citation) =>
        new(new RuleId(rule), variants, first, last, citation);
}
