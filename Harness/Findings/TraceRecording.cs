using Conformance.Harness.Running;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Harness.Findings;

/// <summary>One line of a recorded trace.</summary>
public sealed record RecordedLine(int EventIndex, EventKind Kind, string Text);

/// <summary>A command of a recorded run and its events.</summary>
public sealed record RecordedCommand(string Text, IReadOnlyList<RecordedLine> Lines);

/// <summary>A run with everything kept: only for printing.</summary>
public sealed class TraceRecording
{
    private readonly List<RecordedCommand> commands = [];
    private IReadOnlyList<string> stateBefore = [];
    private IReadOnlyList<string> stateAfter = [];

    private TraceRecording()
    {
    }

    public IReadOnlyList<RecordedCommand> Commands => commands;

    /// <summary>Before the last command that ran.</summary>
    public IReadOnlyList<string> StateBefore => stateBefore;

    /// <summary>After it.</summary>
    public IReadOnlyList<string> StateAfter => stateAfter;

    /// <summary>Runs the scenario once; expected breakages do not stop it.</summary>
    public static TraceRecording Of(Subject subject, Scenario scenario)
    {
        var recording = new TraceRecording();
        LockstepRunner? runner = null;
        runner = new LockstepRunner(subject, scenario, _ => false)
        {
            AfterCommand = index => recording.Keep(runner!, scenario.Commands[index]),
        };
        recording.stateAfter = StateText.Describe(runner.System.Core);
        runner.Run();
        return recording;
    }

    private void Keep(LockstepRunner runner, Command command)
    {
        var text = new TraceText(runner.System.Core.NameOf);
        var lines = new List<RecordedLine>();
        var events = runner.System.Trace.Events;
        for (var i = 0; i < events.Length; i++)
        {
            if (events[i].Kind != EventKind.CommandBegin)
            {
                lines.Add(new RecordedLine(i, events[i].Kind, text.Line(events[i])));
            }
        }

        commands.Add(new RecordedCommand(command.ToString(), lines));
        stateBefore = stateAfter;
        stateAfter = StateText.Describe(runner.System.Core);
    }
}
