using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// Scenarios of several kinds in turns. Which kind comes depends on how many were drawn before, so a mix
/// serves one search and one thread.
/// </summary>
/// <param name="turns">Who draws the first scenario, the second, ... and then the first again.</param>
public sealed class ScenarioMix(IReadOnlyList<IScenarioGenerator> turns)
{
    private int next;

    /// <summary>The next scenario, as <see cref="IScenarioGenerator.Generate"/>.</summary>
    public Scenario Generate(ulong seed, int length)
    {
        var generator = turns[next];
        next = (next + 1) % turns.Count;
        return generator.Generate(seed, length);
    }
}
