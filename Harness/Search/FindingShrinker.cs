using Conformance.Harness.Findings;
using Conformance.Harness.Running;
using Conformance.Harness.Shrinking;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>Makes the scenario of a finding one-minimal for its rule.</summary>
public static class FindingShrinker
{
    /// <summary>
    /// <paramref name="budget"/> is the number of runs the shrinker may spend; 0 only cuts after the failing
    /// command (a stuck driver costs seconds a run). A cancelled shrink gives what it has.
    /// </summary>
    public static Finding Shrink(
        Finding finding,
        Subject subject,
        GuardedRunner runner,
        Expectations expectations,
        int budget,
        CancellationToken cancel)
    {
        if (budget == 0)
        {
            return finding with { Scenario = Cut(finding) };
        }

        Failure? FailureOf(Scenario candidate) =>
            runner.Run(subject, candidate, expectations.For(candidate)).Failure;

        var small = Smallest(finding, FailureOf, ShrinkScope.Everything, budget, cancel);
        return finding with
        {
            Driver = Attribution.DriverOf(small, finding.Driver),
            Scenario = small,
            Failure = FailureOf(small) ?? finding.Failure,
        };
    }

    /// <summary>The smallest scenario found that breaks the same rule, whatever it is run on.</summary>
    internal static Scenario Smallest(
        Finding finding,
        Func<Scenario, Failure?> failureOf,
        ShrinkScope scope,
        int budget,
        CancellationToken cancel)
    {
        bool StillFails(Scenario candidate) => failureOf(candidate)?.Rule == finding.Failure.Rule;

        var cut = Cut(finding);
        var start = StillFails(cut) ? cut : finding.Scenario;
        return Shrinker.Shrink(start, StillFails, Budget(budget, cancel), scope).Scenario;
    }

    /// <summary>Without what comes after the failing command.</summary>
    private static Scenario Cut(Finding finding)
    {
        var end = Math.Min(finding.Failure.CommandIndex + 1, finding.Scenario.Commands.Count);
        return finding.Scenario with { Commands = [.. finding.Scenario.Commands.Take(end)] };
    }

    /// <summary>A number of runs; the only clock is the caller who loses patience.</summary>
    private static ShrinkBudget Budget(int runs, CancellationToken cancel) => new(
        runs, TimeSpan.FromDays(1), () => cancel.IsCancellationRequested ? TimeSpan.MaxValue : TimeSpan.Zero);
}
