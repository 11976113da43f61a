using System.CommandLine;
using Conformance.Fuzz.Display;
using Conformance.Harness.Findings;
using Conformance.Harness.Reports;
using Conformance.Harness.Running;
using Conformance.Harness.Search;

namespace Conformance.Fuzz.Verbs;

/// <summary><c>run</c>: the random search, its findings and its matrix.</summary>
internal static class RunVerb
{
    public static void AddTo(Command command, Host host)
    {
        var wish = new RunWish();
        wish.AddTo(command);
        command.SetAction(parsed =>
            Run(wish.Search(parsed), wish.Findings(parsed), JsonTarget.Of(wish.Json(parsed)), host));
    }

    private static int Run(SearchOptions options, string findingsDirectory, JsonTarget json, Host host)
    {
        var results = Search(options, host);
        var matrix = Matrix.Of(results, options, SuiteKnowledge.Catalogue);
        var log = json.IsOutput ? host.Error : host.Output;
        foreach (var job in results)
        {
            Show(job, findingsDirectory, options, json.IsOutput, log);
        }

        json.Write(ReportJson.Render(matrix, options), host);
        if (!json.IsOutput)
        {
            MatrixDisplay.Show(matrix, options, host);
        }

        return CodeOf(matrix);
    }

    private static IReadOnlyList<JobResult> Search(SearchOptions options, Host host)
    {
        var total = (long)options.Drivers.Count * options.Eras.Count * options.Scenarios;
        return ProgressDisplay.Track(host, "scenarios", total, progress => new RandomSearch(options)
        {
            OnScenario = _ => progress.Advance(1),
            OnJobDone = job =>
            {
                // A job that ended early is done all the same.
                progress.Advance(options.Scenarios - job.Scenarios);
                progress.Line(MatrixText.JobLine(job));
            },
        }.Run(host.Cancel));
    }

    /// <summary>Keeps and prints what a job found; only one line each when the report is elsewhere.</summary>
    private static void Show(
        JobResult job, string directory, SearchOptions options, bool brief, TextWriter log)
    {
        var subject = Subject.Of(job.Era);
        foreach (var finding in job.Findings)
        {
            var path = FindingFile.Write(directory, finding);
            log.Write(brief
                ? FindingText.Headline(finding) + "\n"
                : FindingText.Render(finding, Replay.Of(finding, subject, options.UseExpectations)));
            log.Write($"replay: {FindingFile.ReplayCommand(path)}\n\n");
        }

        if (job.SuiteError is { } error)
        {
            var path = FindingFile.Write(directory, error, job.Driver);
            log.Write($"{job.Driver}, era {job.Era}: {error.Message}\n");
            log.Write($"replay: {FindingFile.ReplayCommand(path)}\n\n");
        }
    }

    private static int CodeOf(Matrix matrix)
    {
        if (matrix.Jobs.Any(j => j.SuiteError is not null))
        {
            return ExitCode.SuiteFailed;
        }

        if (matrix.Failed)
        {
            return ExitCode.Findings;
        }

        return matrix.Complete ? ExitCode.Kept : ExitCode.Interrupted;
    }
}
