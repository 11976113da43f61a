using System.Text.RegularExpressions;

namespace Conformance.Adapters.Tests;

/// <summary>Finds catch blocks in which there is nothing, or nothing but comments.</summary>
internal static partial class EmptyCatches
{
    /// <summary>The numbers of the lines on which such blocks start.</summary>
    public static IEnumerable<int> In(string[] lines)
    {
        var text = string.Join('\n', lines.Select(WithoutComment));
        return Block().Matches(text).Select(match => 1 + text.AsSpan(0, match.Index).Count('\n'));
    }

    private static string WithoutComment(string line)
    {
        var comment = line.IndexOf("//", StringComparison.Ordinal);
        return comment < 0 ? line : line[..comment];
    }

    [GeneratedRegex(
        @"\bcatch\s*(\([^)]*\)\s*)?(when\s*\([^{]*\)\s*)?\{\s*\}",
        RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Block();
}
