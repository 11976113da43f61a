using Conformance.Drivers.Catalog;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Oracle;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Running;

/// <summary>
/// Runs a scenario on the oracle and on the system in lockstep: same command, same probes, compared outcomes,
/// rules over the system's trace. Stops at the first wrong step.
/// </summary>
public sealed class LockstepRunner
{
    private static readonly RuleId Predicted = new(71);
    private static readonly RuleId TablesAgree = new(72);

    private readonly Subject subject;
    private readonly Scenario scenario;
    private readonly IommuSystem oracle;
    private readonly IommuSystem system;
    private readonly RuleSet rules;
    private readonly StepVerdict verdict;
    private readonly ProbePlan plan;
    private readonly ulong[] memoryLasts;
    private readonly Func<RuleId, bool> isExpected;
    private readonly RunResult result = new();
    private long compared;

    /// <param name="subject">Era and drivers.</param>
    /// <param name="scenario">What to run; its era name is not looked at.</param>
    /// <param name="isExpected">Breakages that do not end a run.</param>
    public LockstepRunner(Subject subject, Scenario scenario, Func<RuleId, bool> isExpected)
    {
        this.subject = subject;
        this.scenario = scenario;
        this.isExpected = isExpected;
        oracle = new IommuSystem(scenario.Topology, subject.Era, BuildOracle, traced: false);
        system = new IommuSystem(scenario.Topology, subject.Era, BuildSystem, traced: true);
        rules = new RuleSet(new RuleContext(subject.Era, scenario.Topology, ProfileOf));
        verdict = new StepVerdict(result, rules, isExpected, InWords);
        plan = new ProbePlan(scenario.Topology, ProfileOf, ProbeBudget.Simulated);
        memoryLasts = [.. MemoryLasts().Distinct()];
    }

    /// <summary>The system under test, for printing what state a run ended in.</summary>
    public IommuSystem System => system;

    /// <summary>Called after each command with its index, before the trace is cleared.</summary>
    public Action<int>? AfterCommand { get; init; }

    /// <summary>Grows with each command: a watcher sees by it whether the driver still moves.</summary>
    public int Progress => Volatile.Read(ref progress);

    private int progress;

    /// <summary>The whole scenario, then the comparison of the tables.</summary>
    public RunResult Run()
    {
        RunTo(scenario.Commands.Count);
        if (result.Failure is null && !system.Dead && result.Commands == scenario.Commands.Count)
        {
            CompareTables();
        }

        foreach (var rule in rules.Rules)
        {
            result.Exercised[rule.Info.Id] = rule.Exercised;
        }

        result.Exercised[Predicted] = compared;
        return result;
    }

    /// <summary>
    /// Goes on up to (not including) command <paramref name="end"/>; false when the run has ended.
    /// </summary>
    public bool RunTo(int end)
    {
        for (var i = result.Commands; i < end; i++)
        {
            Volatile.Write(ref progress, i + 1);
            if (!Step(i))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>One command with its probes; false ends the run.</summary>
    private bool Step(int index)
    {
        var command = scenario.Commands[index];
        if (command.Op == Op.Map && EndsBeyondMemory(command))
        {
            result.Commands++;
            return true;
        }

        system.Trace.Clear();
        rules.Begin(command);
        var expected = oracle.Execute(index, command);
        if (oracle.Dead)
        {
            throw new InvalidOperationException(
                $"the oracle failed at command {index} ({command}): {oracle.Trace.Note}");
        }

        var actual = system.Execute(index, command);
        result.Commands++;
        string? difference = null;
        if (!system.Dead)
        {
            compared++;
            difference = expected == actual || IsStaleDma(command, actual)
                ? ProbeAll(command, expected)
                : $"{command} gives {actual}, the reference model {expected}";
        }

        rules.Observe(system.Trace.Events);
        AfterCommand?.Invoke(index);
        return verdict.Conclude(index, difference) && !system.Dead;
    }

    /// <summary>
    /// A run of memory that begins below the highest physical address of a unit and ends above it does not
    /// exist, so nobody maps it. Tables test its first page only and drop address bits of the others, each in
    /// its own way; the drivers' own tests show that.
    /// </summary>
    private bool EndsBeyondMemory(in Command command)
    {
        var last = command.Pa + command.Size - 1;
        foreach (var limit in memoryLasts)
        {
            if (command.Size != 0 && command.Pa <= limit && (last > limit || last < command.Pa))
            {
                return true;
            }
        }

        return false;
    }

    private string? ProbeAll(in Command command, Outcome expected)
    {
        plan.After(command, expected);
        foreach (var probe in plan.Probes)
        {
            if (Try(probe) is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    private string? Try(in Probe probe)
    {
        result.Probes++;
        compared++;
        var expected = probe.On(oracle);
        var actual = probe.On(system);
        if (expected.Landed == actual.Landed && expected.Pa == actual.Pa)
        {
            return null;
        }

        if (IsStale(probe, actual))
        {
            return null;
        }

        var source = scenario.Topology.Devices[probe.Device.Index].Requesters[probe.Requester];
        var verb = probe.Access == DmaAccess.Read ? "read" : "write";
        var context = probe.Pasid == Pasid.None ? "" : $" with PASID {probe.Pasid}";
        return $"{verb} by {probe.Device} ({source}){context} at {probe.Iova} {actual}, "
            + $"the reference model: {expected}";
    }

    private bool IsStale(in Probe probe, DmaOutcome actual) => StaleDma.MayBe(
        oracle,
        scenario.Topology.Devices[probe.Device.Index].Requesters[probe.Requester],
        probe.Pasid,
        probe.Iova,
        probe.Access,
        actual);

    private bool IsStaleDma(in Command command, Outcome actual)
    {
        if (command.Op is not (Op.Dma or Op.DmaMemory) || actual.NoOp)
        {
            return false;
        }

        var iova = command.Op == Op.Dma ? command.Iova : oracle.Clients.Memory.PaOf(command.Memory).Value;
        var probe = new Probe(
            new DeviceId(command.A),
            command.B,
            new Pasid((uint)command.Size),
            new Iova(iova),
            command.Access);
        var landed = actual.Errno == Errno.OK;
        return IsStale(probe, landed ? DmaOutcome.At(actual.Value) : DmaOutcome.Refused(0));
    }

    private void CompareTables()
    {
        var differences = new TableComparison(oracle, system);
        result.Exercised[TablesAgree] = 1;
        foreach (var device in scenario.Topology.Devices)
        {
            foreach (var requester in device.Requesters)
            {
                if (differences.Compare(requester) is not { } difference)
                {
                    continue;
                }

                if (isExpected(TablesAgree))
                {
                    result.ExpectedSeen.Add(TablesAgree);
                    return;
                }

                verdict.Fail(TablesAgree, scenario.Commands.Count, -1, difference);
                return;
            }
        }
    }

    private string InWords(string message) => DomainNames.In(
        system.Dead ? $"{message}: {system.Trace.Note}" : message, system.Core.NameOf);

    private IEnumerable<ulong> MemoryLasts()
    {
        for (var i = 0; i < scenario.Topology.Instances.Length; i++)
        {
            var profile = ProfileOf(new InstanceId(i));
            yield return profile.PaLast;
            if (profile.ForDomain is { } forDomain)
            {
                yield return forDomain(DomainType.Unmanaged, AllocFlags.None).PaLast;
                yield return forDomain(DomainType.Dma, AllocFlags.None).PaLast;
            }
        }
    }

    private DriverProfile ProfileOf(InstanceId instance)
    {
        var factory = subject.Claims[scenario.Topology.Instances[instance.Index].Driver];
        return DriverCatalog.ProfileOf(factory, subject.Era.Tree, scenario.Topology, instance.Index);
    }

    private IDriverStack BuildOracle(string driver, DriverContext context) =>
        AbstractStack.Create(context, ProfileOf);

    private IDriverStack BuildSystem(string driver, DriverContext context) =>
        subject.Drivers[driver].Create(context);
}
