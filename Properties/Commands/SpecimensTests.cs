using Conformance.Fuzz;

namespace Conformance.Properties.Commands;

/// <summary><c>specimens</c>: a bug in full, and its check.</summary>
public sealed class SpecimensTests
{
    private const string Bug = "dart-dma-fq-v6.5";

    [Fact]
    public void One_specimen_shows_its_minimum_at_work()
    {
        var shown = Invocation.Of("specimens", Bug);
        Assert.Equal(ExitCode.Kept, shown.Code);
        Assert.StartsWith(
            $"{Bug}  breaks R63 on apple-dart, era v6.5\n", shown.Output, StringComparison.Ordinal);
        Assert.Contains("\nR63 broken by apple-dart, era v6.5\n", shown.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_check_finds_and_shrinks_it()
    {
        var check = Invocation.Of("specimens", Bug, "--check");
        Assert.Equal(ExitCode.Kept, check.Code);
        Assert.EndsWith("1 of 1 specimen found and shrunk\n", check.Output, StringComparison.Ordinal);
        Assert.Equal($"{Bug}: found\n", check.Error);
        Assert.Equal(check, Invocation.Of("specimens", Bug, "--check"));
    }

    [Fact]
    public void A_check_that_is_stopped_at_once_says_so_and_ends_with_130()
    {
        var stopped = Invocation.Stopped("specimens", Bug, "--check");
        Assert.Equal(ExitCode.Interrupted, stopped.Code);
        Assert.Contains("interrupted after 0 scenarios", stopped.Output, StringComparison.Ordinal);
    }
}
