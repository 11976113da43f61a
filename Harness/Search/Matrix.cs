using Conformance.Drivers.Catalog;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Search;

/// <summary>The verdict of a search on every driver, era and rule.</summary>
/// <remarks>
/// Something that never showed can be held against a driver only when every era in which it could show was
/// searched at full size: with enough scenarios of at least the default length, no restriction to a rule or a
/// variant, and to the end. A smaller run is silent about it. For a premise the default number of scenarios
/// is enough, for an expected breakage <see cref="ExpectedBreakage.ShowsIn"/>.
/// </remarks>
public sealed class Matrix
{
    private readonly SearchOptions options;
    private readonly SuiteKnowledge knowledge;
    private readonly Dictionary<(string Driver, int Era), JobResult> jobs;
    private readonly Dictionary<(string Driver, int Era, RuleId Rule), Verdict> verdicts = [];

    private Matrix(IReadOnlyList<JobResult> results, SearchOptions options, SuiteKnowledge knowledge)
    {
        this.options = options;
        this.knowledge = knowledge;
        jobs = results.ToDictionary(j => (j.Driver, j.Era.Order));
        Jobs = results;
        Rules = [.. knowledge.Rules.Where(r => options.Rule is null || r.Id == options.Rule)];
        foreach (var job in results)
        {
            foreach (var rule in Rules)
            {
                verdicts[(job.Driver, job.Era.Order, rule.Id)] = Judge(job, rule);
            }
        }

        CoreDidNotShow = options.UseExpectations ? [.. knowledge.Core.Where(IsMissingOfCore)] : [];
    }

    /// <summary>What the matrix was made from, in the order of the report.</summary>
    public IReadOnlyList<JobResult> Jobs { get; }

    /// <summary>The rows.</summary>
    public IReadOnlyList<RuleInfo> Rules { get; }

    /// <summary>The columns.</summary>
    public IReadOnlyList<string> Drivers => options.Drivers;

    /// <summary>What a column consists of, oldest first.</summary>
    public IReadOnlyList<Era> Eras => options.Eras;

    /// <summary>Expected breakages of the core that no driver showed.</summary>
    public IReadOnlyList<ExpectedBreakage> CoreDidNotShow { get; }

    /// <summary>False when the run was cut short.</summary>
    public bool Complete => !Jobs.Any(j => j.Interrupted);

    /// <summary>A finding, or something that a run of this size should have shown.</summary>
    public bool Failed => CoreDidNotShow.Count > 0 || Jobs.Any(CountsAgainst);

    /// <summary>Everything ran, nothing failed, the suite itself included.</summary>
    public bool Passed => Complete && !Failed && !Jobs.Any(j => j.SuiteError is not null);

    /// <summary>The verdict of a job of this run on a rule of this run.</summary>
    public Verdict this[string driver, Era era, RuleId rule] => verdicts[(driver, era.Order, rule)];

    /// <summary>The verdicts of a driver on a rule, one an era, in their order.</summary>
    public IReadOnlyList<Verdict> Row(string driver, RuleId rule) =>
        [.. Eras.Select(era => this[driver, era, rule])];

    public static Matrix Of(
        IReadOnlyList<JobResult> results, SearchOptions options, SuiteKnowledge knowledge) =>
        new(results, options, knowledge);

    /// <summary>Whether a job was searched at full size.</summary>
    public bool IsStrict(string driver, Era era) => HasRun(driver, era, SearchOptions.DefaultScenarios);

    /// <summary>The suite owes a reason, or a way to exercise the rule.</summary>
    public bool OwesReason(string driver, Era era, RuleInfo rule) =>
        this[driver, era, rule.Id].Kind == VerdictKind.Unexplained
        && Model.Core.Eras.All.Where(e => RuleCatalog.IsPromised(rule, e)).All(e => IsStrict(driver, e));

    private bool HasRun(string driver, Era era, int scenarios) => options.MayBeStrict
        && jobs.TryGetValue((driver, era.Order), out var job)
        && job.Scenarios >= scenarios;

    private bool ShouldShow(string driver, ExpectedBreakage breakage) =>
        ErasOf(breakage).All(era => HasRun(driver, era, breakage.ShowsIn));

    private bool CountsAgainst(JobResult job) => job.Findings.Count > 0
        || Rules.Any(rule => this[job.Driver, job.Era, rule.Id].Missing.Count > 0
            || OwesReason(job.Driver, job.Era, rule));

    /// <summary>
    /// A breakage is owed once for all eras that it covers, not once an era: the same driver code runs in
    /// them.
    /// </summary>
    private bool IsMissing(string driver, ExpectedBreakage breakage) =>
        ShouldShow(driver, breakage) && !Shows(driver, breakage);

    /// <summary>A breakage of the core has to show on some driver.</summary>
    private bool IsMissingOfCore(ExpectedBreakage breakage)
    {
        var drivers = knowledge.Drivers.Select(d => d.Factory.Name).ToList();
        return Rules.Any(r => r.Id == breakage.Rule)
            && drivers.TrueForAll(driver => ShouldShow(driver, breakage))
            && !drivers.Exists(driver => Shows(driver, breakage));
    }

    private bool Shows(string driver, ExpectedBreakage breakage) => ErasOf(breakage).Any(era =>
        jobs.TryGetValue((driver, era.Order), out var job) && job.ExpectedSeen.Contains(breakage));

    private static IEnumerable<Era> ErasOf(ExpectedBreakage breakage) =>
        Model.Core.Eras.All.Where(era => EraSpan.Covers(breakage.FirstEra, breakage.LastEra, era));

    private IEnumerable<ExpectedBreakage> ExpectedOfCore(Era era) =>
        options.UseExpectations ? knowledge.ExpectedOfCore(era) : [];

    private Verdict Judge(JobResult job, RuleInfo rule)
    {
        var ofDriver = options.UseExpectations
            ? knowledge.ExpectedOf(job.Driver, job.Era).Where(e => e.Rule == rule.Id).ToList()
            : [];
        var ofCore = ExpectedOfCore(job.Era).Where(e => e.Rule == rule.Id);
        var verdict = new Verdict(VerdictKind.Kept)
        {
            Exercised = job.Exercised.GetValueOrDefault(rule.Id),
            Seen = [.. ofDriver.Concat(ofCore).Where(job.ExpectedSeen.Contains)],
            Missing = [.. ofDriver.Where(e => IsMissing(job.Driver, e))],
            Reason = knowledge.UnexercisedReason(job.Driver, job.Era, rule.Id),
            Finding = job.Findings.Find(f => f.Failure.Rule == rule.Id),
        };
        return verdict with { Kind = KindOf(verdict, job, rule) };
    }

    /// <summary>The premise held in some era of the run that promises the rule.</summary>
    private bool IsExercisedElsewhere(string driver, RuleInfo rule) => Jobs.Any(
        job => string.Equals(job.Driver, driver, StringComparison.Ordinal)
            && RuleCatalog.IsPromised(rule, job.Era)
            && job.Exercised.GetValueOrDefault(rule.Id) > 0);

    private VerdictKind KindOf(Verdict verdict, JobResult job, RuleInfo rule)
    {
        if (job.Scenarios == 0)
        {
            return VerdictKind.NotRun;
        }

        if (verdict.Finding is not null)
        {
            return VerdictKind.Finding;
        }

        if (verdict.Seen.Count > 0)
        {
            return VerdictKind.BrokenAsExpected;
        }

        if (!RuleCatalog.IsPromised(rule, job.Era))
        {
            return VerdictKind.NotPromised;
        }

        if (verdict.Missing.Count > 0)
        {
            return VerdictKind.ExpectedDidNotShow;
        }

        if (verdict.Exercised > 0)
        {
            return VerdictKind.Kept;
        }

        if (verdict.Reason is not null)
        {
            return VerdictKind.NotExercised;
        }

        return IsExercisedElsewhere(job.Driver, rule) ? VerdictKind.NotMetHere : VerdictKind.Unexplained;
    }
}
