using System.Text.Json.Serialization;

namespace Conformance.Harness.Reports;

/// <summary>
/// The JSON report. Fields appear in this order; nothing in it depends on time, machine or threads.
/// </summary>
/// <param name="Schema">Raised when a field changes its meaning or goes away, not for new fields.</param>
/// <param name="Seed">Decimal, as a string: it has 64 bits.</param>
/// <param name="Scenarios">Asked for, per driver and era.</param>
/// <param name="Length">Commands per scenario.</param>
/// <param name="OnlyRule">The rule the run was restricted to.</param>
/// <param name="OnlyVariant">The variant the run was restricted to.</param>
/// <param name="Expectations">False: expected breakages are findings.</param>
/// <param name="Complete">False: the run was cut short.</param>
/// <param name="Passed">False: the exit code is not 0.</param>
/// <param name="Rules">Every rule of the report.</param>
/// <param name="Jobs">One a driver and era: drivers in the order of the catalogue, eras oldest first.</param>
/// <param name="CoreDidNotShow">Expected breakages of the core that no driver showed.</param>
public sealed record ReportDocument(
    int Schema,
    string Seed,
    int Scenarios,
    int Length,
    string? OnlyRule,
    string? OnlyVariant,
    bool Expectations,
    bool Complete,
    bool Passed,
    IReadOnlyList<RuleDocument> Rules,
    IReadOnlyList<JobDocument> Jobs,
    IReadOnlyList<CoreDocument>? CoreDidNotShow);

/// <summary>A rule.</summary>
public sealed record RuleDocument(
    string Rule, string Family, string Statement, string Source, string Since, bool SecurityRelevant);

/// <summary>A driver in an era.</summary>
/// <param name="Driver">Name of the driver.</param>
/// <param name="Era">Name of the era.</param>
/// <param name="Scenarios">Run.</param>
/// <param name="Commands">Executed.</param>
/// <param name="Probes">Device accesses tried.</param>
/// <param name="Strict">The job was large enough to say that a premise cannot be met.</param>
/// <param name="Verdicts">In the order of the rules.</param>
/// <param name="Findings">In the order they were found.</param>
/// <param name="SuiteError">The suite itself failed.</param>
public sealed record JobDocument(
    string Driver,
    string Era,
    long Scenarios,
    long Commands,
    long Probes,
    bool Strict,
    IReadOnlyList<VerdictDocument> Verdicts,
    IReadOnlyList<FindingDocument> Findings,
    SuiteErrorDocument? SuiteError);

/// <summary>A cell of the matrix.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Verdict">One of the phrases in <see cref="VerdictText.Meaning"/>.</param>
/// <param name="Exercised">How often the premise held.</param>
/// <param name="ExpectedSeen">Citations of the expected breakages that showed.</param>
/// <param name="ExpectedMissing">Citations of those that did not.</param>
/// <param name="Reason">Why the premise cannot hold.</param>
public sealed record VerdictDocument(
    string Rule,
    string Verdict,
    long Exercised,
    IReadOnlyList<string>? ExpectedSeen,
    IReadOnlyList<string>? ExpectedMissing,
    string? Reason);

/// <summary>A finding.</summary>
/// <param name="Rule">The broken rule.</param>
/// <param name="Message">What was expected and what was seen.</param>
/// <param name="Commands">Commands of the shrunk scenario.</param>
/// <param name="FailingCommand">Index of the one it shows after; the number of commands for the end.</param>
/// <param name="Seed">Hexadecimal seed of the scenario it was shrunk from.</param>
/// <param name="Scenario">Its text.</param>
public sealed record FindingDocument(
    string Rule, string Message, int Commands, int FailingCommand, string? Seed, string Scenario);

/// <summary>The suite failed on a scenario.</summary>
public sealed record SuiteErrorDocument(string Message, string Scenario);

/// <summary>An expected breakage of the core that did not show.</summary>
public sealed record CoreDocument(string Rule, string FirstEra, string LastEra, string Citation);

[JsonSourceGenerationOptions(
    WriteIndented = true,
    NewLine = "\n",
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ReportDocument))]
internal sealed partial class ReportSerialization : JsonSerializerContext;
