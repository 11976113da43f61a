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
        var end = Math.Min(finding.Failure.CommandIndex + 1, finding.Scenario.Commands.Count);
        var cut = finding.Scenario with { Commands = [.. finding.Scenario.Commands.Take(end)] };
        if (budget == 0)
        {
            return finding with { Scenario = cut };
        }

        var rule = finding.Failure.Rule;
        bool StillFails(Scenario candidate) =>
            runner.Run(subject, candidate, expectations.For(candidate)).Failure?.Rule == rule;

        var start = StillFails(cut) ? cut : finding.Scenario;
        var small = Shrinker.Shrink(start, StillFails, Budget(budget, cancel)).Scenario;
        var failure = runner.Run(subject, small, expectations.For(small)).Failure;
        return finding with
        {
            Driver = Attribution.DriverOf(small, finding.Driver),
            Scenario = small,
            Failure = failure ?? finding.Failure,
        };
    }

    /// <summary>A number of runs; the only clock is the caller who loses patience.</summary>
    private static ShrinkBudget Budget(int runs, CancellationToken cancel) => new(
        runs, TimeSpan.FromDays(1), () => cancel.IsCancellationRequested ? TimeSpan.MaxValue : TimeSpan.Zero);
}
