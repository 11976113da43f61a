using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>
/// Makes a failing scenario small: fewer commands, fewer devices, plainer attributes, plainer operands, again
/// and again until nothing smaller fails.
/// </summary>
/// <remarks>
/// Every candidate is a valid scenario of less weight (<see cref="ScenarioWeight"/>), so shrinking ends and
/// never grows anything. Deterministic for a deterministic predicate and a budget without a clock.
/// </remarks>
/// <param name="evaluationsMax">
/// Most calls of the predicate in each <see cref="Shrink(Scenario, Func{Scenario, bool})"/>.
/// </param>
public sealed class Shrinker(int evaluationsMax)
{
    /// <summary>All scenarios one step smaller, the largest steps first.</summary>
    public static IEnumerable<Scenario> Candidates(Scenario scenario) =>
        Candidates(scenario, ShrinkScope.Everything);

    /// <summary>Those of them that keep what must stay.</summary>
    public static IEnumerable<Scenario> Candidates(Scenario scenario, ShrinkScope scope)
    {
        var weight = ScenarioWeight.Of(scenario);
        return scope.Steps.SelectMany(step => Lighter(step, scenario, weight))
            .Where(candidate => scope.Allows(scenario, candidate));
    }

    /// <summary>
    /// The smallest scenario that was found, within a number of evaluations and without a clock.
    /// </summary>
    /// <param name="scenario">
    /// A scenario for which <paramref name="stillFails"/> is true; it is not asked again.
    /// </param>
    /// <param name="stillFails">True when the candidate shows the same failure.</param>
    public Scenario Shrink(Scenario scenario, Func<Scenario, bool> stillFails) =>
        Shrink(scenario, stillFails, ShrinkBudget.Of(evaluationsMax)).Scenario;

    /// <summary>Shrinks a scenario that fails.</summary>
    /// <param name="scenario">
    /// A scenario for which <paramref name="stillFails"/> is true; it is not asked again.
    /// </param>
    /// <param name="stillFails">True when the candidate shows the same failure.</param>
    /// <param name="budget">When to stop.</param>
    public static ShrinkResult Shrink(
        Scenario scenario, Func<Scenario, bool> stillFails, ShrinkBudget budget) =>
        Shrink(scenario, stillFails, budget, ShrinkScope.Everything);

    /// <summary>Shrinks what may be shrunk of a scenario that fails.</summary>
    /// <param name="scenario">
    /// A scenario for which <paramref name="stillFails"/> is true; it is not asked again.
    /// </param>
    /// <param name="stillFails">True when the candidate shows the same failure.</param>
    /// <param name="budget">When to stop.</param>
    /// <param name="scope">What may be made smaller.</param>
    public static ShrinkResult Shrink(
        Scenario scenario, Func<Scenario, bool> stillFails, ShrinkBudget budget, ShrinkScope scope)
    {
        var search = new Search(scenario, stillFails, budget, scope);
        Scenario before;
        do
        {
            before = search.Best;
            foreach (var step in scope.Steps)
            {
                search.Descend(step);
            }
        }
        while (!ReferenceEquals(before, search.Best) && !search.IsExhausted);

        return new ShrinkResult(search.Best, search.Evaluations, !search.IsExhausted);
    }

    private static IEnumerable<Scenario> Lighter(
        Func<Scenario, IEnumerable<Scenario>> step, Scenario scenario, ScenarioWeight weight) =>
        step(scenario).Where(candidate => ScenarioWeight.Of(candidate).CompareTo(weight) < 0);

    /// <summary>The best scenario so far, and what was tried.</summary>
    private sealed class Search(
        Scenario scenario, Func<Scenario, bool> stillFails, ShrinkBudget budget, ShrinkScope scope)
    {
        private readonly HashSet<Scenario> passed = [];

        public Scenario Best { get; private set; } = scenario;

        public int Evaluations { get; private set; }

        /// <summary>A candidate was left untried because the budget was spent.</summary>
        public bool IsExhausted { get; private set; }

        /// <summary>
        /// Takes every smaller candidate as it comes. After a success the walk goes on at the same place of
        /// the new candidates, since those before it have just failed; it ends after a whole round without
        /// success.
        /// </summary>
        public void Descend(Func<Scenario, IEnumerable<Scenario>> step)
        {
            var position = 0;
            var improved = false;
            while (!IsExhausted)
            {
                if (TakeFrom(step, ref position))
                {
                    improved = true;
                    continue;
                }

                if (!improved)
                {
                    return;
                }

                (position, improved) = (0, false);
            }
        }

        private bool TakeFrom(Func<Scenario, IEnumerable<Scenario>> step, ref int position)
        {
            foreach (var candidate in Lighter(step, Best, ScenarioWeight.Of(Best)).Skip(position))
            {
                if (Fails(candidate))
                {
                    Best = candidate;
                    return true;
                }

                if (IsExhausted)
                {
                    return false;
                }

                position++;
            }

            return false;
        }

        private bool Fails(Scenario candidate)
        {
            if (!scope.Allows(Best, candidate) || passed.Contains(candidate))
            {
                return false;
            }

            if (Evaluations >= budget.EvaluationsMax || budget.Elapsed() >= budget.TimeLimit)
            {
                IsExhausted = true;
                return false;
            }

            Evaluations++;
            if (stillFails(candidate))
            {
                return true;
            }

            passed.Add(candidate);
            return false;
        }
    }
}
