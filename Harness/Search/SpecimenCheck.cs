using System.Collections.Concurrent;
using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Harness.Findings;
using Conformance.Harness.Running;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>What the check of one specimen showed.</summary>
/// <param name="Specimen">The bug.</param>
/// <param name="MinimumCommands">Commands of its hand-made minimum; null when that is no scenario.</param>
/// <param name="Found">What the search found and shrunk; null when nothing.</param>
/// <param name="Scenarios">Scenarios the search needed.</param>
/// <param name="Problems">What is not as it should be; empty when all is.</param>
public sealed record SpecimenResult(
    Specimen Specimen, int? MinimumCommands, Finding? Found, long Scenarios, IReadOnlyList<string> Problems);

/// <summary>
/// Shows that the suite can see a bug: its hand-made minimum breaks the rule, the unchanged driver survives it, and the
/// random search finds it and shrinks it to no more commands than the minimum has.
/// </summary>
public sealed class SpecimenCheck(ulong seed)
{
    /// <summary>Scenarios after which a specimen counts as not found.</summary>
    public const int MostScenarios = 2000;

    private readonly List<string> problems = [];

    /// <summary>All specimens of the catalogue, in its order.</summary>
    public static IReadOnlyList<Specimen> All { get; } = SpecimenCatalog.All;

    /// <summary>Checks one specimen; a cancelled check reports what it has.</summary>
    public static SpecimenResult Check(Specimen specimen, ulong seed, CancellationToken cancel) =>
        new SpecimenCheck(seed).Run(specimen, cancel);

    /// <summary>Checks several, side by side; the results are in their order.</summary>
    /// <param name="specimens">What to check.</param>
    /// <param name="seed">Where the random numbers start.</param>
    /// <param name="onDone">Called after each; from several threads.</param>
    /// <param name="cancel">Ends the check early.</param>
    public static IReadOnlyList<SpecimenResult> CheckAll(
        IReadOnlyList<Specimen> specimens, ulong seed, Action<SpecimenResult> onDone, CancellationToken cancel)
    {
        var results = new SpecimenResult[specimens.Count];
        var order = Partitioner.Create(Enumerable.Range(0, specimens.Count), EnumerablePartitionerOptions.NoBuffering);
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount };
        Parallel.ForEach(order, parallel, i =>
        {
            results[i] = Check(specimens[i], seed, cancel);
            onDone(results[i]);
        });
        return results;
    }

    /// <summary>The minimum of a specimen, or why it is none.</summary>
    public static ScenarioResult MinimumOf(Specimen specimen) =>
        ScenarioText.Parse(specimen.Minimum, Replay.Vocabulary());

    private SpecimenResult Run(Specimen specimen, CancellationToken cancel)
    {
        var rule = specimen.Breaks[0];
        var minimum = MinimumOf(specimen);
        if (minimum.Scenario is { } scenario)
        {
            TryMinimum(specimen, scenario, rule);
        }
        else
        {
            problems.Add($"the minimum is no scenario: {minimum.Error}");
        }

        var job = Search(specimen, rule, cancel);
        var found = job.Findings.FirstOrDefault();
        if (job.SuiteError is { } error)
        {
            problems.Add(error.Message);
        }
        else if (found is null)
        {
            problems.Add(cancel.IsCancellationRequested
                ? $"interrupted after {job.Scenarios} scenarios"
                : $"{rule} not found in {job.Scenarios} scenarios");
        }
        else if (found.Scenario.Commands.Count > minimum.Scenario?.Commands.Count)
        {
            problems.Add($"shrunk to {found.Scenario.Commands.Count} commands only");
        }

        return new SpecimenResult(specimen, minimum.Scenario?.Commands.Count, found, job.Scenarios, problems);
    }

    private void TryMinimum(Specimen specimen, Scenario minimum, RuleId rule)
    {
        if (!string.Equals(minimum.Era, specimen.Era, StringComparison.Ordinal))
        {
            problems.Add($"the minimum is of era {minimum.Era}");
        }

        try
        {
            var shown = Replay.Of(minimum, specimen).Finding;
            if (shown?.Failure.Rule != rule)
            {
                problems.Add($"the minimum shows {shown?.Failure.Rule.ToString() ?? "nothing"}, not {rule}");
            }

            // Where nothing is changed the bug is real in that era, and the catalogue expects it.
            if (Replay.Of(minimum, Unchanged(specimen), useExpectations: true).Finding is { } unexpected)
            {
                problems.Add($"the minimum breaks {unexpected.Failure.Rule} without the change too");
            }
        }
        catch (SuiteFailedException failed)
        {
            problems.Add($"the minimum: {failed.Message}");
        }
    }

    private JobResult Search(Specimen specimen, RuleId rule, CancellationToken cancel)
    {
        var subject = Subject.Of(specimen);
        var search = new RandomSearch(new SearchOptions
        {
            Drivers = [specimen.Driver],
            Eras = [subject.Era],
            Scenarios = MostScenarios,
            Seed = seed,
            Rule = rule,
            NeverExpected = rule,
            Variant = specimen.Variant,
            FindingsPerJob = 1,
        });
        var job = new JobResult(specimen.Driver, subject.Era);
        search.RunJob(job, subject, cancel);
        return job;
    }

    private static Subject Unchanged(Specimen specimen) => Subject.Of(
        Eras.Find(specimen.Era) ?? throw new InvalidOperationException($"no era {specimen.Era}"));
}
