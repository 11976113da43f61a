using System.Text;
using Conformance.Harness.Search;

namespace Conformance.Harness.Reports;

/// <summary>
/// The matrix as plain text of at most <see cref="PlainText.Columns"/> columns; the same run, the same bytes.
/// </summary>
public static class MatrixText
{
    private const string Heading = "rule";
    private const int NarrowestStatement = 24;
    private const int WidestStatement = 56;

    /// <summary>Title, table, legend, remarks and the last line.</summary>
    public static string Render(Matrix matrix, SearchOptions options) =>
        $"{Title(options)}\n\n{Tables(matrix)}{Legend(matrix)}{Remarks(matrix)}\n{LastLine(matrix)}\n";

    /// <summary>What was run.</summary>
    public static string Title(SearchOptions options) =>
        $"seed {options.Seed}, {PlainText.Count(options.Scenarios, "scenario")} of "
        + $"{PlainText.Count(options.Length, "command")} per driver and era"
        + (options.Variant is null ? "" : $", variant {options.Variant}")
        + (options.Rule is null ? "" : $", {options.Rule} only")
        + (options.UseExpectations ? "" : ", nothing expected to break");

    /// <summary>What marks and words mean, for those that occur.</summary>
    public static string Legend(Matrix matrix)
    {
        var rows = matrix.Drivers.SelectMany(d => matrix.Rules.Select(r => matrix.Row(d, r.Id))).ToList();
        var kinds = rows.SelectMany(row => row).Select(v => v.Kind).ToHashSet();
        var text = new StringBuilder();
        text.Append(PlainText.Wrap(
            "legend: " + string.Join("; ", VerdictText.All.Where(kinds.Contains).Select(Explain)), 8));
        if (rows.Exists(row => !VerdictText.IsUniform(row)))
        {
            text.Append(PlainText.Wrap(
                "one mark an era, oldest first: " + string.Join(' ', matrix.Eras.Select(e => e.Name)), 8));
        }

        return text.ToString();
    }

    /// <summary>Citations, reasons and what is owed; empty when there is nothing to say.</summary>
    public static string Remarks(Matrix matrix)
    {
        var text = new StringBuilder();
        foreach (var section in MatrixNotes.Of(matrix))
        {
            text.Append('\n').Append(section.Heading).Append('\n');
            foreach (var note in section.Notes)
            {
                text.Append(PlainText.Wrap("  " + note, 6));
            }
        }

        return text.ToString();
    }

    /// <summary>The result in one line.</summary>
    public static string LastLine(Matrix matrix)
    {
        var findings = matrix.Jobs.Sum(j => j.Findings.Count);
        var errors = matrix.Jobs.Count(j => j.SuiteError is not null);
        var size = $"{PlainText.Count(matrix.Jobs.Sum(j => j.Scenarios), "scenario")}, "
            + $"{PlainText.Count(matrix.Jobs.Sum(j => j.Commands), "command")}, "
            + PlainText.Count(matrix.Jobs.Sum(j => j.Probes), "DMA probe");
        var verdict = findings > 0 ? PlainText.Count(findings, "finding")
            : matrix.Failed ? "nothing found, but the catalogue and this run disagree: see above"
            : matrix.Complete ? "all promises kept" : "nothing broken so far";
        return (errors == 0 ? "" : $"the suite itself failed {PlainText.Count(errors, "time")}; ")
            + (matrix.Complete ? "" : "cut short; ")
            + $"{verdict} ({size})";
    }

    /// <summary>One finished job, for progress in a pipe.</summary>
    public static string JobLine(JobResult job) => $"{job.Driver} {job.Era}: "
        + $"{PlainText.Count(job.Scenarios, "scenario")}, {PlainText.Count(job.Commands, "command")}, "
        + (job.SuiteError is null
            ? PlainText.Count(job.Findings.Count, "finding")
            : "the suite itself failed");

    private static string Explain(VerdictKind kind) =>
        $"{VerdictText.Mark(kind)} or '{VerdictText.Word(kind)}' = {VerdictText.Meaning(kind)}";

    /// <summary>Drivers side by side, as many as fit; the others in a table below.</summary>
    private static string Tables(Matrix matrix)
    {
        var text = new StringBuilder();
        var ids = Math.Max(Heading.Length, matrix.Rules.Max(r => r.Id.ToString().Length));
        for (var first = 0; first < matrix.Drivers.Count;)
        {
            var room = PlainText.Columns - ids - 2 - NarrowestStatement;
            var count = 0;
            while (first + count < matrix.Drivers.Count
                && (count == 0 || room >= 2 + WidthOf(matrix, matrix.Drivers[first + count])))
            {
                room -= 2 + WidthOf(matrix, matrix.Drivers[first + count]);
                count++;
            }

            var width = Math.Clamp(NarrowestStatement + room, NarrowestStatement, WidestStatement);
            text.Append(Table(matrix, [.. matrix.Drivers.Skip(first).Take(count)], width)).Append('\n');
            first += count;
        }

        return text.ToString();
    }

    private static string Table(Matrix matrix, IReadOnlyList<string> drivers, int statement)
    {
        var rows = new List<IReadOnlyList<string>> { (string[])[Heading, "", .. drivers] };
        foreach (var rule in matrix.Rules)
        {
            var cells = drivers.Select(d => VerdictText.Cell(matrix.Row(d, rule.Id)));
            rows.Add([rule.Id.ToString(), PlainText.Cut(rule.Statement, statement), .. cells]);
        }

        return PlainText.Table(rows);
    }

    private static int WidthOf(Matrix matrix, string driver) => Math.Max(
        driver.Length, matrix.Rules.Max(rule => VerdictText.Cell(matrix.Row(driver, rule.Id)).Length));
}
