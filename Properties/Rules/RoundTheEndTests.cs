using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Rules;

/// <summary>
/// A request that goes round the end of the address space is no caller's: no rule promises anything.
/// </summary>
public class RoundTheEndTests
{
    [Fact]
    public void A_map_that_a_driver_masks_into_its_tables_promises_nothing()
    {
        var scenario = ScenarioText.Parse(
            """
            era v6.7
            cpu-page 16K
            kernel
            iommu i0 apple-dart/t8103
            device d0 i0:0x1 group 0
            --
            register i0
            alloc D0 d0
            map D0 0xffffffffffff0000 0x100000 0x20000 rw
            attach-device D0 d0

            """,
            Replay.Vocabulary()).Scenario;
        Assert.NotNull(scenario);
        Assert.Null(Replay.Of(scenario, Subject.Of(Eras.V6_7), useExpectations: true).Finding);
    }
}
