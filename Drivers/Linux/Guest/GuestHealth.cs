namespace Conformance.Drivers.Linux.Guest;

/// <summary>What lines of a kernel's log or console tell of trouble.</summary>
public static class GuestHealth
{
    /// <summary>Lines kept around trouble.</summary>
    public const int MostLines = 60;

    private static readonly string[] Panics =
    [
        "Kernel panic", "Unable to handle kernel", "BUG: unable to handle", "Oops",
        "general protection fault",
    ];

    private static readonly string[] Alarms =
    [
        "WARNING:", "BUG:", "kernel BUG", "Call Trace", "Call trace", "blocked for more than", "soft lockup",
        "detected stalls",
    ];

    /// <summary>The kernel has died of it.</summary>
    public static bool IsPanic(string line) =>
        Array.Exists(Panics, word => line.Contains(word, StringComparison.Ordinal));

    /// <summary>It is a warning, a bug, or worse.</summary>
    public static bool IsAlarm(string line) =>
        IsPanic(line) || Array.Exists(Alarms, word => line.Contains(word, StringComparison.Ordinal));

    /// <summary>The lines from the first alarm on, none when there is none.</summary>
    public static IReadOnlyList<string> Trouble(IReadOnlyList<string> lines)
    {
        for (var i = 0; i < lines.Count; i++)
        {
            if (IsAlarm(lines[i]))
            {
                return [.. lines.Skip(i).Take(MostLines)];
            }
        }

        return [];
    }

    /// <summary>The same of a text, such as the answer to <c>dmesg</c>.</summary>
    public static IReadOnlyList<string> Trouble(string text) => Trouble(text.Split('\n'));
}
