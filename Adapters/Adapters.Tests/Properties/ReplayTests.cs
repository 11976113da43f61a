using System.Text.RegularExpressions;
using FsCheck;
using FsCheck.Xunit;
using Microsoft.FSharp.Core;

namespace Conformance.Adapters.Tests.Properties;

public sealed partial class ReplayTests
{
    [Fact]
    public async Task A_pair_repeats_the_same_cases()
    {
        var first = await CasesOf(nameof(Recording.Sequential));
        var second = await CasesOf(nameof(Recording.Sequential));

        Assert.Equal(20, first.Count);
        Assert.True(first.Distinct().Count() > 1);
        Assert.Equal(first, second);
    }

    [Fact]
    public async Task A_triple_runs_exactly_one_case() =>
        Assert.Single(await CasesOf(nameof(Recording.One)));

    [Fact]
    public async Task The_number_of_cases_is_the_one_asked_for() =>
        Assert.Equal(7, (await CasesOf(nameof(Recording.Seven))).Count);

    [Fact]
    public async Task Sizes_bound_the_values() =>
        Assert.All(await CasesOf(nameof(Recording.Small)), x => Assert.Equal(0, x));

    [Fact]
    public async Task Parallel_cases_are_the_sequential_ones()
    {
        var sequential = await CasesOf(nameof(Recording.Sequential));
        var parallel = await CasesOf(nameof(Recording.Parallel));

        Assert.Equal(sequential.Order(), parallel.Order());
    }

    [Fact]
    public async Task The_replay_of_a_failure_fails_at_once_with_the_same_arguments()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.BelowTen));
        var replay = ReplayLine().Match(run.Failure.Messages[0]);
        Assert.True(replay.Success);

        var again = Check(replay.Groups["replay"].Value);

        Assert.Equal(1, again.Item1.NumberOfTests);
        Assert.Equal(ArgumentAfter("Original:", run.FailureLines), again.Item2.Head.ToString());
        Assert.Equal(ArgumentAfter("Shrunk:", run.FailureLines), again.Item3.Head.ToString());
    }

    private static string ArgumentAfter(string heading, string[] lines) =>
        lines[Array.IndexOf(lines, heading) + 1];

    private static async Task<List<int>> CasesOf(string method)
    {
        var seen = new List<int>();
        var run = await PropertyRun.Of<Recording>(method, seen);
        Assert.True(run.Passed);
        return seen;
    }

    private static TestResult.Failed Check(string replay)
    {
        var runner = new XunitRunner();
        var config = (PropertySettings.Unset with { Replay = replay, ReplaySet = true }).ToConfig();
        FsCheck.Check.Method(
            config.WithRunner(runner),
            PropertyRun.Method(typeof(Reports), nameof(Reports.BelowTen)),
            FSharpOption<object>.None);
        return Assert.IsType<TestResult.Failed>(runner.Result, exactMatch: false);
    }

    [GeneratedRegex(
        @"^Replay directly at failing step with (?<replay>\(\d+,\d+,\d+\))\.",
        RegexOptions.Multiline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex ReplayLine();
}
