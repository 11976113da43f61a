using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Outcome = Conformance.Model.Core.Outcome;

namespace Conformance.Properties.Laws;

/// <summary>Laws of the reference model itself, on random scenarios.</summary>
[Properties(Arbitrary = [typeof(Arbitraries)], MaxTest = 200, EndSize = 60, Replay = "1,1")]
public sealed class ModelLaws
{
    private const ulong Size = 0x10_0000;

    [Property]
    public bool PrintedScenarioParsesToItself(Scenario scenario) =>
        ScenarioText.Parse(ScenarioText.Print(scenario)).OrThrow().Equals(scenario);

    [Property]
    public bool EverySubListIsAScenario(Scenario scenario, PositiveInt every)
    {
        var kept = scenario.Commands.Where((_, i) => i % (every.Get + 1) != 0).ToList();
        return OracleRun.Of(scenario, kept).Outcomes.Count == kept.Count;
    }

    [Property]
    public bool SameScenarioHasSameOutcomes(Scenario scenario) =>
        OracleRun.Of(scenario, scenario.Commands).Outcomes
            .SequenceEqual(OracleRun.Of(scenario, scenario.Commands).Outcomes);

    /// <summary>
    /// Seen from the devices, replace is attach after detach; only the time between differs.
    /// </summary>
    [Property]
    public Property ReplaceIsAttachAfterDetach(Scenario scenario)
    {
        Command[] prefix = [.. scenario.Commands, .. Owned(scenario)];
        var group = new GroupId(0).Index;
        Command[] replace = [Make(Op.Replace, Slot(901), group)];
        Command[] detour = [Make(Op.DetachGroup, Slot(900), group), Make(Op.AttachGroup, Slot(901), group)];
        var (left, leftOutcomes) = OracleRun.Of(scenario, [.. prefix, .. replace]);
        var (right, rightOutcomes) = OracleRun.Of(scenario, [.. prefix, .. detour]);
        var both = leftOutcomes[^1] == Outcome.Ok && rightOutcomes[^1] == Outcome.Ok;
        var equal = OracleRun.Reachable(left).SequenceEqual(OracleRun.Reachable(right),
            StringComparer.Ordinal);
        return (!both || equal).Classify(both, "both succeed");
    }

    /// <summary>A map into nothing and its exact unmap leave no trace in any translation.</summary>
    [Property]
    public Property UnmapAfterMapChangesNothing(Scenario scenario)
    {
        Command[] prefix = [.. scenario.Commands, .. Owned(scenario)];
        var at = 0x1_4000_0000UL;
        var map = new Command(Op.Map, Slot(900), 0, at, 0x4000_0000, Size, (uint)(Prot.Read | Prot.Write));
        var unmap = new Command(Op.Unmap, Slot(900), 0, at, 0, Size, 0);
        var (before, _) = OracleRun.Of(scenario, prefix);
        var (after, outcomes) = OracleRun.Of(scenario, [.. prefix, map, unmap]);
        var mapped = outcomes[^2] == Outcome.Ok;
        var exact = outcomes[^1].Value == Size;
        var equal = OracleRun.Reachable(before).SequenceEqual(OracleRun.Reachable(after),
            StringComparer.Ordinal);
        return (!mapped || (exact && equal)).Classify(mapped, "mapped");
    }

    /// <summary>
    /// Claim, two fresh domains, the first one attached: in slots no generated scenario uses.
    /// </summary>
    private static IEnumerable<Command> Owned(Scenario scenario)
    {
        var device = scenario.Topology.DevicesOf(new GroupId(0))[0].Index;
        yield return Make(Op.ReleaseGroupOwner, 0, 0);
        yield return Make(Op.ClaimGroup, 9, 0);
        yield return Make(Op.Alloc, Slot(900), device);
        yield return Make(Op.Alloc, Slot(901), device);
        yield return Make(Op.AttachGroup, Slot(900), 0);
    }

    private static int Slot(int index) => DomainRef.Slot(index).Packed;

    private static Command Make(Op op, int a, int b) => new(op, a, b, 0, 0, 0, 0);
}
