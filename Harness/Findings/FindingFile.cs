using System.Text;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Findings;

/// <summary>A finding on disk: its scenario, with the broken promise in a comment above it.</summary>
public static class FindingFile
{
    /// <summary><c>apple-dart-v6.5-R40.scenario</c>; one a driver, era and rule.</summary>
    public static string NameOf(Finding finding) =>
        $"{finding.Driver}-{finding.Scenario.Era}-{finding.Failure.Rule}.scenario";

    /// <summary>The text of the file; the same finding gives the same text.</summary>
    public static string Text(Finding finding)
    {
        var rule = finding.Rule;
        var text = new StringBuilder();
        text.Append($"# {rule.Id} broken by {finding.Driver}, era {finding.Scenario.Era}\n");
        text.Append($"# promise: {rule.Statement}\n");
        text.Append($"# seen: {finding.Message}\n");
        if (finding.Seed is { } seed)
        {
            text.Append($"# shrunk from the scenario of seed 0x{seed:x16}\n");
        }

        return text.Append(ScenarioText.Print(finding.Scenario)).ToString();
    }

    /// <summary>Writes the file into a directory, made when it is missing, and returns its path.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">It must not be written.</exception>
    public static string Write(string directory, Finding finding) =>
        Write(directory, NameOf(finding), Text(finding));

    /// <summary>
    /// The same for a scenario that the suite itself fails on: <c>apple-dart-v6.5-suite.scenario</c>.
    /// </summary>
    public static string Write(string directory, SuiteError error, string driver) => Write(
        directory,
        $"{driver}-{error.Scenario.Era}-suite.scenario",
        $"# {OneLine.Of(error.Message)}\n{ScenarioText.Print(error.Scenario)}");

    private static string Write(string directory, string name, string text)
    {
        Directory.CreateDirectory(directory);
        var path = Path.Combine(directory, name);
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>The command line that shows the finding again.</summary>
    public static string ReplayCommand(string path)
    {
        var plain = path.All(c => char.IsAsciiLetterOrDigit(c) || c is '/' or '.' or '-' or '_' or '+');
        var quoted = plain ? path : $"'{path.Replace("'", "'\\''", StringComparison.Ordinal)}'";
        return $"dotnet run --project Fuzz -c Release -- replay {quoted}";
    }
}
