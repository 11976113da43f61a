using Conformance.Drivers.Catalog;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Search;

/// <summary>An expected breakage of the core that no driver of the run showed in an era.</summary>
public sealed record MissingOfCore(Era Era, ExpectedBreakage Breakage);

/// <summary>The verdict of a search on every driver, era and rule.</summary>
/// <remarks>
/// A run that is too small to say that something never shows (fewer scenarios than the default, restricted to
/// a rule or a variant, cut short) does not hold it against anyone: see <see cref="IsStrict"/>.
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

        CoreDidNotShow = [.. options.Eras.SelectMany(FindMissingOfCore)];
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
    public IReadOnlyList<MissingOfCore> CoreDidNotShow { get; }

    /// <summary>False when the run was cut short.</summary>
    public bool Complete => !Jobs.Any(j => j.Interrupted);

    /// <summary>A finding, or something owed by a run that is large enough to say so.</summary>
    public bool Failed => Jobs.Any(CountsAgainst) || (CoreDidNotShow.Count > 0 && CoreIsStrict);

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

    /// <summary>Whether a job is large enough to conclude something from what it did not show.</summary>
    public bool IsStrict(string driver, Era era) =>
        options.MayBeStrict && jobs[(driver, era.Order)].Scenarios >= SearchOptions.DefaultScenarios;

    private bool CoreIsStrict => knowledge.Drivers.All(
        d => Drivers.Contains(d.Factory.Name, StringComparer.Ordinal)
            && Eras.All(era => IsStrict(d.Factory.Name, era)));

    private bool CountsAgainst(JobResult job) =>
        job.Findings.Count > 0
        || (IsStrict(job.Driver, job.Era)
            && Rules.Any(rule => IsOwed(this[job.Driver, job.Era, rule.Id])));

    private static bool IsOwed(Verdict verdict) =>
        verdict.Missing.Count > 0 || verdict.Kind == VerdictKind.Unexplained;

    private IEnumerable<MissingOfCore> FindMissingOfCore(Era era)
    {
        var seen = Jobs.Where(j => j.Era.Order == era.Order).SelectMany(j => j.ExpectedSeen).ToHashSet();
        return ExpectedOfCore(era)
            .Where(e => Rules.Any(r => r.Id == e.Rule) && !seen.Contains(e))
            .Select(e => new MissingOfCore(era, e));
    }

    private IEnumerable<ExpectedBreakage> ExpectedOfCore(Era era) =>
        options.UseExpectations ? knowledge.ExpectedOfCore(era) : [];

    private Verdict Judge(JobResult job, RuleInfo rule)
    {
        var ofDriver = options.UseExpectations
            ? knowledge.ExpectedOf(job.Driver, job.Era).Where(e => e.Rule == rule.Id).ToList()
            : [];
        var ofCore = ExpectedOfCore(job.Era).Where(e => e.Rule == rule.Id);
        var strict = IsStrict(job.Driver, job.Era);
        var verdict = new Verdict(VerdictKind.Kept)
        {
            Exercised = job.Exercised.GetValueOrDefault(rule.Id),
            Seen = [.. ofDriver.Concat(ofCore).Where(job.ExpectedSeen.Contains)],
            Missing = [.. ofDriver.Where(e => strict && !ShowsSomewhere(job.Driver, e))],
            Reason = knowledge.UnexercisedReason(job.Driver, job.Era, rule.Id),
            Finding = job.Findings.Find(f => f.Failure.Rule == rule.Id),
        };
        return verdict with { Kind = KindOf(verdict, job, rule) };
    }

    /// <summary>
    /// A breakage is owed once for the eras of the run that it covers, not once an era: the same driver code runs
    /// in all of them. A run that leaves some of its eras out owes nothing.
    /// </summary>
    private bool ShowsSomewhere(string driver, ExpectedBreakage breakage)
    {
        var all = Model.Core.Eras.All.Where(era => EraSpan.Covers(breakage.FirstEra, breakage.LastEra, era)).ToList();
        var ran = all.Where(era => jobs.ContainsKey((driver, era.Order))).ToList();
        return ran.Count < all.Count
            || ran.Any(era => jobs[(driver, era.Order)].ExpectedSeen.Contains(breakage));
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
