using System.Text.Encodings.Web;
using System.Text.Json;
using Conformance.Harness.Findings;
using Conformance.Harness.Search;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Reports;

/// <summary>The matrix as JSON, see <see cref="ReportDocument"/>; the same run, the same bytes.</summary>
public static class ReportJson
{
    /// <summary>The version written as <see cref="ReportDocument.Schema"/>.</summary>
    public const int Schema = 1;

    // Readable in a terminal: this is a file for tools and people, never part of a web page.
    private static readonly ReportSerialization Serialization = new(
        new JsonSerializerOptions(ReportSerialization.Default.Options)
        {
            Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        });

    /// <summary>The text, ended by a line feed.</summary>
    public static string Render(Matrix matrix, SearchOptions options) =>
        JsonSerializer.Serialize(Document(matrix, options), Serialization.ReportDocument) + "\n";

    private static ReportDocument Document(Matrix matrix, SearchOptions options) => new(
        Schema,
        options.Seed.ToString(),
        options.Scenarios,
        options.Length,
        options.Rule?.ToString(),
        options.Variant,
        options.UseExpectations,
        matrix.Complete,
        matrix.Passed,
        [.. matrix.Rules.Select(Document)],
        [.. matrix.Jobs.Select(job => Document(matrix, job))],
        OrNull(matrix.CoreDidNotShow.Select(e =>
            new CoreDocument(e.Rule.ToString(), e.FirstEra, e.LastEra, e.Citation))));

    private static RuleDocument Document(RuleInfo rule) => new(
        rule.Id.ToString(),
        rule.Family.ToString(),
        rule.Statement,
        rule.Source,
        rule.Since,
        rule.SecurityRelevant);

    private static JobDocument Document(Matrix matrix, JobResult job) => new(
        job.Driver,
        job.Era.Name,
        job.Scenarios,
        job.Commands,
        job.Probes,
        matrix.IsStrict(job.Driver, job.Era),
        [.. matrix.Rules.Select(rule => Document(rule.Id, matrix[job.Driver, job.Era, rule.Id]))],
        [.. job.Findings.Select(Document)],
        job.SuiteError is { } error
            ? new SuiteErrorDocument(error.Message, ScenarioText.Print(error.Scenario))
            : null);

    private static VerdictDocument Document(RuleId rule, Verdict verdict) => new(
        rule.ToString(),
        VerdictText.Meaning(verdict.Kind),
        verdict.Exercised,
        OrNull(verdict.Seen.Select(e => e.Citation)),
        OrNull(verdict.Missing.Select(e => e.Citation)),
        verdict.Reason);

    private static FindingDocument Document(Finding finding) => new(
        finding.Failure.Rule.ToString(),
        finding.Message,
        finding.Scenario.Commands.Count,
        finding.Failure.CommandIndex,
        finding.Seed is { } seed ? $"0x{seed:x16}" : null,
        ScenarioText.Print(finding.Scenario));

    private static IReadOnlyList<T>? OrNull<T>(IEnumerable<T> items) =>
        items.ToList() is { Count: > 0 } some ? some : null;
}
