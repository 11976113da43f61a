using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>Facts folded from the trace alone, shared by the rules. Updated after each event's rules have run.</summary>
public sealed class TraceLedger(Topology topology)
{
    public Topology Topology { get; } = topology;

    public void Reset()
    {
    }

    public void Apply(in TraceEvent e)
    {
    }
}
