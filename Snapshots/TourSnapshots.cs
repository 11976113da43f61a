using Conformance.Drivers.Catalog;
using Conformance.Harness.Reports;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Snapshots;

/// <summary>
/// One readable trace per driver for a fixed tour: probe, default domain, claim, attach, map, DMA, unmap,
/// DMA,
/// release. Register and table values are the real ones.
/// </summary>
public sealed class TourSnapshots
{
    private const string Tour = """
        register i0
        claim-group o1 g0
        alloc D0 d0
        attach-group D0 g0
        map D0 0x100604000 0x23454000 0x4000 rw
        dma d0 0 0x100604abc write
        iova-to-phys D0 0x100604000
        unmap D0 0x100604000 0x4000
        dma d0 0 0x100604abc write
        detach-group D0 g0
        release-group-owner g0
        free D0
        release d0
        """;

    /// <summary>iommufd with a replace and a read-only area, then VFIO type1.</summary>
    private const string ClientTour = """
        register i0
        fd-bind d0 f0
        dma d0 0 0x100604abc write
        ioas-alloc A0 f0
        ioas-map A0 0x100604000 m0x4000 0x4000 rw
        fd-attach A0 d0
        dma d0 0 0x100604abc write
        ioas-alloc A1 f0
        ioas-map A1 0x100604000 m0x400000 0x4000 r
        hwpt-alloc H0 d0 A1
        fd-attach H0 d0
        dma d0 0 0x100604abc read
        dma d0 0 0x100604abc write
        ioas-unmap A1 0x100604000 0x4000
        dma d0 0 0x100604abc read
        fd-detach d0
        hwpt-destroy H0
        fd-unbind d0
        vfio-set-container c0 g0
        vfio-set-iommu c0 v2
        vfio-map c0 0x100604000 m0x8000 0x4000 rw
        dma d0 0 0x100604abc write
        vfio-unmap c0 0x100604000 0x4000
        dma d0 0 0x100604abc write
        vfio-unset-container g0
        """;

    public static TheoryData<string> Drivers() => [.. DriverCatalog.All.Select(e => e.Factory.Name)];

    [Theory]
    [MemberData(nameof(Drivers))]
    public Task TourOf(string driver) => VerifyTour(driver, Tour);

    /// <summary>What processes do, where the calls that the clients make are among the lines.</summary>
    [Theory]
    [MemberData(nameof(Drivers))]
    public Task ClientTourOf(string driver) => VerifyTour(driver, ClientTour);

    private static Task VerifyTour(string driver, string tour)
    {
        var variant = DriverCatalog.Find(driver)!.Factory.Variants[0];
        // A DART with pages of 16 KiB needs a CPU that has them too.
        var page = driver == "apple-dart" ? "16K" : "4K";
        // Its 32 bits end below the addresses that the others, s390's window above all, can use.
        var commands = driver == "apple-dart" ? tour.Replace("0x1006", "0x606", StringComparison.Ordinal)
            : tour;
        var text = $"era v7.2\ncpu-page {page}\niommu i0 {driver}/{variant}\n"
            + $"device d0 i0:0x3 group 0 pci\n--\n{commands}\n";
        var scenario = ScenarioText.Parse(text, Replay.Vocabulary()).OrThrow();
        var replay = Replay.Of(scenario, Subject.Of(Eras.Newest), useExpectations: true);
        Assert.Null(replay.Finding);
        return Verify(ScenarioText.Print(scenario) + "\n" + RecordingText.Whole(replay.Trace))
            .UseParameters(driver);
    }
}
