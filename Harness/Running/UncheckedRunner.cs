using Conformance.Drivers.Catalog;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Running;

/// <summary>
/// The same commands and the same probes on the system alone: no oracle, no trace, no rules. What a checked
/// step is measured against.
/// </summary>
public sealed class UncheckedRunner
{
    private readonly Scenario scenario;
    private readonly ProbePlan plan;

    public UncheckedRunner(Subject subject, Scenario scenario)
    {
        this.scenario = scenario;
        System = new IommuSystem(
            scenario.Topology,
            subject.Era,
            (name, context) => subject.Drivers[name].Create(context),
            traced: false);
        plan = new ProbePlan(scenario.Topology, ProfileOf, ProbeBudget.Simulated);

        DriverProfile ProfileOf(InstanceId instance) => DriverCatalog.ProfileOf(
            subject.Claims[scenario.Topology.Instances[instance.Index].Driver],
            subject.Era.Tree,
            scenario.Topology,
            instance.Index);
    }

    public IommuSystem System { get; }

    /// <summary>
    /// Runs commands [first, end); returns the number of probes that landed, so that nothing is dead code.
    /// </summary>
    public long Run(int first, int end)
    {
        var landed = 0L;
        for (var i = first; i < end && !System.Dead; i++)
        {
            var command = scenario.Commands[i];
            plan.After(command, System.Execute(i, command));
            foreach (var probe in plan.Probes)
            {
                landed += probe.On(System).Landed ? 1 : 0;
            }
        }

        return landed;
    }
}
