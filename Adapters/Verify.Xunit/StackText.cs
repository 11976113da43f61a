namespace VerifyTests;

/// <summary>A stack trace without what differs between machines and builds.</summary>
internal static class StackText
{
    public static string Of(Exception exception)
    {
        var lines = LineEndings.Unified(exception.StackTrace ?? "").Split('\n');
        return string.Join('\n', lines.Select(Frame).Where(IsMethod));
    }

    private static string Frame(string line)
    {
        var place = line.IndexOf(" in ", StringComparison.Ordinal);
        return (place < 0 ? line : line[..place]).Trim();
    }

    /// <summary>Frames of code that was written, not of what the compiler made of it.</summary>
    private static bool IsMethod(string frame) =>
        frame.StartsWith("at ", StringComparison.Ordinal) && !frame.Contains(".<", StringComparison.Ordinal);
}
