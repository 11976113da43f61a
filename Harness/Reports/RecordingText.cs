using System.Text;
using Conformance.Harness.Findings;
using Conformance.Model.Tracing;

namespace Conformance.Harness.Reports;

/// <summary>
/// A recorded trace as text: each command with the driver calls and records that followed it.
/// </summary>
public static class RecordingText
{
    /// <summary>
    /// A finding that could not be shrunk shows the trace of this many commands, the last ones.
    /// </summary>
    private const int MostCommands = 40;

    private const string Marker = " ==> ";
    private const string Indent = "     ";

    /// <summary>Everything, device accesses included.</summary>
    public static string Whole(TraceRecording trace)
    {
        var text = new StringBuilder();
        foreach (var command in trace.Commands)
        {
            text.Append(Indent).Append(command.Text).Append('\n');
            foreach (var line in command.Lines)
            {
                text.Append(Indent).Append(line.Text).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// What leads to a finding, its first wrong line marked; other device accesses are left out.
    /// </summary>
    public static void AppendMarked(StringBuilder text, Finding finding, TraceRecording trace)
    {
        var first = Math.Max(0, trace.Commands.Count - MostCommands);
        if (first > 0)
        {
            text.Append($"{Indent}(the first {first} commands are left out; replay --trace shows them)\n");
        }

        for (var i = first; i < trace.Commands.Count; i++)
        {
            AppendCommand(text, finding, trace.Commands[i], wrong: i == finding.Failure.CommandIndex);
        }

        if (finding.Failure.CommandIndex < trace.Commands.Count)
        {
            return;
        }

        var commands = finding.Scenario.Commands;
        var last = finding.Failure.CommandIndex < commands.Count
            ? commands[finding.Failure.CommandIndex].ToString()
            : "at the end";
        text.Append($"{Indent}{last}\n{Marker}  {finding.Message}\n");
    }

    private static void AppendCommand(
        StringBuilder text, Finding finding, RecordedCommand command, bool wrong)
    {
        var marked = false;
        text.Append($"{Indent}{command.Text}\n");
        foreach (var line in command.Lines)
        {
            var here = wrong && line.EventIndex == finding.Failure.EventIndex;
            marked |= here;
            if (here || line.Kind != EventKind.Dma)
            {
                text.Append(here ? Marker : Indent).Append(line.Text).Append('\n');
            }
        }

        if (wrong && !marked)
        {
            text.Append($"{Marker}  {finding.Message}\n");
        }
    }
}
