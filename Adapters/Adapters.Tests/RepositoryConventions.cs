namespace Conformance.Adapters.Tests;

/// <summary>What every source file of the repository keeps to.</summary>
public sealed class RepositoryConventions
{
    private const int MaximumColumns = 110;
    private const int MaximumLines = 500;

    /// <summary>Put together here, so that this file does not contain them.</summary>
    private static readonly string[] ForbiddenWords =
    [
        "NotImplemented" + "Exception",
        "TO" + "DO",
        "FIX" + "ME",
        "HA" + "CK",
        "Skip" + " = \"",
    ];

    [Fact]
    public void Lines_fit_into_the_columns() =>
        AssertNone(LinesWhere(line => line.Length > MaximumColumns, line => $"{line.Length} columns"));

    [Fact]
    public void Files_are_short() =>
        AssertNone(from file in SourceFiles()
                   where file.Lines.Length > MaximumLines
                   select $"{file.Path}:{file.Lines.Length}: more than {MaximumLines} lines");

    [Fact]
    public void Nothing_is_left_undone_or_skipped() =>
        AssertNone(LinesWhere(line => Forbidden(line) is not null, line => Forbidden(line)!));

    [Fact]
    public void No_exception_is_swallowed() =>
        AssertNone(from file in SourceFiles()
                   from line in EmptyCatches.In(file.Lines)
                   select $"{file.Path}:{line}: empty catch block");

    [Fact]
    public void There_are_files_to_look_at() =>
        Assert.Contains(
            SourceFiles(),
            file => file.Path.EndsWith("RepositoryConventions.cs", StringComparison.Ordinal));

    private static string? Forbidden(string line) =>
        Array.Find(ForbiddenWords, word => line.Contains(word, StringComparison.Ordinal));

    private static void AssertNone(IEnumerable<string> findings)
    {
        var text = string.Join('\n', findings);
        Assert.True(text.Length == 0, "\n" + text);
    }

    private static IEnumerable<string> LinesWhere(Func<string, bool> bad, Func<string, string> describe) =>
        from file in SourceFiles()
        from line in file.Lines.Index()
        where bad(line.Item)
        select $"{file.Path}:{line.Index + 1}: {describe(line.Item)}";

    private static IEnumerable<(string Path, string[] Lines)> SourceFiles()
    {
        var root = Root();
        return from path in SourcePaths(root)
               orderby path.FullName
               select (Path.GetRelativePath(root.FullName, path.FullName), File.ReadAllLines(path.FullName));
    }

    private static IEnumerable<FileInfo> SourcePaths(DirectoryInfo directory) =>
        directory.EnumerateFiles("*.cs").Concat(directory.EnumerateDirectories()
            .Where(inner => inner.Name is not ("bin" or "obj") && !inner.Name.StartsWith('.'))
            .SelectMany(SourcePaths));

    private static DirectoryInfo Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Conformance.sln")))
        {
            directory = directory.Parent
                ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
        }

        return directory;
    }
}
