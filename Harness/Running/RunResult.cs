using Conformance.Model.Rules;

namespace Conformance.Harness.Running;

/// <summary>Where and how a run first went wrong.</summary>
/// <param name="Rule">The broken rule; the first in number when one event breaks several.</param>
/// <param name="CommandIndex">The command after which it showed; past the last for the final walk.</param>
/// <param name="EventIndex">The first wrong event of the command, -1 when it is the outcome.</param>
/// <param name="Message">What was expected and what was seen.</param>
public sealed record Failure(RuleId Rule, int CommandIndex, int EventIndex, string Message);

/// <summary>What one run showed.</summary>
public sealed class RunResult
{
    /// <summary>Commands executed, no-ops included.</summary>
    public int Commands { get; internal set; }

    /// <summary>DMA probes tried.</summary>
    public long Probes { get; internal set; }

    /// <summary>Null when all promises were kept (but for expected breakages).</summary>
    public Failure? Failure { get; internal set; }

    /// <summary>Expected breakages that showed.</summary>
    public HashSet<RuleId> ExpectedSeen { get; } = [];

    /// <summary>How often the premise of each rule held, by rule number.</summary>
    public Dictionary<RuleId, long> Exercised { get; } = [];
}
