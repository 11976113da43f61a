using System.Text;

namespace VerifyTests;

/// <summary>A snapshot file together with the texts that were compared.</summary>
internal sealed record Comparison(FilePair File, string Received, string? Verified);

/// <summary>The message of a failed verification, in the form that accepting tools parse.</summary>
internal static class FailureText
{
    public static string Build(
        string directory,
        Comparison? differing,
        FilePair? equal,
        IReadOnlyList<string> stale)
    {
        var builder = new StringBuilder();
        Line(builder, $"Directory: {directory}");
        if (differing is not null)
            Pair(builder, Heading(differing), differing.File);
        if (stale.Count > 0)
        {
            Line(builder, "Delete:");
            foreach (var name in stale)
                Line(builder, $"  - {name}");
        }

        if (equal is not null)
            Pair(builder, "Equal:", equal);
        if (differing is not null)
            Content(builder, differing);

        return builder.ToString();
    }

    private static string Heading(Comparison comparison) =>
        comparison.Verified is null ? "New:" : "NotEqual:";

    private static void Pair(StringBuilder builder, string heading, FilePair file)
    {
        Line(builder, heading);
        Line(builder, $"  - Received: {file.ReceivedName}");
        Line(builder, $"    Verified: {file.VerifiedName}");
    }

    private static void Content(StringBuilder builder, Comparison comparison)
    {
        Line(builder, "");
        Line(builder, "FileContent:");
        Line(builder, "");
        Line(builder, Heading(comparison));
        Line(builder, "");
        Line(builder, $"Received: {comparison.File.ReceivedName}");
        Line(builder, comparison.Received);
        if (comparison.Verified is null)
            return;

        Line(builder, $"Verified: {comparison.File.VerifiedName}");
        Line(builder, comparison.Verified);
    }

    private static void Line(StringBuilder builder, string text) => builder.Append(text).Append('\n');
}
