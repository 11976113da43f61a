namespace Conformance.Fuzz.Verbs;

/// <summary>Where the JSON report goes: nowhere, to standard output, to a file.</summary>
internal sealed class JsonTarget
{
    private readonly string? path;

    private JsonTarget(string? path) => this.path = path;

    /// <summary>The report goes to standard output, which then has nothing else.</summary>
    public bool IsOutput => path == "-";

    /// <summary>Complains before a long run rather than after it.</summary>
    public static JsonTarget Of(string? path)
    {
        if (path is null or "-")
        {
            return new JsonTarget(path);
        }

        var directory = Path.GetDirectoryName(Path.GetFullPath(path));
        if (Directory.Exists(path) || (directory is not null && !Directory.Exists(directory)))
        {
            throw new UsageException($"--json: cannot write the file '{path}'");
        }

        return new JsonTarget(path);
    }

    public void Write(string text, Host host)
    {
        if (IsOutput)
        {
            host.Output.Write(text);
        }
        else if (path is not null)
        {
            File.WriteAllText(path, text);
        }
    }
}
