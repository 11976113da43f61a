using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using static Conformance.Properties.Commands.MadeUp;

namespace Conformance.Properties.Commands;

/// <summary>A second driver of a scenario answers for itself.</summary>
public sealed class AttributionTests
{
    private static readonly Scenario OnA = Finding("a", Eras.V7_2, Rule).Scenario;

    [Fact]
    public void A_scenario_that_needs_the_searched_driver_is_its_own()
    {
        var instances = OnA.Topology.Instances.Add(new InstanceSpec("b", "plain"));
        var both = OnA with { Topology = OnA.Topology with { Instances = instances } };
        Assert.Equal("b", Attribution.DriverOf(both, "b"));
        Assert.Equal("a", Attribution.DriverOf(both, "a"));
    }

    [Fact]
    public void A_scenario_without_the_searched_driver_is_that_of_its_first_one() =>
        Assert.Equal("a", Attribution.DriverOf(OnA, "b"));

    [Fact]
    public void A_finding_goes_to_the_job_of_its_driver_and_era()
    {
        var (a, old, b) = (Job("a", Eras.V7_2, 1), Job("a", Eras.V5_19, 1), Job("b", Eras.V7_2, 1));
        var finding = Finding("a", Eras.V7_2, Rule);
        b.Findings.Add(finding);
        Attribution.HandOver([old, a, b]);
        Assert.Equal([finding], a.Findings);
        Assert.Empty(b.Findings);
        Assert.Empty(old.Findings);
    }

    [Fact]
    public void A_job_keeps_its_own_finding_of_a_rule()
    {
        var (a, b) = (Job("a", Eras.V7_2, 1), Job("b", Eras.V7_2, 1));
        var own = Finding("a", Eras.V7_2, Rule);
        a.Findings.Add(own);
        b.Findings.Add(Finding("a", Eras.V7_2, Rule));
        Attribution.HandOver([a, b]);
        Assert.Same(own, Assert.Single(a.Findings));
        Assert.Empty(b.Findings);
    }

    [Fact]
    public void A_finding_of_a_driver_that_is_not_searched_is_not_lost()
    {
        var b = Job("b", Eras.V7_2, 1);
        b.Findings.Add(Finding("a", Eras.V7_2, Rule));
        Attribution.HandOver([b]);
        Assert.Single(b.Findings);
    }
}
