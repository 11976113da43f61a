using System.Text;
using Conformance.Harness.Running;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Harness.Findings;

/// <summary>
/// A finding for people: the rule and its source, the scenario, the trace in the kernel's words with the first wrong
/// line marked, the state before and after.
/// </summary>
public static class FindingText
{
    private const string Marker = " ==> ";
    private const string Indent = "     ";

    /// <param name="finding">What was found.</param>
    /// <param name="subject">What it was found on; the scenario is run once more for its trace.</param>
    public static string Render(Finding finding, Subject subject)
    {
        var text = new StringBuilder();
        var rule = finding.Rule;
        text.Append($"{rule.Id} broken by {finding.Driver}, era {finding.Scenario.Era}\n");
        text.Append($"{Indent}promise: {rule.Statement}\n");
        text.Append($"{Indent}source:  {rule.Source}\n");
        text.Append($"{Indent}seen:    {finding.Failure.Message}\n\nscenario\n");
        AppendIndented(text, ScenarioText.Print(finding.Scenario).TrimEnd('\n').Split('\n'));
        var trace = TraceRecording.Of(subject, finding.Scenario);
        text.Append("\ntrace\n");
        AppendTrace(text, finding.Failure, trace);
        text.Append("\nstate before the last command\n");
        AppendIndented(text, trace.StateBefore);
        text.Append("state after it\n");
        AppendIndented(text, trace.StateAfter);
        return text.ToString();
    }

    private static void AppendTrace(StringBuilder text, Failure failure, TraceRecording trace)
    {
        for (var i = 0; i < trace.Commands.Count; i++)
        {
            var wrong = i == failure.CommandIndex;
            var marked = false;
            text.Append($"{Indent}{trace.Commands[i].Text}\n");
            foreach (var line in trace.Commands[i].Lines)
            {
                var here = wrong && line.EventIndex == failure.EventIndex;
                marked |= here;
                if (here || line.Kind != EventKind.Dma)
                {
                    text.Append(here ? Marker : Indent).Append(line.Text).Append('\n');
                }
            }

            if (wrong && !marked)
            {
                text.Append($"{Marker}  {failure.Message}\n");
            }
        }

        if (failure.CommandIndex >= trace.Commands.Count)
        {
            text.Append($"{Marker}{failure.Message}\n");
        }
    }

    private static void AppendIndented(StringBuilder text, IEnumerable<string> lines)
    {
        foreach (var line in lines)
        {
            text.Append(Indent).Append(line).Append('\n');
        }
    }
}
