using System.Collections.Concurrent;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Findings;
using Conformance.Harness.Generation;
using Conformance.Harness.Generation.Clients;
using Conformance.Harness.Running;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Search;

/// <summary>
/// Random search over drivers and eras: draws, runs in lockstep, shrinks what breaks. Jobs (driver x era) run
/// side by side; each draws its scenarios from the seed, its driver and its era alone, so the result does not
/// depend on threads.
/// </summary>
public sealed class RandomSearch(SearchOptions options)
{
    /// <summary>Called after each scenario with its job; from several threads.</summary>
    public Action<JobResult>? OnScenario { get; init; }

    /// <summary>Called when a job has ended.</summary>
    public Action<JobResult>? OnJobDone { get; init; }

    /// <summary>Runs all jobs; a cancelled search returns what it has.</summary>
    public IReadOnlyList<JobResult> Run(CancellationToken cancel)
    {
        var jobs = (from driver in options.Drivers
                    from era in options.Eras
                    select new JobResult(driver, era)).ToList();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = options.Threads };
        // Unbuffered: jobs are few and of very different length.
        Parallel.ForEach(Partitioner.Create(jobs, EnumerablePartitionerOptions.NoBuffering), parallel, job =>
        {
            RunJob(job, Subject.Of(job.Era), cancel);
            OnJobDone?.Invoke(job);
        });
        Attribution.HandOver(jobs);
        return jobs;
    }

    /// <summary>One job on any subject: the search of a specimen too.</summary>
    public void RunJob(JobResult job, Subject subject, CancellationToken cancel)
    {
        using var runner = new GuardedRunner(options.Patience);
        try
        {
            RunScenarios(job, subject, runner, cancel);
        }
        catch (SuiteFailedException failed)
        {
            job.SuiteError = new SuiteError(failed.Message, failed.Scenario);
        }
    }

    private void RunScenarios(JobResult job, Subject subject, GuardedRunner runner, CancellationToken cancel)
    {
        var expectations = new Expectations(
            SuiteKnowledge.Catalogue, job.Era, options.UseExpectations, options.NeverExpected);
        var mix = MixFor(job, subject);
        for (var i = 0; i < options.Scenarios; i++)
        {
            if (cancel.IsCancellationRequested)
            {
                job.Interrupted = true;
                return;
            }

            var (scenario, seed) = mix.Next(options.Length);
            var expected = expectations.In(scenario);
            var result = runner.Run(subject, scenario, Expectations.RulesOf(expected));
            Account(job, result, expected);
            if (result.Failure is { } failure && IsNew(job, failure.Rule))
            {
                var finding = new Finding(job.Driver, scenario, failure, seed);
                Keep(job, subject, runner, expectations, finding, cancel);
            }

            OnScenario?.Invoke(job);
            if (job.Findings.Count >= options.FindingsPerJob)
            {
                return;
            }
        }
    }

    private ScenarioMix MixFor(JobResult job, Subject subject)
    {
        IReadOnlyList<IDriverFactory> catalogue =
            [.. subject.Claims.Values.OrderBy(f => f.Name, StringComparer.Ordinal)];
        var (era, driver, variant) = (job.Era, job.Driver, options.Variant);
        var kernel = new ScenarioKind(
            new ScenarioGenerator(catalogue, era.Name, era.Tree, driver, variant),
            new SeedStream(options.Seed, driver, era.Name));
        if (options.ClientsEvery == 0 || !ServesClients(subject.Claims[driver], era.Tree))
        {
            return new ScenarioMix([kernel]);
        }

        var offer = ClientOffers.InProcess(era.Name);
        var clients = new ScenarioKind(
            ClientScenarioGenerator.Anywhere(catalogue, era.Name, era.Tree, driver, variant, offer),
            new SeedStream(options.Seed, driver, era.Name, "clients"));
        return new ScenarioMix([.. Enumerable.Repeat(kernel, options.ClientsEvery - 1), clients]);
    }

    /// <summary>VFIO takes only devices whose DMA is coherent with the caches.</summary>
    private static bool ServesClients(IDriverFactory factory, KernelTree tree) =>
        factory.Variants.Any(
            v => factory.Profile(tree, v).Capabilities.HasFlag(Capabilities.CacheCoherency));

    private static void Account(JobResult job, RunResult result, IReadOnlyList<ExpectedBreakage> expected)
    {
        job.Scenarios++;
        job.Commands += result.Commands;
        job.Probes += result.Probes;
        job.ExpectedSeen.UnionWith(expected.Where(e => result.ExpectedSeen.Contains(e.Rule)));
        foreach (var (rule, count) in result.Exercised)
        {
            job.Exercised[rule] = job.Exercised.GetValueOrDefault(rule) + count;
        }
    }

    private bool IsNew(JobResult job, RuleId rule) =>
        (options.Rule is null || rule == options.Rule) && !job.Findings.Exists(f => f.Failure.Rule == rule);

    /// <summary>A suite that fails while shrinking leaves the finding as it was drawn.</summary>
    private void Keep(
        JobResult job,
        Subject subject,
        GuardedRunner runner,
        Expectations expectations,
        Finding finding,
        CancellationToken cancel)
    {
        job.Findings.Add(finding);
        var stuck = finding.Failure.EventIndex < 0
            && finding.Failure.Rule == GuardedRunner.NeitherThrowsNorHangs;
        var budget = stuck ? 0 : options.ShrinkBudget;
        job.Findings[^1] = FindingShrinker.Shrink(finding, subject, runner, expectations, budget, cancel);
    }
}
