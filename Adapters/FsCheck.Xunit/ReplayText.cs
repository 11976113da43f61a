using System.Globalization;
using Microsoft.FSharp.Core;

namespace FsCheck.Xunit;

/// <summary>
/// The textual form of a replay: <c>seed,gamma</c> or <c>seed,gamma,size</c>, parentheses optional.
/// </summary>
internal static class ReplayText
{
    public static Replay Parse(string text)
    {
        var parts = Inner(text).Split(',', StringSplitOptions.TrimEntries);
        if (parts.Length is not (2 or 3)
            || !TryUnsigned(parts[0], out var seed)
            || !TryUnsigned(parts[1], out var gamma))
            throw Malformed(text);

        var rnd = new Rnd(seed, gamma);
        if (parts.Length == 2)
            return new Replay(rnd, FSharpOption<int>.None);
        if (!TryUnsigned(parts[2], out var size) || size > int.MaxValue)
            throw Malformed(text);

        return new Replay(rnd, FSharpOption<int>.Some((int)size));
    }

    private static string Inner(string text)
    {
        var trimmed = text.Trim();
        return trimmed is ['(', .., ')'] ? trimmed[1..^1] : trimmed;
    }

    private static bool TryUnsigned(string text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);

    private static FormatException Malformed(string text) =>
        new($"Replay is \"{text}\" but should be \"seed,gamma\" or \"(seed,gamma,size)\", all unsigned.");
}
