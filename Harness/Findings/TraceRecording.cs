using Conformance.Drivers.Linux;
using Conformance.Harness.Linux;
using Conformance.Harness.Running;
using Conformance.Model.Core;
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

    /// <summary>
    /// Runs the scenario once on a real kernel, whose results and accesses the trace shows.
    /// </summary>
    public static TraceRecording Of(
        LinuxTarget target,
        Era era,
        Scenario scenario,
        IKernelUnderTest kernel,
        LinuxOptions options,
        Func<RuleId, bool> isExpected)
    {
        var recording = new TraceRecording();
        var runner = new LinuxRunner(target, era, scenario, kernel, options, isExpected)
        {
            AfterCommand = (step, system) => recording.Keep(system, scenario.Commands[step.Index]),
        };
        recording.StateAfter = StateText.Describe(runner.Follower.Core);
        recording.Result = runner.Run();
        return recording;
    }

    private void Record(Subject subject, Scenario scenario, Func<RuleId, bool> isExpected)
    {
        LockstepRunner? runner = null;
        runner = new LockstepRunner(subject, scenario, isExpected)
        {
            AfterCommand = index => Keep(runner!.System, scenario.Commands[index]),
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
    private void Keep(IommuSystem system, in Command command)
    {
        lock (gate)
        {
            if (closed)
            {
                return;
            }

            commands.Add(new RecordedCommand(command.ToString(), Lines(system)));
            StateBefore = StateAfter;
            StateAfter = StateText.Describe(system.Core);
        }
    }

    /// <summary>The line of the command itself, which its text stands for.</summary>
    private static bool IsHeading(in TraceEvent e) =>
        e.Kind == EventKind.ClientBegin || e is { Kind: EventKind.CommandBegin, Flag: false };

    private static List<RecordedLine> Lines(IommuSystem system)
    {
        var text = new TraceText(system.Core.NameOf);
        var lines = new List<RecordedLine>();
        var events = system.Trace.Events;
        for (var i = 0; i < events.Length; i++)
        {
            if (!IsHeading(events[i]))
            {
                lines.Add(new RecordedLine(i, events[i].Kind, text.Line(events[i])));
            }
        }

        return lines;
    }
}
