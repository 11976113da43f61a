using Conformance.Drivers.Catalog;
using Conformance.Harness.Findings;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Commands;

/// <summary>Results and catalogues made by hand, for what is reported of them.</summary>
internal static class MadeUp
{
    public static readonly RuleId Rule = new(12);

    /// <summary>Promised from v6.5 on.</summary>
    public static readonly RuleId LaterRule = new(6);

    public static SearchOptions Options(IReadOnlyList<string> drivers, params IReadOnlyList<Era> eras) =>
        new() { Drivers = drivers, Eras = eras, Scenarios = ExpectedBreakage.UsuallyShowsIn };

    public static DriverEntry Entry(string name) => new() { Factory = new NamedFactory(name) };

    public static ExpectedBreakage Expected(string citation, string first = "v5.19", string last = "v7.2") =>
        new(Rule, [], first, last, citation);

    public static UnexercisedReason Reason(string reason, string first = "v5.19", string last = "v7.2") =>
        new(Rule, first, last, reason);

    public static SuiteKnowledge Knowledge(params IReadOnlyList<DriverEntry> entries) => new(
        [.. RuleCatalog.All.Where(r => r.Id == Rule || r.Id == LaterRule)], entries, []);

    /// <summary>A job long enough for everything, in which the premise of both rules held so often.</summary>
    public static JobResult Job(string driver, Era era, long exercised)
    {
        var job = new JobResult(driver, era) { Scenarios = ExpectedBreakage.UsuallyShowsIn, Commands = 6000 };
        job.Exercised[Rule] = exercised;
        job.Exercised[LaterRule] = exercised;
        return job;
    }

    public static Finding Finding(string driver, Era era, RuleId rule)
    {
        var topology = new Topology(12, KernelOptions.Default, [new InstanceSpec(driver, "plain")], []);
        var scenario = new Scenario(era.Name, topology, [new Command(Op.Register, 0, 0, 0, 0, 0, 0)]);
        return new Finding(driver, scenario, new Failure(rule, 0, -1, "seen\nso"), 42);
    }

    private sealed class NamedFactory(string name) : IDriverFactory
    {
        public string Name => name;

        public IReadOnlyList<string> Variants => ["plain"];

        public DriverProfile Profile(KernelTree tree, string variant) => throw new NotSupportedException();

        public IDriverStack Create(DriverContext context) => throw new NotSupportedException();
    }
}
