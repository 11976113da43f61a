using Conformance.Harness.Running;
using Conformance.Model.Rules;
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
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly List<RecordedCommand> commands = [];
    private bool closed;

    private TraceRecording()
    {
    }

    /// <summary>The commands that came back; a driver that never returns has none for its last one.</summary>
    public IReadOnlyList<RecordedCommand> Commands => commands;

    /// <summary>Before the last of <see cref="Commands"/>.</summary>
    public IReadOnlyList<string> StateBefore { get; private set; } = [];

    /// <summary>After it.</summary>
    public IReadOnlyList<string> StateAfter { get; private set; } = [];

    /// <summary>What the run showed.</summary>
    public RunResult Result { get; private set; } = new();

    /// <summary>Runs the scenario once; never hangs.</summary>
    /// <param name="subject">What to run it on.</param>
    /// <param name="scenario">What to run.</param>
    /// <param name="isExpected">Breakages that do not end the run: those the search went on after.</param>
    /// <exception cref="SuiteFailedException">The suite itself failed.</exception>
    public static TraceRecording Of(Subject subject, Scenario scenario, Func<RuleId, bool> isExpected)
    {
        var recording = new TraceRecording();
        try
        {
            recording.Record(subject, scenario, isExpected);
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            throw new SuiteFailedException(scenario, error);
        }

        return recording;
    }

    private void Record(Subject subject, Scenario scenario, Func<RuleId, bool> isExpected)
    {
        LockstepRunner? runner = null;
        runner = new LockstepRunner(subject, scenario, isExpected)
        {
            AfterCommand = index => Keep(runner!, scenario.Commands[index]),
        };
        StateAfter = StateText.Describe(runner.System.Core);
        using var guard = new GuardedRunner(Patience);
        Result = guard.Run(runner);
        lock (gate)
        {
            closed = true;
        }
    }

    /// <summary>On the thread of the run, which may come back long after it was given up.</summary>
    private void Keep(LockstepRunner runner, in Command command)
    {
        lock (gate)
        {
            if (closed)
            {
                return;
            }

            commands.Add(new RecordedCommand(command.ToString(), Lines(runner)));
            StateBefore = StateAfter;
            StateAfter = StateText.Describe(runner.System.Core);
        }
    }

    private static List<RecordedLine> Lines(LockstepRunner runner)
    {
        var text = new TraceText(runner.System.Core.NameOf);
        var lines = new List<RecordedLine>();
        var events = runner.System.Trace.Events;
        for (var i = 0; i < events.Length; i++)
        {
            // The command itself is the head of its lines; the calls that a client makes are among them.
            if (events[i] is not ({ Kind: EventKind.CommandBegin, Flag: false } or { Kind: EventKind.ClientBegin }))
            {
                lines.Add(new RecordedLine(i, events[i].Kind, text.Line(events[i])));
            }
        }

        return lines;
    }
}
