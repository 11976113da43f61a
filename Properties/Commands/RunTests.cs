using System.Text.Json;
using Conformance.Drivers.Catalog;
using Conformance.Fuzz;

namespace Conformance.Properties.Commands;

/// <summary><c>run</c>: the report depends on the seed and nothing else, and goes where it is told.</summary>
public sealed class RunTests
{
    private static readonly string Driver = DriverCatalog.All[0].Factory.Name;

    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        string[] args = Small(folder);
        var first = Invocation.Of([.. args, "--json", "-"]);
        Assert.Equal(first.Output, Invocation.Of([.. args, "--json", "-"]).Output);
        Assert.Equal(Invocation.Of(args).Output, Invocation.Of(args).Output);
    }

    [Fact]
    public void An_era_in_company_shows_what_it_shows_alone()
    {
        using var folder = new TemporaryFolder();
        var alone = Jobs(Invocation.Of([.. Small(folder), "--json", "-"]));
        var company = Jobs(Invocation.Of([.. Small(folder), "--era", "v5.19", "--json", "-"]));
        Assert.Equal(["v5.19", "v7.2"], company.Select(job => job.GetProperty("era").GetString()));
        foreach (var property in (string[])["scenarios", "commands", "probes", "findings"])
        {
            Assert.Equal(
                alone.Single().GetProperty(property).GetRawText(),
                company[1].GetProperty(property).GetRawText());
        }

        Assert.Equal(Exercised(alone.Single()), Exercised(company[1]));
    }

    [Fact]
    public void Json_on_standard_output_is_all_there_is()
    {
        using var folder = new TemporaryFolder();
        var run = Invocation.Of([.. Small(folder), "--json", "-"]);
        using var report = JsonDocument.Parse(run.Output);
        var root = report.RootElement;
        Assert.Equal("schema", root.EnumerateObject().First().Name);
        Assert.Equal(1, root.GetProperty("schema").GetInt32());
        Assert.Equal("7", root.GetProperty("seed").GetString());
        Assert.Equal(run.Code == ExitCode.Kept, root.GetProperty("passed").GetBoolean());
        Assert.EndsWith("}\n", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Json_in_a_file_is_the_same_and_leaves_the_text()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("report.json");
        var both = Invocation.Of([.. Small(folder), "--json", file]);
        Assert.Equal(Invocation.Of(Small(folder)).Output, both.Output);
        Assert.Equal(Invocation.Of([.. Small(folder), "--json", "-"]).Output, File.ReadAllText(file));
    }

    [Fact]
    public void No_verb_is_run()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(Invocation.Of(Small(folder)), Invocation.Of(["run", .. Small(folder)]));
    }

    [Fact]
    public void Progress_in_a_pipe_is_a_line_a_job_on_standard_error()
    {
        using var folder = new TemporaryFolder();
        var run = Invocation.Of(Small(folder));
        Assert.StartsWith($"{Driver} v7.2: 3 scenarios, ", run.Error, StringComparison.Ordinal);
        Assert.Single(run.Error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public void The_text_has_no_escape_codes_and_fits()
    {
        using var folder = new TemporaryFolder();
        var text = Invocation.Of(Small(folder)).Output;
        Assert.DoesNotContain('\u001b', text);
        var matrix = text[text.IndexOf("seed 7, ", StringComparison.Ordinal)..];
        Assert.All(matrix.Split('\n'), line => Assert.True(line.Length <= 110, line));
    }

    [Fact]
    public void A_run_that_is_stopped_at_once_says_so_and_ends_with_130()
    {
        using var folder = new TemporaryFolder();
        var stopped = Invocation.Stopped(Small(folder));
        Assert.Equal(ExitCode.Interrupted, stopped.Code);
        Assert.Contains("cut short", stopped.Output, StringComparison.Ordinal);
        Assert.Contains("not run", stopped.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_finding_is_kept_in_a_file_and_its_command_line_shows_it_again()
    {
        using var folder = new TemporaryFolder();
        var run = Invocation.Of(
            "--driver", "apple-dart", "--era", "v6.5", "--rule", "R63", "--no-expectations",
            "--findings", folder.File("kept here"));
        Assert.Equal(ExitCode.Findings, run.Code);
        var file = Path.Combine(folder.File("kept here"), "apple-dart-v6.5-R63.scenario");
        Assert.StartsWith(
            "# R63 broken by apple-dart, era v6.5\n", File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Contains(
            $"replay: dotnet run --project Fuzz -c Release -- replay '{file}'\n",
            run.Output,
            StringComparison.Ordinal);
        Assert.Equal(ExitCode.Findings, Invocation.Of("replay", file, "--no-expectations").Code);
    }

    private static string[] Small(TemporaryFolder folder) =>
    [
        "--driver", Driver, "--era", "v7.2", "--scenarios", "3", "--length", "25", "--seed", "7",
        "--findings", folder.Path,
    ];

    private static List<JsonElement> Jobs(Invocation run)
    {
        using var report = JsonDocument.Parse(run.Output);
        return [.. report.RootElement.GetProperty("jobs").Clone().EnumerateArray()];
    }

    private static List<(string? Rule, long Times)> Exercised(JsonElement job) =>
    [
        .. job.GetProperty("verdicts").EnumerateArray().Select(verdict =>
            (verdict.GetProperty("rule").GetString(), verdict.GetProperty("exercised").GetInt64())),
    ];
}
