namespace VerifyTests;

/// <summary>Folders that differ between machines and therefore appear by name in snapshots.</summary>
internal sealed class KnownFolders
{
    private readonly List<(string Path, string Name)> folders = [];

    public KnownFolders(TestPlace place)
    {
        Add(place.ProjectDirectory, "{ProjectDirectory}");
        Add(place.SolutionDirectory, "{SolutionDirectory}");
        Add(Path.GetTempPath(), "{TempPath}");
        folders.Sort((a, b) => b.Path.Length.CompareTo(a.Path.Length));
    }

    public string Hide(string text)
    {
        foreach (var (path, name) in folders)
            text = Replace(text, path, name);

        return text;
    }

    private void Add(string? path, string name)
    {
        var bare = path?.TrimEnd('/', '\\');
        if (bare is { Length: > 1 })
            folders.Add((bare, name));
    }

    /// <summary>Replaces whole path names only, together with the separator after them.</summary>
    private static string Replace(string text, string path, string name)
    {
        var from = 0;
        while (text.IndexOf(path, from, StringComparison.Ordinal) is >= 0 and var at)
        {
            var end = at + path.Length;
            from = end;
            if (!Bounded(text, at, end))
                continue;
            if (end < text.Length && text[end] is '/' or '\\')
                end++;
            text = string.Concat(text.AsSpan(0, at), name, text.AsSpan(end));
            from = at + name.Length;
        }

        return text;
    }

    private static bool Bounded(string text, int start, int end) =>
        (start == 0 || !IsNamePart(text[start - 1])) && (end == text.Length || !IsNamePart(text[end]));

    private static bool IsNamePart(char c) => char.IsLetterOrDigit(c) || c is '-' or '_' or '.';
}
