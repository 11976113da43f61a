using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Rules;

/// <summary>
/// What all rules of a run share: the scenario's facts and the ledger of what the trace has shown.
/// </summary>
/// <param name="era">Which kernel.</param>
/// <param name="topology">Where the scenario plays.</param>
/// <param name="profileOf">What the driver of an instance declares for the era's tree.</param>
public sealed class RuleContext(Era era, Topology topology, Func<InstanceId, DriverProfile> profileOf)
{
    private readonly List<Violation> violations = [];

    public Era Era { get; } = era;

    /// <summary>Position of the era in time, <see cref="EraOrder"/>.</summary>
    public int Order { get; } = EraOrder.Of(era);

    public Topology Topology { get; } = topology;

    /// <summary>Facts folded from the trace: attachments, mappings, groups, owners.</summary>
    public TraceLedger Ledger { get; } = new(topology, profileOf);

    /// <summary>The command being run; to be set before its events are shown.</summary>
    public Command Command
    {
        get => Ledger.Command;
        set => Ledger.Command = value;
    }

    /// <summary>Broken promises so far.</summary>
    public IReadOnlyList<Violation> Violations => violations;

    public void Report(RuleId rule, int eventIndex, string message) =>
        violations.Add(new Violation(rule, eventIndex, message));

    /// <summary>Forget what was broken, as the runner does with expected breakages.</summary>
    public void ClearViolations() => violations.Clear();

    /// <summary>Forget the run.</summary>
    public void Reset()
    {
        violations.Clear();
        Ledger.Reset();
    }
}
