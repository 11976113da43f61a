using Conformance.Harness.Running;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Harness.Linux;

/// <summary>
/// Follows the answers of a real kernel with the reference model, and lets the rules judge a trace in which
/// results and device accesses are the kernel's.
/// </summary>
internal sealed class LinuxJudge
{
    private static readonly RuleId Predicted = Comparison.R71OutcomesAgree.Id;
    private static readonly RuleId FailedAttachKeepsOld = R7FailedAttachKeepsOld.Promise.Id;
    private static readonly RuleId StaysWell = Comparison.R73KernelStaysWell.Id;

    /// <summary>Where an access is said to have landed that went to nobody knows where.</summary>
    private const ulong Nowhere = 0xdead_0000_0000;

    private readonly Scenario scenario;
    private readonly RuleSet rules;
    private readonly StepVerdict verdict;
    private readonly Func<RuleId, bool> isExpected;
    private readonly RunResult result = new();
    private readonly HashSet<int> judged = [];
    private long compared;

    public LinuxJudge(LinuxModel model, Scenario scenario, Func<RuleId, bool> isExpected)
    {
        Model = model;
        this.scenario = scenario;
        this.isExpected = isExpected;
        rules = new RuleSet(new RuleContext(model.Era, scenario.Topology, model.ProfileOf));
        verdict = new StepVerdict(
            result, rules, isExpected, message => DomainNames.In(message, model.System.Core.NameOf));
    }

    public LinuxModel Model { get; }

    public LinuxTally Tally { get; } = new();

    public Action<LinuxStep, IommuSystem>? AfterCommand { get; set; }

    private Trace Trace => Model.System.Trace;

    /// <summary>A command of the scenario that is none of the model's.</summary>
    public void Skip(int index)
    {
        Trace.Clear();
        result.Commands++;
        AfterCommand?.Invoke(new LinuxStep(index, Outcome.Ok, Outcome.Ok, "", Struck: false), Model.System);
    }

    /// <summary>
    /// A struck command that the kernel refused: the model leaves it out, and what comes after shows whether
    /// anything has changed. Which errno it is depends on the allocation: not only -ENOMEM (7.2
    /// iommufd/main.c: a HWPT whose first allocation fails gives -ENOENT).
    /// </summary>
    public void GaveUp(int index, KernelAnswer answer)
    {
        judged.Add(index);
        Trace.Clear();
        result.Commands++;
        Tally.Sent++;
        Tally.Struck++;
        Tally.Refused++;
        compared++;
        var actual = Outcome.Of(answer.Errno);
        AfterCommand?.Invoke(
            new LinuxStep(index, Outcome.Of(Errno.ENOMEM), actual, answer.Detail, Struck: true),
            Model.System);
    }

    /// <summary>
    /// A failed move after which nobody can say where the devices are, because it is known that the driver
    /// breaks R7; the run ends.
    /// </summary>
    public bool LosesItsPlace(in Command command)
    {
        var moves = command.Op is Op.FdAttach or Op.FdBind or Op.VfioSetContainer or Op.VfioSetIommu;
        if (!moves || !isExpected(FailedAttachKeepsOld))
        {
            return false;
        }

        result.ExpectedSeen.Add(FailedAttachKeepsOld);
        return true;
    }

    /// <summary>
    /// One command with the answers to its lines; false ends the run. A command that was given up on, or
    /// judged before, comes again as one that does nothing, with its accesses.
    /// </summary>
    public bool Judge(SentCommand sent, IReadOnlyList<KernelAnswer> answers)
    {
        Trace.Clear();
        var again = !judged.Add(sent.Index);
        var answer = sent.HasLine ? answers[0] : null;
        var difference = again || sent.IsAccess ? null : Follow(sent, answer);
        if (sent.IsAccess)
        {
            Begin(sent);
        }

        var at = sent.HasLine ? 1 : 0;
        foreach (var (access, lands) in sent.Accesses)
        {
            if (Observe(access, lands, answers[at++]) is { } wrong)
            {
                difference ??= wrong;
            }
        }

        if (sent.IsAccess)
        {
            End(sent);
        }

        rules.Observe(Trace.Events);
        if (!again)
        {
            Note(sent, answer);
        }

        return verdict.Conclude(sent.Index, difference);
    }

    /// <summary>Warnings in the kernel's log.</summary>
    public void Splats(IReadOnlyList<string> splats)
    {
        if (splats.Count > 0)
        {
            verdict.Fail(StaysWell, Math.Max(0, result.Commands - 1), -1, "the kernel says: " + splats[0]);
        }
    }

    /// <summary>
    /// The kernel is gone; <paramref name="index"/> is the first command without an answer.
    /// </summary>
    public void Lost(int index, KernelLostException lost) => verdict.Fail(
        StaysWell,
        index,
        -1,
        lost.Log.Count == 0 ? lost.Message : $"{lost.Message}: {string.Join(" / ", lost.Log)}");

    public RunResult Finish()
    {
        foreach (var rule in rules.Rules)
        {
            result.Exercised[rule.Info.Id] = rule.Exercised;
        }

        result.Exercised[Predicted] = compared;
        result.Exercised[StaysWell] = Tally.Sent;
        return result;
    }

    /// <summary>The model does the command too; the result in its trace becomes the kernel's.</summary>
    private string? Follow(SentCommand sent, KernelAnswer? answer)
    {
        rules.Begin(sent.Command);
        var expected = Model.System.Execute(sent.Index, sent.Command);
        result.Commands++;
        if (Model.System.Dead)
        {
            throw new InvalidOperationException(
                $"the oracle failed at command {sent.Index} ({sent.Command}): {Trace.Note}");
        }

        if (answer is null)
        {
            return null;
        }

        compared++;
        Tally.Sent++;
        Tally.Struck += answer.Struck ? 1 : 0;
        Tally.Succeeded += answer.Errno == Errno.OK ? 1 : 0;
        Tally.Refused += answer.Errno == Errno.OK ? 0 : 1;
        var actual = answer.Outcome;
        ref var end = ref Trace.Last;
        end.Errno = actual.Errno;
        end.A = actual.Value;
        return actual == expected ? null : $"{sent.Command} gives {actual}{Paren(answer.Detail)}, "
            + $"the reference model {expected}";
    }

    private static string Paren(string detail) => detail.Length == 0 ? "" : $" ({detail})";

    private void Begin(SentCommand sent)
    {
        rules.Begin(sent.Command);
        result.Commands++;
        Trace.Add(sent.Command.IsClient ? EventKind.ClientBegin : EventKind.CommandBegin).A =
            (ulong)sent.Index;
    }

    private void End(SentCommand sent) =>
        Trace.Add(sent.Command.IsClient ? EventKind.ClientEnd : EventKind.CommandEnd).Flag =
            sent.Accesses.Count == 0;

    /// <summary>Puts the access into the trace as the kernel's machine answered it.</summary>
    private string? Observe(in Access access, MemoryOffset? lands, KernelAnswer answer)
    {
        if (answer.Fate is DmaFate.NotPossible or DmaFate.None)
        {
            return null;
        }

        result.Probes++;
        compared++;
        var memory = Model.System.Clients.Memory;
        PhysAddr? at = answer.Fate switch
        {
            DmaFate.Landed when lands is { } expected => memory.PaOf(expected),
            DmaFate.Landed or DmaFate.Elsewhere =>
                answer.Where is { } seen ? memory.PaOf(seen) : new PhysAddr(Nowhere),
            _ => null,
        };
        Tally.Landed += at is null ? 0 : 1;
        Tally.DmaRefused += at is null ? 1 : 0;
        var iova = access.IovaIn(Model.System);
        ref var e = ref Trace.Add(EventKind.Dma);
        e.Device = (short)access.Device.Index;
        e.A = iova.Value;
        e.B = at?.Value ?? 0;
        e.Flag = at is not null;
        e.Extra = (byte)access.Direction;
        var agrees = lands is { } byteOf ? at == memory.PaOf(byteOf) : at is null;
        return agrees || IsStale(access, iova, at) ? null : Text(access, lands, answer);
    }

    private bool IsStale(in Access access, Iova iova, PhysAddr? at) => StaleDma.MayBe(
        Model.System,
        scenario.Topology.Devices[access.Device.Index].Requesters[0],
        Pasid.None,
        iova,
        access.Direction,
        at is { } pa ? DmaOutcome.At(pa.Value) : DmaOutcome.Refused(0));

    private static string Text(in Access access, MemoryOffset? lands, KernelAnswer answer)
    {
        var verb = access.Direction == DmaAccess.Read ? "read" : "write";
        var place = access.Memory is { } at ? $"the physical address of {at}" : access.Iova.ToString();
        var fate = answer.Fate switch
        {
            DmaFate.Refused => "refused",
            _ when answer.Where is { } seen => $"lands at {seen}",
            DmaFate.Landed when lands is not null => $"lands at {lands}",
            _ => "lands in memory that is not the client's",
        };
        var expected = lands is { } byteOf ? $"lands at {byteOf}" : "refused";
        return $"{verb} by {access.Device} at {place}: {fate}, the reference model: {expected}";
    }

    private void Note(SentCommand sent, KernelAnswer? answer) => AfterCommand?.Invoke(
        new LinuxStep(
            sent.Index,
            sent.Expected,
            answer?.Outcome,
            answer?.Detail ?? "",
            answer?.Struck ?? false),
        Model.System);
}
