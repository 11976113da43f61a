using System.Globalization;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>What a group shows after boot.</summary>
/// <param name="DefaultType">Its <c>type</c>: <c>DMA</c>, <c>DMA-FQ</c>, <c>identity</c>.</param>
/// <param name="Regions">Its <c>reserved_regions</c>.</param>
public sealed record GroupFacts(string DefaultType, IReadOnlyList<GuestRegion> Regions)
{
    /// <summary>The questions about the groups from 0 on.</summary>
    public static IReadOnlyList<string> Lines(int groups) =>
        [.. Enumerable.Range(0, groups).SelectMany(g => new[] { $"show-type g{g}", $"reserved g{g}" })];

    /// <summary>From the answers to <see cref="Lines"/>.</summary>
    /// <exception cref="ProtocolException">They are none.</exception>
    public static IReadOnlyList<GroupFacts> Parse(IReadOnlyList<GuestResult> answers)
    {
        var groups = new List<GroupFacts>();
        for (var i = 0; i + 1 < answers.Count; i += 2)
        {
            if (!answers[i].IsSuccess || !answers[i + 1].IsSuccess)
            {
                throw new ProtocolException(
                    0, "type and regions of a group", $"'{answers[i]}' and '{answers[i + 1]}'");
            }

            var words = answers[i + 1].Detail.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            groups.Add(new GroupFacts(answers[i].Detail, [.. words.Select(Region)]));
        }

        return groups;
    }

    /// <summary>FIRST-LAST:TYPE.</summary>
    private static GuestRegion Region(string word)
    {
        var dash = word.IndexOf('-', StringComparison.Ordinal);
        var colon = word.IndexOf(':', StringComparison.Ordinal);
        return dash > 0 && colon > dash && colon + 1 < word.Length
            && Hex(word.AsSpan(0, dash), out var first)
            && Hex(word.AsSpan(dash + 1, colon - dash - 1), out var last)
                ? new GuestRegion(first, last, word[(colon + 1)..])
                : throw new ProtocolException(0, "FIRST-LAST:TYPE", $"'{word}'");
    }

    private static bool Hex(ReadOnlySpan<char> word, out ulong value)
    {
        value = 0;
        return word.StartsWith("0x") && ulong.TryParse(
            word[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }
}
