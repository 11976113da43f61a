using Conformance.Model.Scenarios;

namespace Conformance.Harness.Findings;

/// <summary>
/// The suite failed on a scenario: not a result about a driver, and worth a report of its own.
/// </summary>
/// <param name="Message">What failed.</param>
/// <param name="Scenario">On what.</param>
public sealed record SuiteError(string Message, Scenario Scenario);
