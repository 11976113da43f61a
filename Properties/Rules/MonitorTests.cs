using Conformance.Model.Rules;

namespace Conformance.Properties.Rules;

/// <summary>Each monitor on hand-made traces: kept, broken, not exercised.</summary>
public sealed class MonitorTests
{
    private static readonly RuleCase[] Cases =
    [
        .. IsolationCases.All, .. OwnershipCases.All, .. StateCases.All, .. CallOrderCases.All,
        .. StagingCases.All, .. MappingCases.All, .. UnmappingCases.All, .. ContractCases.All,
        .. ClientCases.All, .. ContainerCases.All,
    ];

    public static TheoryData<string> Names => new(Cases.Select(c => c.ToString()));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_trace_that_keeps_the_rule_exercises_it_and_breaks_none(string name)
    {
        var rule = Of(name);
        var bench = rule.Run(rule.Keep);
        Assert.Empty(bench.Violations.Select(v => $"{v.Rule}: {v.Message}"));
        Assert.True(bench.Exercised(rule.Rule) > 0, "not exercised");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_trace_that_breaks_the_rule_is_reported_under_its_number(string name)
    {
        var rule = Of(name);
        var bench = rule.Run(rule.Break);
        Assert.Contains(bench.Violations, v => v.Rule == new RuleId(rule.Rule) && v.Message.Length > 0);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void A_trace_without_the_premise_does_not_exercise_the_rule(string name)
    {
        var rule = Of(name);
        var bench = rule.Run(rule.Idle);
        Assert.Empty(bench.Violations.Select(v => $"{v.Rule}: {v.Message}"));
        Assert.Equal(0, bench.Exercised(rule.Rule));
    }

    [Fact]
    public void Every_monitor_has_a_case()
    {
        var tested = Cases.Select(c => c.Rule).ToHashSet();
        var untested = RuleCatalog.All.Where(r => !RuleCatalog.IsReportedByRunner(r.Id))
            .Where(r => !tested.Contains(r.Id.Number));
        Assert.Empty(untested.Select(r => r.Id.ToString()));
    }

    private static RuleCase Of(string name) =>
        Cases.Single(c => string.Equals(c.ToString(), name, StringComparison.Ordinal));
}
