using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Rules;

/// <summary>
/// A device that a void call could not move is where nobody knows; its user frees the domain.
/// </summary>
public class StuckDeviceTests
{
    [Fact]
    public void Its_walk_through_the_freed_tables_is_no_new_breakage()
    {
        var scenario = ScenarioText.Parse(
            """
            era v6.7
            cpu-page 4K
            kernel
            iommu i0 arm-smmu-v3/s2
            device d0 i0:0x0 group 0
            --
            register i0
            alloc D0 d0
            attach-group D0 g0
            fail-attach d0 0 -ENOMEM
            detach-group D0 g0
            free D0

            """,
            Replay.Vocabulary()).Scenario;
        Assert.NotNull(scenario);
        Assert.Null(Replay.Of(scenario, Subject.Of(Eras.V6_7), useExpectations: true).Finding);
    }
}
