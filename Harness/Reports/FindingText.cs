using System.Text;
using Conformance.Harness.Findings;
using Conformance.Harness.Search;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Reports;

/// <summary>
/// A finding for people: the rule and its source, the scenario, the trace in the kernel's words with the
/// first wrong line marked, the state before and after.
/// </summary>
public static class FindingText
{
    private const string Indent = "     ";

    /// <summary>The whole text; lines end with a line feed.</summary>
    /// <param name="finding">What was found.</param>
    /// <param name="replay">Its scenario, run once more.</param>
    public static string Render(Finding finding, Replay replay)
    {
        var text = new StringBuilder();
        var trace = replay.Trace;
        AppendPromise(text, finding);
        if (replay.Finding?.Failure.Rule != finding.Failure.Rule)
        {
            var instead = replay.Finding?.Failure.Rule.ToString() ?? "nothing";
            AppendFact(text, "note:", $"run again, it shows {instead}: the driver is not deterministic");
        }

        AppendScenario(text, finding.Scenario);
        text.Append("\ntrace\n");
        RecordingText.AppendMarked(text, finding, trace);
        text.Append("\nstate before the last command\n");
        AppendIndented(text, trace.StateBefore);
        text.Append("state after it\n");
        AppendIndented(text, trace.StateAfter);
        return text.ToString();
    }

    /// <summary>One line: for lists and logs.</summary>
    public static string Headline(Finding finding) =>
        $"{finding.Rule.Id} broken by {finding.Driver}, era {finding.Scenario.Era}, "
        + $"{Count(finding.Scenario)}: {finding.Message}";

    private static void AppendPromise(StringBuilder text, Finding finding)
    {
        var rule = finding.Rule;
        text.Append($"{rule.Id} broken by {finding.Driver}, era {finding.Scenario.Era}\n");
        AppendFact(text, "promise:", rule.Statement + (rule.SecurityRelevant ? " (isolation)" : ""));
        AppendFact(text, "source:", rule.Source);
        AppendFact(text, "seen:", finding.Message);
    }

    private static void AppendFact(StringBuilder text, string word, string fact) =>
        text.Append(PlainText.Wrap($"{Indent}{word,-9}{fact}", Indent.Length + 9));

    private static void AppendScenario(StringBuilder text, Scenario scenario)
    {
        text.Append($"\nscenario ({Count(scenario)})\n");
        AppendIndented(text, ScenarioText.Print(scenario).TrimEnd('\n').Split('\n'));
    }

    private static string Count(Scenario scenario) =>
        scenario.Commands.Count == 1 ? "1 command" : $"{scenario.Commands.Count} commands";

    private static void AppendIndented(StringBuilder text, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            text.Append(Indent).Append(line).Append('\n');
        }
    }
}
