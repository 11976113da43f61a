namespace Conformance.Harness.Findings;

/// <summary>Messages of drivers and exceptions may span lines; reports and comments want one.</summary>
public static class OneLine
{
    /// <summary>The text with each control character replaced by a space.</summary>
    public static string Of(string text) => string.Create(text.Length, text, static (to, from) =>
    {
        for (var i = 0; i < to.Length; i++)
        {
            to[i] = char.IsControl(from[i]) ? ' ' : from[i];
        }
    });
}
