namespace Conformance.Properties.Commands;

/// <summary>Texts of the repository that tests hold the suite against.</summary>
internal static class RepositoryFile
{
    public static string Read(params string[] path) => File.ReadAllText(Path.Combine([Root(), .. path]));

    /// <summary>Paths of the files of a folder, by name.</summary>
    public static IEnumerable<string> In(params string[] folder) =>
        Directory.EnumerateFiles(Path.Combine([Root(), .. folder])).Order(StringComparer.Ordinal);

    private static string Root()
    {
        var directory = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(directory.FullName, "Conformance.sln")))
        {
            directory = directory.Parent
                ?? throw new DirectoryNotFoundException("The tests do not run inside the repository.");
        }

        return directory.FullName;
    }
}
