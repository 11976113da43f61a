using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Harness.Findings;
using Conformance.Harness.Running;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>One scenario, run once, with its whole trace.</summary>
/// <param name="Scenario">What was run.</param>
/// <param name="Trace">What happened.</param>
/// <param name="Finding">What broke, or null.</param>
/// <param name="Expected">Expected breakages that showed.</param>
public sealed record Replay(
    Scenario Scenario, TraceRecording Trace, Finding? Finding, IReadOnlyList<ExpectedBreakage> Expected)
{
    /// <summary>The names a scenario of this build may use.</summary>
    public static ScenarioVocabulary Vocabulary() => new(
        [.. Eras.All.Select(era => era.Name)],
        [.. DriverCatalog.Claims.Select(c => new DriverWords(c.Name, c.Variants))]);

    /// <summary>
    /// Runs a scenario on what its era and drivers name, or on a subject of the caller's choice.
    /// </summary>
    /// <param name="scenario">What to run.</param>
    /// <param name="subject">On what.</param>
    /// <param name="useExpectations">Expected breakages are no findings.</param>
    /// <param name="neverExpected">A rule whose expected breakages are findings all the same.</param>
    /// <exception cref="SuiteFailedException">The suite itself failed.</exception>
    public static Replay Of(
        Scenario scenario, Subject subject, bool useExpectations, RuleId? neverExpected = null)
    {
        var expectations = new Expectations(
            SuiteKnowledge.Catalogue, subject.Era, useExpectations, neverExpected);
        var expected = expectations.In(scenario);
        var trace = TraceRecording.Of(subject, scenario, Expectations.RulesOf(expected));
        var finding = trace.Result.Failure is { } failure
            ? new Finding(DriversOf(scenario), scenario, failure, Seed: null)
            : null;
        var seen = expected.Where(e => trace.Result.ExpectedSeen.Contains(e.Rule));
        return new Replay(scenario, trace, finding, [.. seen]);
    }

    /// <summary>A finding once more, for its trace.</summary>
    public static Replay Of(Finding finding, Subject subject, bool useExpectations) =>
        Of(finding.Scenario, subject, useExpectations);

    /// <summary>A scenario on a specimen, whose own bug is a finding even where it is a known one.</summary>
    public static Replay Of(Scenario scenario, Specimen specimen) =>
        Of(scenario, Subject.Of(specimen), useExpectations: true, specimen.Breaks[0]);

    private static string DriversOf(Scenario scenario) => string.Join(
        '+', scenario.Topology.Instances.Select(i => i.Driver).Distinct(StringComparer.Ordinal));
}
