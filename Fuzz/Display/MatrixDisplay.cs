using Conformance.Harness.Reports;
using Conformance.Harness.Search;
using Conformance.Model.Rules;
using Spectre.Console;

namespace Conformance.Fuzz.Display;

/// <summary>The matrix for people: a coloured table on a terminal, plain text in a pipe.</summary>
internal static class MatrixDisplay
{
    public static void Show(Matrix matrix, SearchOptions options, Host host)
    {
        if (!host.OutputIsTerminal)
        {
            host.Output.Write(MatrixText.Render(matrix, options));
            return;
        }

        var console = Host.Console(host.Output);
        console.WriteLine(MatrixText.Title(options));
        console.Write(TableOf(matrix));
        host.Output.Write(MatrixText.Legend(matrix) + MatrixText.Remarks(matrix) + "\n");
        var colour = matrix.Passed ? "green" : "red";
        console.MarkupLine($"[{colour}]{Markup.Escape(MatrixText.LastLine(matrix))}[/]");
    }

    private static Table TableOf(Matrix matrix)
    {
        var table = new Table().Border(TableBorder.Simple);
        table.AddColumn("rule");
        table.AddColumn("promise");
        foreach (var driver in matrix.Drivers)
        {
            table.AddColumn(new TableColumn(Markup.Escape(driver)).NoWrap());
        }

        foreach (var rule in matrix.Rules)
        {
            var cells = matrix.Drivers.Select(driver => Cell(matrix.Row(driver, rule.Id)));
            table.AddRow([Id(rule), Markup.Escape(rule.Statement), .. cells]);
        }

        return table;
    }

    private static string Id(RuleInfo rule) =>
        rule.SecurityRelevant ? $"[bold]{rule.Id}[/]" : rule.Id.ToString();

    /// <summary>A word in its colour, or each mark in its own.</summary>
    private static string Cell(IReadOnlyList<Verdict> row)
    {
        var text = VerdictText.Cell(row);
        return VerdictText.IsUniform(row)
            ? Painted(text, row[0].Kind)
            : string.Concat(text.Select((mark, i) => Painted(mark.ToString(), row[i].Kind)));
    }

    private static string Painted(string text, VerdictKind kind) =>
        $"[{Colour(kind)}]{Markup.Escape(text)}[/]";

    private static string Colour(VerdictKind kind) => kind switch
    {
        VerdictKind.Kept => "green",
        VerdictKind.BrokenAsExpected => "yellow",
        VerdictKind.Finding => "bold red",
        VerdictKind.Unexplained or VerdictKind.ExpectedDidNotShow => "magenta",
        _ => "grey",
    };
}
