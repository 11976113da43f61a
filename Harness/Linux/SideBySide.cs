using System.Text;
using Conformance.Drivers.Linux;
using Conformance.Harness.Running;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Harness.Linux;

/// <summary>One command as one system answered it: its result, then the device accesses after it.</summary>
public sealed record AnswerLine(string Outcome, IReadOnlyList<string> Accesses);

/// <summary>All that one system said to a scenario.</summary>
/// <param name="System">Its name: <c>model</c>, <c>intel-vtd</c>, <c>linux:intel</c>.</param>
/// <param name="Lines">By command; shorter when the run ended early.</param>
/// <param name="Result">What the run showed.</param>
public sealed record Answers(string System, IReadOnlyList<AnswerLine> Lines, RunResult Result);

/// <summary>The same scenario on several systems, for reading side by side.</summary>
public static class SideBySide
{
    /// <summary>A simulated driver (or the model itself, in whose place the drivers stand).</summary>
    public static Answers OnSimulated(Subject subject, Scenario scenario, Func<RuleId, bool> isExpected)
    {
        var lines = new List<AnswerLine>();
        LockstepRunner? runner = null;
        runner = new LockstepRunner(subject, scenario, isExpected)
        {
            AfterCommand = _ => lines.Add(Line(runner!.System)),
        };
        var result = runner.Run();
        var name = string.Join('+', scenario.Topology.Instances.Select(i => i.Driver).Distinct());
        return new Answers(name, lines, result);
    }

    /// <summary>A real kernel.</summary>
    public static Answers OnKernel(
        LinuxTarget target,
        Era era,
        Scenario scenario,
        IKernelUnderTest kernel,
        Func<RuleId, bool> isExpected)
    {
        var lines = new List<AnswerLine>();
        var runner = new LinuxRunner(target, era, scenario, kernel, LinuxOptions.Default, isExpected)
        {
            AfterCommand = (step, system) => lines.Add(Line(system) with { Outcome = Text(step) }),
        };
        return new Answers(target.ToString(), lines, runner.Run());
    }

    /// <summary>A block a command: what each system said, differences marked.</summary>
    public static string Render(Scenario scenario, IReadOnlyList<Answers> systems)
    {
        var text = new StringBuilder();
        var width = systems.Max(s => s.System.Length) + 2;
        for (var i = 0; i < scenario.Commands.Count; i++)
        {
            text.Append(scenario.Commands[i]).Append('\n');
            var said = systems.Where(s => i < s.Lines.Count)
                .Select(s => s.Lines[i].Outcome)
                .Distinct()
                .Count();
            foreach (var system in systems.Where(s => i < s.Lines.Count))
            {
                var mark = said > 1 ? "!=" : " =";
                text.Append($"  {system.System.PadRight(width)}{mark} {system.Lines[i].Outcome}\n");
                foreach (var access in system.Lines[i].Accesses)
                {
                    text.Append($"  {"".PadRight(width)}   {access}\n");
                }
            }
        }

        foreach (var system in systems)
        {
            text.Append($"{system.System}: {Verdict(system.Result)}\n");
        }

        return text.ToString();
    }

    private static string Verdict(RunResult result) => result.Failure is { } failure
        ? $"{failure.Rule} broken after command {failure.CommandIndex + 1}: {failure.Message}"
        : "kept";

    private static string Text(LinuxStep step) => step.Actual is { } actual
        ? actual + (step.Detail.Length == 0 ? "" : $" ({step.Detail})")
            + (step.Struck ? ", allocation failed" : "")
        : step.Expected.NoOp ? "nothing" : "at boot";

    private static AnswerLine Line(IommuSystem system)
    {
        var text = new TraceText(system.Core.NameOf);
        var outcome = "";
        var accesses = new List<string>();
        foreach (var e in system.Trace.Events)
        {
            if (e.Kind is EventKind.CommandEnd or EventKind.ClientEnd)
            {
                outcome = text.Line(e).TrimStart('=', ' ');
            }
            else if (e.Kind == EventKind.Dma)
            {
                accesses.Add(text.Line(e).Trim());
            }
        }

        return new AnswerLine(outcome, accesses);
    }
}
