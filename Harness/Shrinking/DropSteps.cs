using System.Collections.Immutable;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>Scenarios with fewer commands.</summary>
internal static class DropSteps
{
    /// <summary>Pairs are tried only below this length: they grow with its square.</summary>
    private const int PairsMax = 24;

    /// <summary>Runs of half, a quarter, ... down to 2 commands, the last run first.</summary>
    public static IEnumerable<Scenario> Chunks(Scenario scenario)
    {
        for (var size = scenario.Commands.Count / 2; size > 1; size /= 2)
        {
            for (var end = scenario.Commands.Count; end > 0; end -= size)
            {
                yield return Without(scenario, Math.Max(end - size, 0), Math.Min(size, end));
            }
        }
    }

    /// <summary>One command, the last first.</summary>
    public static IEnumerable<Scenario> Singles(Scenario scenario)
    {
        for (var i = scenario.Commands.Count - 1; i >= 0; i--)
        {
            yield return Without(scenario, i, 1);
        }
    }

    /// <summary>
    /// Two commands that mean something only together: a claim and its release, a bind and its unbind.
    /// </summary>
    public static IEnumerable<Scenario> Pairs(Scenario scenario)
    {
        var count = scenario.Commands.Count;
        if (count > PairsMax)
        {
            yield break;
        }

        for (var second = count - 1; second > 0; second--)
        {
            for (var first = second - 1; first >= 0; first--)
            {
                yield return Without(Without(scenario, second, 1), first, 1);
            }
        }
    }

    private static Scenario Without(Scenario scenario, int at, int count)
    {
        var commands = scenario.Commands.ToImmutableArray();
        return scenario with { Commands = commands.RemoveRange(at, count) };
    }
}
