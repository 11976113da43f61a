using VerifyTests;

namespace VerifyXunit;

/// <summary>Checks that a repository treats snapshot files as they need to be treated.</summary>
public static class VerifyChecks
{
    private const string EditorConfigSection = "[*.{received,verified}.{json,txt,xml}]";

    private static readonly string[] IgnoreLines = ["*.received.*", "*.received/"];

    private static readonly string[] AttributeLines =
    [
        "*.verified.txt text eol=lf working-tree-encoding=UTF-8",
        "*.verified.xml text eol=lf working-tree-encoding=UTF-8",
        "*.verified.json text eol=lf working-tree-encoding=UTF-8",
        "*.verified.bin binary",
    ];

    private static readonly string[] EditorConfigLines =
    [
        "charset = utf-8-bom",
        "end_of_line = lf",
        "indent_size = unset",
        "indent_style = unset",
        "insert_final_newline = false",
        "tab_width = unset",
        "trim_trailing_whitespace = false",
    ];

    /// <summary>Checks the repository of the running test.</summary>
    public static Task Run()
    {
        var assembly = (UseVerifyAttribute.CurrentMethod.ReflectedType
            ?? UseVerifyAttribute.CurrentMethod.DeclaringType!).Assembly;
        var project = TestPlace.ProjectDirectoryOf(assembly)
            ?? throw new VerifyException("The test assembly does not name its project's folder.");
        return Run(TestPlace.SolutionDirectoryAbove(project) ?? project);
    }

    /// <summary>Checks a repository by its folder.</summary>
    internal static async Task Run(string root)
    {
        var problems = new List<string>();
        problems.AddRange(Missing(".gitignore", await Lines(root, ".gitignore"), IgnoreLines));
        problems.AddRange(Missing(".gitattributes", await Lines(root, ".gitattributes"), AttributeLines));
        var section = Section(await Lines(root, ".editorconfig"), EditorConfigSection);
        problems.AddRange(section is null
            ? [$".editorconfig: section {EditorConfigSection} is missing"]
            : Missing(".editorconfig", section, EditorConfigLines));

        if (problems.Count > 0)
            throw new VerifyException(string.Join('\n', problems));
    }

    private static IEnumerable<string> Missing(
        string file,
        IReadOnlyCollection<string> lines,
        string[] wanted) =>
        wanted.Where(line => !lines.Contains(line, StringComparer.Ordinal))
            .Select(line => $"{file}: line \"{line}\" is missing");

    private static async Task<string[]> Lines(string root, string file)
    {
        var path = Path.Combine(root, file);
        if (!File.Exists(path))
            return [];

        var lines = await File.ReadAllLinesAsync(path);
        return [.. lines.Select(line => line.Trim())];
    }

    private static List<string>? Section(string[] lines, string header)
    {
        var start = Array.IndexOf(lines, header);
        return start < 0
            ? null
            : [.. lines.Skip(start + 1).TakeWhile(line => !line.StartsWith('['))];
    }
}
