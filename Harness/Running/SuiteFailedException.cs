using Conformance.Model.Scenarios;

namespace Conformance.Harness.Running;

/// <summary>
/// Runner, oracle or a rule failed: the suite is wrong, not the driver. Carries the scenario that shows it.
/// </summary>
public sealed class SuiteFailedException : Exception
{
    public SuiteFailedException(Scenario scenario, Exception inner)
        : base($"the suite itself failed: {inner.Message}", inner) => Scenario = scenario;

    public Scenario Scenario { get; }
}
