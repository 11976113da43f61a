using Conformance.Drivers.Linux;
using Conformance.Harness.Running;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>
/// Runs a scenario on a real kernel against the reference model. The model runs ahead and says what each
/// command and each device access must give; the kernel is asked in batches; a second copy of the model
/// follows the answers, and the rules judge its trace with the kernel's results and device accesses in place
/// of the model's own.
/// </summary>
public sealed class LinuxRunner
{
    private readonly LinuxTarget target;
    private readonly Scenario scenario;
    private readonly IKernelUnderTest kernel;
    private readonly LinuxOptions options;
    private readonly ProbePlan plan;
    private readonly LinuxJudge judge;
    private readonly List<SentCommand> batch = [];
    private readonly List<string> lines = [];

    /// <summary>Commands that the model does not execute, or that the kernel gave up on.</summary>
    private readonly HashSet<int> leftOut = [];

    private LinuxModel oracle;

    /// <param name="target">The machine.</param>
    /// <param name="era">Whose core the kernel has.</param>
    /// <param name="scenario">Commands that a process can give; others are an error.</param>
    /// <param name="kernel">What it runs on; reset first.</param>
    /// <param name="options">How much at a time.</param>
    /// <param name="isExpected">Breakages that do not end a run.</param>
    public LinuxRunner(
        LinuxTarget target,
        Era era,
        Scenario scenario,
        IKernelUnderTest kernel,
        LinuxOptions options,
        Func<RuleId, bool> isExpected)
    {
        this.target = target;
        this.scenario = scenario;
        this.kernel = kernel;
        this.options = options;
        oracle = new LinuxModel(target, era, scenario.Topology, traced: false);
        plan = new ProbePlan(scenario.Topology, oracle.ProfileOf, ProbeBudget.Machine(options.ProbesMax));
        var follower = new LinuxModel(target, era, scenario.Topology, traced: true);
        judge = new LinuxJudge(follower, scenario, isExpected);
    }

    /// <summary>Called when a command has been judged, before its trace is cleared.</summary>
    public Action<LinuxStep, IommuSystem>? AfterCommand { get; init; }

    public LinuxTally Tally => judge.Tally;

    /// <summary>The model that follows the kernel, for printing the state that a run ended in.</summary>
    public IommuSystem Follower => judge.Model.System;

    /// <summary>The whole scenario, or up to the first wrong step.</summary>
    public RunResult Run()
    {
        judge.AfterCommand = AfterCommand;
        try
        {
            kernel.Reset();
            RunAll();
            judge.Splats(kernel.TakeSplats());
        }
        catch (KernelLostException lost)
        {
            judge.Lost(batch.Count > 0 ? batch[0].Index : scenario.Commands.Count, lost);
        }

        return judge.Finish();
    }

    private void RunAll()
    {
        for (var i = 0; i < scenario.Commands.Count; i++)
        {
            var command = scenario.Commands[i];
            if (command.Op == Op.FailNth)
            {
                if (!Flush())
                {
                    return;
                }

                judge.Skip(i);
                if (i + 1 < scenario.Commands.Count && CanStrike(scenario.Commands[i + 1]))
                {
                    i++;
                    if (!RunStruck(command, i))
                    {
                        return;
                    }
                }

                continue;
            }

            if (oracle.IsLeftOut(command))
            {
                leftOut.Add(i);
                continue;
            }

            Plan(i, command);
            if (lines.Count >= options.BatchLines && !Flush())
            {
                return;
            }
        }

        Flush();
    }

    /// <summary>
    /// A fault strikes system calls of clients, not device accesses and not what the model skips.
    /// </summary>
    private static bool CanStrike(in Command command) =>
        command.IsClient && command.Op is not (Op.FailNth or Op.ShowType or Op.DmaMemory);

    /// <summary>
    /// One command with a failing allocation. When the kernel says that it gave up, nothing may have changed
    /// and the model goes back to before it; otherwise the failure was none, or was made up for.
    /// </summary>
    private bool RunStruck(in Command fault, int index)
    {
        var command = scenario.Commands[index];
        var expected = oracle.System.Execute(index, command);
        var sent = new SentCommand(index, command, expected, isForModelOnly: false);
        if (expected.NoOp)
        {
            Enqueue(sent);
            return true;
        }

        var answer = kernel.Run([GuestLine.Of(fault), GuestLine.Of(command)])[^1];
        if (answer is { Struck: true, Errno: not Errno.OK })
        {
            leftOut.Add(index);
            oracle = Replayed(index);
            judge.GaveUp(index, answer);
            if (judge.LosesItsPlace(command))
            {
                return false;
            }
        }
        else if (!judge.Judge(sent, [answer]))
        {
            return false;
        }

        ProbeAfter(index, command);
        return Flush();
    }

    /// <summary>A model that has executed what the kernel has, up to a command.</summary>
    private LinuxModel Replayed(int end)
    {
        var model = new LinuxModel(target, oracle.Era, scenario.Topology, traced: false);
        for (var i = 0; i < end; i++)
        {
            if (!leftOut.Contains(i))
            {
                model.System.Execute(i, scenario.Commands[i]);
            }
        }

        return model;
    }

    private void Plan(int index, in Command command)
    {
        if (!UserCommands.CanGive(command.Op))
        {
            throw new NotFromUserSpaceException(index, command);
        }

        var forModelOnly = oracle.IsForModelOnly(command);
        var expected = oracle.System.Execute(index, command);
        var sent = new SentCommand(index, command, expected, forModelOnly);
        if (!expected.NoOp && !forModelOnly)
        {
            AddAccesses(sent);
        }

        Enqueue(sent);
    }

    /// <summary>A command that was judged already leaves its accesses to be tried.</summary>
    private void ProbeAfter(int index, in Command command)
    {
        var sent = new SentCommand(index, command, Outcome.Nothing, isForModelOnly: false);
        AddAccesses(sent);
        Enqueue(sent);
    }

    private void AddAccesses(SentCommand sent)
    {
        foreach (var access in AccessesOf(sent.Command, sent.Expected))
        {
            if (access.Direction == oracle.Can(access.Device) && oracle.Plan(access) is { } planned)
            {
                sent.Accesses.Add(planned);
            }
        }
    }

    private void Enqueue(SentCommand sent)
    {
        batch.Add(sent);
        if (sent.HasLine)
        {
            lines.Add(GuestLine.Of(sent.Command));
        }

        foreach (var (access, lands) in sent.Accesses)
        {
            lines.Add(GuestLine.Of(access, lands));
        }
    }

    /// <summary>The access that a command is, or those that are worth trying after it.</summary>
    private IEnumerable<Access> AccessesOf(Command command, Outcome outcome)
    {
        if (command.Op is Op.Dma or Op.DmaMemory)
        {
            return [Access.Of(command)];
        }

        plan.After(command, outcome);
        return plan.Probes.Where(probe => probe.Pasid == Pasid.None).Select(probe => probe.Memory is { } at
            ? Access.AtByte(probe.Device, at, oracle.Can(probe.Device))
            : Access.At(probe.Device, probe.Iova.Value, oracle.Can(probe.Device)));
    }

    /// <summary>Asks the kernel and judges; false ends the run.</summary>
    private bool Flush()
    {
        var answers = lines.Count == 0 ? [] : kernel.Run(lines);
        var at = 0;
        var goes = true;
        foreach (var sent in batch)
        {
            goes = judge.Judge(sent, [.. answers.Skip(at).Take(sent.Lines)]);
            at += sent.Lines;
            if (!goes)
            {
                break;
            }
        }

        batch.Clear();
        lines.Clear();
        return goes;
    }
}
