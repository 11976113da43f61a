using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>When to stop shrinking, finished or not.</summary>
/// <param name="EvaluationsMax">Most calls of the predicate.</param>
/// <param name="TimeLimit">Most time, measured by <paramref name="Elapsed"/>.</param>
/// <param name="Elapsed">Time since the start of the shrinking.</param>
public sealed record ShrinkBudget(int EvaluationsMax, TimeSpan TimeLimit, Func<TimeSpan> Elapsed)
{
    /// <summary>A number of evaluations and no clock: the same result on every machine.</summary>
    public static ShrinkBudget Of(int evaluationsMax) =>
        new(evaluationsMax, TimeSpan.MaxValue, static () => TimeSpan.Zero);
}

/// <summary>What shrinking came to.</summary>
/// <param name="Scenario">The smallest scenario found that still fails.</param>
/// <param name="Evaluations">Calls of the predicate.</param>
/// <param name="IsMinimal">
/// No candidate of the result fails any more; false when the budget ended first.
/// </param>
public sealed record ShrinkResult(Scenario Scenario, int Evaluations, bool IsMinimal);
