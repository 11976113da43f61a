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
/// Shows that the suite can see a bug: its hand-made minimum breaks the rule, the unchanged driver survives
/// it, and the random search finds it and shrinks it to no more commands than the minimum has.
/// </summary>
public sealed class SpecimenCheck(ulong seed)
{
    /// <summary>Scenarios after which a specimen counts as not found.</summary>
    public const int MostScenarios = 2000;

    /// <summary>
    /// Searches from different seeds that a specimen gets to come down to its minimum: a shrunk scenario has
    /// nothing smaller beside it, but may still be another way to the same bug.
    /// </summary>
    public const int MostSearches = 12;

    private readonly List<string> problems = [];
    private Finding? found;
    private long scenarios;

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
        IReadOnlyList<Specimen> specimens,
        ulong seed,
        Action<SpecimenResult> onDone,
        CancellationToken cancel)
    {
        var results = new SpecimenResult[specimens.Count];
        var order = Partitioner.Create(
            Enumerable.Range(0, specimens.Count), EnumerablePartitionerOptions.NoBuffering);
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

    /// <summary>
    /// What is wrong with the minimum of a specimen: it must show the bug, and nothing without it.
    /// </summary>
    public static IReadOnlyList<string> ProblemsOfMinimum(Specimen specimen)
    {
        var minimum = MinimumOf(specimen);
        if (minimum.Scenario is not { } scenario)
        {
            return [$"the minimum is no scenario: {minimum.Error}"];
        }

        var check = new SpecimenCheck(seed: 0);
        check.TryMinimum(specimen, scenario, specimen.Breaks[0]);
        return check.problems;
    }

    private SpecimenResult Run(Specimen specimen, CancellationToken cancel)
    {
        var rule = specimen.Breaks[0];
        var minimum = MinimumOf(specimen);
        problems.AddRange(ProblemsOfMinimum(specimen));
        var wanted = minimum.Scenario?.Commands.Count;
        SearchUntil(specimen, wanted ?? int.MaxValue, cancel);
        if (cancel.IsCancellationRequested)
        {
            problems.Add($"interrupted after {scenarios} scenarios");
        }
        else if (found?.Scenario.Commands.Count > wanted)
        {
            problems.Add($"shrunk to {found.Scenario.Commands.Count} commands only");
        }

        return new SpecimenResult(specimen, wanted, found, scenarios, problems);
    }

    /// <summary>Keeps the smallest finding; ends when it is small enough, or nothing was found.</summary>
    private void SearchUntil(Specimen specimen, int wanted, CancellationToken cancel)
    {
        for (var i = 0; i < MostSearches && !cancel.IsCancellationRequested; i++)
        {
            var job = Search(specimen, seed + (ulong)i, cancel);
            scenarios += job.Scenarios;
            if (job.SuiteError is { } error)
            {
                problems.Add(error.Message);
                return;
            }

            if (job.Findings.FirstOrDefault() is not { } next)
            {
                if (!cancel.IsCancellationRequested)
                {
                    problems.Add($"{specimen.Breaks[0]} not found in {job.Scenarios} scenarios");
                }

                return;
            }

            found = found?.Scenario.Commands.Count <= next.Scenario.Commands.Count ? found : next;
            if (found.Scenario.Commands.Count <= wanted)
            {
                return;
            }
        }
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

    private static JobResult Search(Specimen specimen, ulong seed, CancellationToken cancel)
    {
        var rule = specimen.Breaks[0];
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
            // A bug that its minimum shows without clients has nothing to gain from theirs, and vice versa.
            ClientsEvery = MinimumOf(specimen).Scenario is { } s && s.Commands.Any(c => c.IsClient) ? 1 : 0,
        });
        var job = new JobResult(specimen.Driver, subject.Era);
        search.RunJob(job, subject, cancel);
        return job;
    }

    private static Subject Unchanged(Specimen specimen) => Subject.Of(
        Eras.Find(specimen.Era) ?? throw new InvalidOperationException($"no era {specimen.Era}"));
}
