using Conformance.Harness.Generation;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Search;

/// <summary>
/// Scenarios of several kinds in turns, each kind with seeds of its own: how many there are of one says
/// nothing about which there are of another.
/// </summary>
/// <param name="turns">Who draws the first scenario, the second, ... and then the first again.</param>
internal sealed class ScenarioMix(IReadOnlyList<ScenarioKind> turns)
{
    private int next;

    /// <summary>The next scenario, and the seed that it was drawn from.</summary>
    public (Scenario Scenario, ulong Seed) Next(int length)
    {
        var kind = turns[next];
        next = (next + 1) % turns.Count;
        var seed = kind.Seeds.Next();
        return (kind.Generator.Generate(seed, length), seed);
    }
}

/// <summary>One kind of a mix.</summary>
/// <param name="Generator">Draws it.</param>
/// <param name="Seeds">From these.</param>
internal sealed record ScenarioKind(IScenarioGenerator Generator, SeedStream Seeds);
