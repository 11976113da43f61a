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

    public static TheoryData<string> Drivers() => [.. DriverCatalog.All.Select(e => e.Factory.Name)];

    [Theory]
    [MemberData(nameof(Drivers))]
    public Task TourOf(string driver)
    {
        var variant = DriverCatalog.Find(driver)!.Factory.Variants[0];
        // A DART with pages of 16 KiB needs a CPU that has them too.
        var page = driver == "apple-dart" ? "16K" : "4K";
        // Its 32 bits end below the addresses that the others, s390's window above all, can use.
        var commands = driver == "apple-dart" ? Tour.Replace("0x1006", "0x606", StringComparison.Ordinal)
            : Tour;
        var text = $"era v7.2\ncpu-page {page}\niommu i0 {driver}/{variant}\n"
            + $"device d0 i0:0x3 group 0 pci\n--\n{commands}\n";
        var scenario = ScenarioText.Parse(text, Replay.Vocabulary()).OrThrow();
        var replay = Replay.Of(scenario, Subject.Of(Eras.Newest), useExpectations: true);
        Assert.Null(replay.Finding);
        return Verify(ScenarioText.Print(scenario) + "\n" + RecordingText.Whole(replay.Trace))
            .UseParameters(driver);
    }
}
