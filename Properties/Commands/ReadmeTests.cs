namespace Conformance.Properties.Commands;

/// <summary>What the README shows is what the suite prints.</summary>
public sealed class ReadmeTests
{
    private const string Shown = "specimens dart-dma-fq-v6.5";

    [Fact]
    public void The_counterexample_is_the_one_that_is_printed()
    {
        var printed = Invocation.Of(Shown.Split(' ')).Output;
        var finding = printed[printed.IndexOf("\n\n", StringComparison.Ordinal)..].Trim('\n');
        Assert.Contains($"({Command})", Readme().Replace('\n', ' '), StringComparison.Ordinal);
        Assert.Contains(
            string.Concat(finding.Split('\n').Select(line => $"    {line}".TrimEnd() + "\n")),
            Readme(),
            StringComparison.Ordinal);
    }

    private static string Command => $"`dotnet run --project Fuzz -c Release -- {Shown}`";

    private static string Readme() => RepositoryFile.Read("README.md");
}
