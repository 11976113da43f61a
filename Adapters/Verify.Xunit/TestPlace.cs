using System.Reflection;

namespace VerifyTests;

/// <summary>Where a verification was asked for: a test method and its source file.</summary>
internal sealed record TestPlace(MethodInfo Method, string SourceFile)
{
    private const string ProjectDirectoryKey = "Verify.ProjectDirectory";

    public Type Type => Method.ReflectedType ?? Method.DeclaringType!;

    public string SourceDirectory => Path.GetDirectoryName(SourceFile) is { Length: > 0 } directory
        ? directory
        : throw new VerifyException($"The source file \"{SourceFile}\" is not in any folder.");

    /// <summary>The folder of the test project, with a separator at its end.</summary>
    public string ProjectDirectory => ProjectDirectoryOf(Type.Assembly) ?? SourceDirectory + "/";

    /// <summary>The folder of the solution around the test project, with a separator at its end.</summary>
    public string? SolutionDirectory => SolutionDirectoryAbove(ProjectDirectory);

    public static string? ProjectDirectoryOf(Assembly assembly) => assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>()
        .FirstOrDefault(data => string.Equals(data.Key, ProjectDirectoryKey, StringComparison.Ordinal))
        ?.Value;

    public static string? SolutionDirectoryAbove(string directory)
    {
        for (var at = new DirectoryInfo(directory); at is not null; at = at.Parent)
        {
            if (at.Exists && at.EnumerateFiles("*.sln*").Any())
                return at.FullName.TrimEnd('/') + "/";
        }

        return null;
    }
}
