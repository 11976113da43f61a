using System.Text;
using Conformance.Harness.Findings;
using Conformance.Harness.Search;

namespace Conformance.Harness.Reports;

/// <summary>What one replay showed, as plain text.</summary>
public static class ReplayText
{
    /// <param name="replay">The run.</param>
    /// <param name="wholeTrace">Every event first, device accesses too.</param>
    public static string Render(Replay replay, bool wholeTrace)
    {
        var text = new StringBuilder();
        if (wholeTrace)
        {
            text.Append(RecordingText.Whole(replay.Trace)).Append('\n');
        }

        foreach (var expected in replay.Expected)
        {
            text.Append(PlainText.Wrap($"{expected.Rule} broken as expected: {expected.Citation}", 4));
        }

        if (replay.Finding is { } finding)
        {
            return text.Append(FindingText.Render(finding, replay)).ToString();
        }

        var result = replay.Trace.Result;
        return text.Append($"kept: {PlainText.Count(result.Commands, "command")}, ")
            .Append($"{PlainText.Count(result.Probes, "DMA probe")}, era {replay.Scenario.Era}\n")
            .ToString();
    }
}
