using System.Globalization;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Commands;

/// <summary>Each scenario of docs/suspects.md shows a rule that its section names, as expected.</summary>
public sealed class SuspectsTests
{
    private const string Indent = "    ";

    public static TheoryData<string, string> Scenarios()
    {
        var rows = new TheoryData<string, string>();
        foreach (var section in Text().Split("\n## ")[1..])
        {
            foreach (var scenario in BlocksOf(section))
            {
                rows.Add(section, scenario);
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Scenarios))]
    public void A_suspect_shows_and_is_expected(string section, string scenario)
    {
        var parsed = ScenarioText.Parse(scenario, Replay.Vocabulary());
        Assert.True(parsed.Scenario is not null, parsed.Error?.ToString());
        var subject = Subject.Of(Eras.Find(parsed.Scenario!.Era)!);

        var finding = Replay.Of(parsed.Scenario, subject, useExpectations: false).Finding;

        Assert.NotNull(finding);
        var number = finding.Failure.Rule.Number.ToString(CultureInfo.InvariantCulture);
        Assert.Matches($@"\bR{number}\b", section);
        Assert.Null(Replay.Of(parsed.Scenario, subject, useExpectations: true).Finding);
    }

    private static IEnumerable<string> BlocksOf(string section)
    {
        var block = new List<string>();
        foreach (var line in section.Split('\n').Append(""))
        {
            if (line.StartsWith(Indent, StringComparison.Ordinal))
            {
                block.Add(line[Indent.Length..]);
                continue;
            }

            if (block.Count > 0 && block[0].StartsWith("era ", StringComparison.Ordinal))
            {
                yield return string.Join('\n', block) + "\n";
            }

            block.Clear();
        }
    }

    private static string Text() => RepositoryFile.Read("docs", "suspects.md");
}
