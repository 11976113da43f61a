using System.Text;

namespace Conformance.Harness.Reports;

/// <summary>Plain text for a pipe: aligned columns, wrapped paragraphs.</summary>
public static class PlainText
{
    /// <summary>No line of a report is meant to be wider.</summary>
    public const int Columns = 110;

    private const string Gap = "  ";

    /// <summary>Rows of equal length as left-aligned columns; no space at the end of a line.</summary>
    public static string Table(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (rows.Count == 0)
        {
            return "";
        }

        var widths = Enumerable.Range(0, rows[0].Count).Select(c => rows.Max(r => r[c].Length)).ToArray();
        var text = new StringBuilder();
        foreach (var row in rows)
        {
            var line = string.Join(Gap, row.Select((cell, c) => cell.PadRight(widths[c])));
            text.Append(line.TrimEnd()).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>A paragraph broken between words; lines after the first are indented.</summary>
    public static string Wrap(string paragraph, int indent)
    {
        var text = new StringBuilder();
        var column = 0;
        var lineHasWord = false;
        foreach (var (i, word) in paragraph.Split(' ').Index())
        {
            if (lineHasWord && column + 1 + word.Length > Columns)
            {
                text.Append('\n').Append(' ', indent);
                column = indent;
                lineHasWord = false;
            }
            else if (i > 0)
            {
                text.Append(' ');
                column++;
            }

            text.Append(word);
            column += word.Length;
            lineHasWord |= word.Length > 0;
        }

        return text.Append('\n').ToString();
    }

    /// <summary>A text cut to a width, with three dots where something is missing.</summary>
    public static string Cut(string text, int width) =>
        text.Length <= width ? text : string.Concat(text.AsSpan(0, Math.Max(0, width - 3)).TrimEnd(), "...");

    /// <summary><c>1 finding</c>, <c>2 findings</c>.</summary>
    public static string Count(long number, string noun) => number == 1 ? $"1 {noun}" : $"{number} {noun}s";
}
