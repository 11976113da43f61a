namespace Conformance.Drivers.Linux.Guest;

/// <summary>The last lines of a guest's console, and those among them that tell of trouble.</summary>
internal sealed class ConsoleLog
{
    private const int MostLines = 400;
    private const int LongestLine = 500;
    private const int MostSplats = 50;

    private static readonly string[] Signs =
    [
        "Kernel panic", "BUG:", "Oops", "WARNING:", "general protection fault", "Unable to handle kernel",
        "soft lockup", "blocked for more than", "rcu_sched self-detected", "KASAN:", "UBSAN:",
    ];

    private readonly Lock gate = new();
    private readonly Queue<string> lines = new();
    private readonly List<string> splats = [];

    /// <summary>A panic was seen: nothing will come any more.</summary>
    public bool Panicked { get; private set; }

    /// <summary>Takes one line; what is too long is cut.</summary>
    public void Add(string line)
    {
        var text = line.Length <= LongestLine ? line : line[..LongestLine];
        lock (gate)
        {
            lines.Enqueue(text);
            if (lines.Count > MostLines)
            {
                lines.Dequeue();
            }

            Panicked |= text.Contains("Kernel panic", StringComparison.Ordinal);
            if (splats.Count < MostSplats && IsSplat(text))
            {
                splats.Add(text.Trim());
            }
        }
    }

    /// <summary>Lines that tell of trouble, since this was last asked.</summary>
    public IReadOnlyList<string> TakeSplats()
    {
        lock (gate)
        {
            string[] taken = [.. splats];
            splats.Clear();
            return taken;
        }
    }

    /// <summary>The newest lines, oldest first.</summary>
    public IReadOnlyList<string> Tail(int count)
    {
        lock (gate)
        {
            return [.. lines.Skip(Math.Max(0, lines.Count - count))];
        }
    }

    /// <summary>A line in which a kernel tells of a defect of its own.</summary>
    public static bool IsSplat(string line) =>
        Array.Exists(Signs, sign => line.Contains(sign, StringComparison.Ordinal));
}
