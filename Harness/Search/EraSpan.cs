using Conformance.Drivers.Catalog;
using Conformance.Model.Core;

namespace Conformance.Harness.Search;

/// <summary>Ranges of eras, as the catalogue names them and as reports print them.</summary>
public static class EraSpan
{
    /// <summary>Whether an era lies in a range given by the names of its first and last era.</summary>
    /// <exception cref="InvalidOperationException">The catalogue names an unknown era.</exception>
    public static bool Covers(string first, string last, Era era) =>
        Order(first) <= era.Order && era.Order <= Order(last);

    /// <summary>
    /// <c>v6.5..v6.7</c> for neighbours, <c>v5.19, v7.2</c> otherwise, <c>all eras</c> when it is every one
    /// that ran.
    /// </summary>
    /// <param name="eras">Oldest first, at least one.</param>
    /// <param name="ran">The eras of the run, oldest first.</param>
    public static string Text(IReadOnlyList<Era> eras, IReadOnlyList<Era> ran)
    {
        if (eras.Count == ran.Count && ran.Count > 1)
        {
            return "all eras";
        }

        var parts = new List<string>();
        for (var start = 0; start < eras.Count;)
        {
            var end = start;
            while (end + 1 < eras.Count && Next(eras[end], ran) == eras[end + 1].Order)
            {
                end++;
            }

            parts.Add(start == end ? eras[start].Name : $"{eras[start].Name}..{eras[end].Name}");
            start = end + 1;
        }

        return string.Join(", ", parts);
    }

    /// <summary>The eras of an expected breakage.</summary>
    public static string Text(ExpectedBreakage breakage) =>
        string.Equals(breakage.FirstEra, breakage.LastEra, StringComparison.Ordinal)
            ? breakage.FirstEra
            : $"{breakage.FirstEra}..{breakage.LastEra}";

    private static int? Next(Era era, IReadOnlyList<Era> ran)
    {
        for (var i = 0; i + 1 < ran.Count; i++)
        {
            if (ran[i].Order == era.Order)
            {
                return ran[i + 1].Order;
            }
        }

        return null;
    }

    private static int Order(string era) => Eras.Find(era)?.Order
        ?? throw new InvalidOperationException($"the catalogue names the unknown era {era}");
}
