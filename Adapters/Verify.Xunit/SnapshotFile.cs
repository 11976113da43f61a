using System.Text;

namespace VerifyTests;

/// <summary>Snapshot files on disk: UTF-8 with byte-order mark, line feeds, no newline at the end.</summary>
internal static class SnapshotFile
{
    private static readonly UTF8Encoding Encoding = new(encoderShouldEmitUTF8Identifier: true);

    /// <summary>The text of a file, or null where there is none.</summary>
    public static async Task<string?> Read(string path)
    {
        if (!File.Exists(path))
            return null;

        var text = await File.ReadAllTextAsync(path, Encoding);
        return text.Contains('\r', StringComparison.Ordinal)
            ? throw new VerifyException(
                $"{Path.GetFileName(path)} contains a carriage return; verified files have line feeds only.")
            : text;
    }

    public static async Task Write(string path, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, text, Encoding);
    }

    /// <summary>
    /// Whether a verified text is the received one; one more newline at its end is forgiven.
    /// </summary>
    public static bool Same(string received, string verified) =>
        string.Equals(received, verified, StringComparison.Ordinal)
        || (verified.Length == received.Length + 1
            && verified[^1] == '\n'
            && verified.StartsWith(received, StringComparison.Ordinal));
}
