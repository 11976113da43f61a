using Conformance.Drivers.Catalog;
using Conformance.Harness.Findings;
using Conformance.Harness.Generation;
using Conformance.Harness.Running;
using Conformance.Harness.Shrinking;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>
/// Random search over drivers and eras: draws, runs in lockstep, shrinks what breaks. Jobs (driver x era) run side by
/// side; each draws its scenarios from the seed, its driver and its era alone, so the result does not depend on threads.
/// </summary>
public sealed class RandomSearch(SearchOptions options)
{
    /// <summary>Called after each scenario with the job and the scenarios it has done; from several threads.</summary>
    public Action<JobResult>? OnScenario { get; init; }

    /// <summary>Runs all jobs; a cancelled search returns what it has.</summary>
    public IReadOnlyList<JobResult> Run(CancellationToken cancel)
    {
        var jobs = (from driver in options.Drivers
                    from era in options.Eras
                    select new JobResult(driver, era)).ToList();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads };
        Parallel.ForEach(
            jobs, parallel, job => RunJob(job, Subject.Of(job.Era), cancel));
        return jobs;
    }

    /// <summary>One job on any subject: the search of a specimen too.</summary>
    public void RunJob(JobResult job, Subject subject, CancellationToken cancel)
    {
        using var runner = new GuardedRunner(options.Patience);
        var expectations = Expectations.Of(job.Driver, job.Era, options.UseExpectations);
        var generator = new ScenarioGenerator(
            [.. subject.Claims.Values.OrderBy(f => f.Name, StringComparer.Ordinal)],
            job.Era.Name,
            job.Era.Tree,
            job.Driver,
            options.Variant);
        var seeds = new SeedStream(options.Seed, job.Driver, job.Era.Name);
        for (var i = 0; i < options.Scenarios && !cancel.IsCancellationRequested; i++)
        {
            var seed = seeds.Next();
            var scenario = generator.Generate(seed, options.Length);
            var result = runner.Run(subject, scenario, expectations.For(scenario.Topology));
            Account(job, result);
            if (result.Failure is { } failure)
            {
                Keep(job, subject, runner, expectations, new Finding(job.Driver, scenario, failure, seed));
            }

            OnScenario?.Invoke(job);
            if (job.Findings.Count >= options.FindingsPerJob)
            {
                return;
            }
        }
    }

    private static void Account(JobResult job, RunResult result)
    {
        job.Scenarios++;
        job.Commands += result.Commands;
        job.Probes += result.Probes;
        job.ExpectedSeen.UnionWith(result.ExpectedSeen);
        foreach (var (rule, count) in result.Exercised)
        {
            job.Exercised[rule] = job.Exercised.GetValueOrDefault(rule) + count;
        }
    }

    private void Keep(
        JobResult job, Subject subject, GuardedRunner runner, Expectations expectations, Finding finding)
    {
        var rule = finding.Failure.Rule;
        if ((options.Rule is { } wanted && rule != wanted) || job.Findings.Exists(f => f.Failure.Rule == rule))
        {
            return;
        }

        var stuck = finding.Failure.EventIndex < 0 && rule == new RuleId(69);
        var budget = stuck ? 0 : options.ShrinkBudget;
        job.Findings.Add(FindingShrinker.Shrink(finding, subject, runner, expectations, budget));
    }
}
