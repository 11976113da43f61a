using Conformance.Harness.Running;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Findings;

/// <summary>A broken promise with what shows it.</summary>
/// <param name="Driver">Driver under test.</param>
/// <param name="Scenario">The shrunk scenario.</param>
/// <param name="Failure">Where it goes wrong.</param>
/// <param name="Seed">Seed of the scenario it was shrunk from; null when it was not drawn.</param>
public sealed record Finding(string Driver, Scenario Scenario, Failure Failure, ulong? Seed)
{
    public RuleInfo Rule => RuleCatalog.Find(Failure.Rule)
        ?? throw new InvalidOperationException($"{Failure.Rule} is in no catalogue");

    /// <summary>The message on one line: a driver that throws may say more than one.</summary>
    public string Message => OneLine.Of(Failure.Message);
}
