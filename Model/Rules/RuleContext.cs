using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Rules;

/// <summary>What all rules of a run share: the scenario's facts and the ledger of what the trace has shown.</summary>
public sealed class RuleContext(Era era, Topology topology)
{
    private readonly List<Violation> violations = [];

    public Era Era { get; } = era;

    public Topology Topology { get; } = topology;

    /// <summary>Facts folded from the trace: attachments, mappings, groups, owners.</summary>
    public TraceLedger Ledger { get; } = new(topology);

    /// <summary>The command being run.</summary>
    public Command Command { get; set; }

    /// <summary>Broken promises so far.</summary>
    public IReadOnlyList<Violation> Violations => violations;

    public void Report(RuleId rule, int eventIndex, string message) =>
        violations.Add(new Violation(rule, eventIndex, message));

    /// <summary>Forget the run.</summary>
    public void Reset()
    {
        violations.Clear();
        Ledger.Reset();
    }
}
