using System.Text;
using Conformance.Drivers.Specimens;
using Conformance.Harness.Search;

namespace Conformance.Harness.Reports;

/// <summary>Specimens as plain text: the list, one in full, the table of a check.</summary>
public static class SpecimenText
{
    /// <summary>Name, rule, era, driver, title and citation of each.</summary>
    public static string List(IReadOnlyList<Specimen> specimens)
    {
        var text = new StringBuilder();
        foreach (var specimen in specimens)
        {
            text.Append(Head(specimen)).Append('\n');
        }

        return text.Append(PlainText.Count(specimens.Count, "specimen")).Append('\n').ToString();
    }

    /// <summary>One specimen: what is wrong, where it is from, and where it is shown.</summary>
    public static string Head(Specimen specimen)
    {
        var variant = specimen.Variant is null ? "" : $"/{specimen.Variant}";
        var breaks = string.Join(' ', specimen.Breaks);
        return $"{specimen.Name}  breaks {breaks} on {specimen.Driver}{variant}, era {specimen.Era}\n"
            + PlainText.Wrap("    " + specimen.Title, 4)
            + PlainText.Wrap($"    source: {specimen.Citation}", 4);
    }

    /// <summary>One line a specimen, with its problems below, and the sum.</summary>
    public static string Table(IReadOnlyList<SpecimenResult> results)
    {
        var rows = new List<IReadOnlyList<string>>
        {
            (string[])["specimen", "rule", "scenarios", "shrunk to", "by hand", "result"],
        };
        rows.AddRange(results.Select(Row));
        var text = new StringBuilder(PlainText.Table(rows));
        foreach (var result in results.Where(r => r.Problems.Count > 0))
        {
            text.Append('\n').Append(result.Specimen.Name).Append('\n');
            foreach (var problem in result.Problems)
            {
                text.Append(PlainText.Wrap("    " + problem, 4));
            }
        }

        var good = results.Count(r => r.Problems.Count == 0);
        var all = PlainText.Count(results.Count, "specimen");
        return text.Append($"\n{good} of {all} found and shrunk\n").ToString();
    }

    /// <summary>One checked specimen, for progress in a pipe.</summary>
    public static string Line(SpecimenResult result) => $"{result.Specimen.Name}: "
        + (result.Problems.Count == 0 ? "found" : string.Join("; ", result.Problems));

    private static IReadOnlyList<string> Row(SpecimenResult result) =>
    [
        result.Specimen.Name,
        result.Specimen.Breaks[0].ToString(),
        result.Scenarios.ToString(),
        result.Found?.Scenario.Commands.Count.ToString() ?? "-",
        result.MinimumCommands?.ToString() ?? "-",
        result.Problems.Count == 0 ? "found" : "PROBLEM",
    ];
}
