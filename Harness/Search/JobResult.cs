using Conformance.Harness.Findings;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Search;

/// <summary>What the search over one driver in one era showed.</summary>
public sealed class JobResult(string driver, Era era)
{
    public string Driver { get; } = driver;

    public Era Era { get; } = era;

    public long Scenarios { get; internal set; }

    public long Commands { get; internal set; }

    public long Probes { get; internal set; }

    /// <summary>How often the premise of each rule held.</summary>
    public SortedDictionary<RuleId, long> Exercised { get; } = [];

    /// <summary>Expected breakages that showed.</summary>
    public SortedSet<RuleId> ExpectedSeen { get; } = [];

    /// <summary>Unexpected ones, shrunk; at most one a rule.</summary>
    public List<Finding> Findings { get; } = [];
}
