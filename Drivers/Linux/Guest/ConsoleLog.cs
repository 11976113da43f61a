namespace Conformance.Drivers.Linux.Guest;

/// <summary>The last lines of a console. Safe to use from several threads.</summary>
/// <param name="mostLines">Older lines are forgotten.</param>
public sealed class ConsoleLog(int mostLines)
{
    /// <summary>A line is cut here: a guest may print without end.</summary>
    private const int MostColumns = 1000;

    private readonly Queue<string> lines = [];
    private readonly Lock gate = new();

    /// <summary>The lines so far, the oldest first.</summary>
    public IReadOnlyList<string> Lines
    {
        get
        {
            lock (gate)
            {
                return [.. lines];
            }
        }
    }

    /// <summary>Reads to the end.</summary>
    public void Follow(TextReader reader)
    {
        var line = new System.Text.StringBuilder();
        for (var c = reader.Read(); c >= 0; c = reader.Read())
        {
            if (c == '\n')
            {
                Add(line.ToString());
                line.Clear();
            }
            else if (line.Length < MostColumns && c >= ' ')
            {
                line.Append((char)c);
            }
        }

        if (line.Length > 0)
        {
            Add(line.ToString());
        }
    }

    private void Add(string line)
    {
        lock (gate)
        {
            lines.Enqueue(line);
            if (lines.Count > mostLines)
            {
                lines.Dequeue();
            }
        }
    }
}
