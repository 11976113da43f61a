namespace Conformance.Drivers.Linux.Guest;

/// <summary>The guest has sent something that is no answer of its agent.</summary>
/// <param name="line">What it sent; shortened when long.</param>
/// <param name="column">Where it goes wrong, from 1.</param>
/// <param name="expected">What should have stood there.</param>
public sealed class ProtocolException(string line, int column, string expected)
    : Exception($"the agent's answer, column {column}: expected {expected}, found '{Printable(line)}'")
{
    private const int Longest = 120;

    public int Column { get; } = column;

    public string Expected { get; } = expected;

    private static string Printable(string line)
    {
        var cut = line.Length <= Longest ? line : line[..Longest] + "...";
        return string.Create(cut.Length, cut, static (to, from) =>
        {
            for (var i = 0; i < to.Length; i++)
            {
                to[i] = from[i] is >= ' ' and <= '~' ? from[i] : '?';
            }
        });
    }
}
