namespace VerifyTests;

internal static class LineEndings
{
    /// <summary>The text with line feeds only; other characters that some call line ends stay.</summary>
    public static string Unified(string text) =>
        text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
}
