using Conformance.Drivers.Catalog;
using Conformance.Harness.Findings;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Search;

/// <summary>What the search over one driver in one era showed.</summary>
public sealed class JobResult(string driver, Era era)
{
    public string Driver { get; } = driver;

    public Era Era { get; } = era;

    public long Scenarios { get; set; }

    public long Commands { get; set; }

    public long Probes { get; set; }

    /// <summary>How often the premise of each rule held.</summary>
    public SortedDictionary<RuleId, long> Exercised { get; } = [];

    /// <summary>
    /// Expected breakages whose rule broke in a scenario with a variant that may show it; those of a second
    /// driver in the scenario too.
    /// </summary>
    public HashSet<ExpectedBreakage> ExpectedSeen { get; } = [];

    /// <summary>Unexpected ones, shrunk; at most one a rule.</summary>
    public List<Finding> Findings { get; } = [];

    /// <summary>The search was cancelled before the job had come to its end.</summary>
    public bool Interrupted { get; set; }

    /// <summary>Set when the suite itself failed; the job ended there.</summary>
    public SuiteError? SuiteError { get; set; }
}
