using Conformance.Fuzz;

namespace Conformance.Properties.Commands;

/// <summary><c>replay</c>: verdicts of stored scenarios, and complaints about what is no scenario.</summary>
public sealed class ReplayTests
{
    /// <summary>A lazy default domain on the driver that once had no case for it.</summary>
    private const string Registration = """
        era v6.5
        cpu-page 16K
        kernel strict=0
        iommu i0 apple-dart/t8103
        device d0 i0:0x1 group 0
        --
        register i0

        """;

    private const string Bug = "dart-dma-fq-v6.5";

    [Fact]
    public void A_kept_scenario_ends_with_0()
    {
        var newest = Registration.Replace("v6.5", "v7.2", StringComparison.Ordinal);
        var kept = Invocation.With(newest, "replay", "-");
        Assert.Equal(ExitCode.Kept, kept.Code);
        Assert.StartsWith("kept: 1 command, ", kept.Output, StringComparison.Ordinal);
        Assert.Empty(kept.Error);
    }

    [Fact]
    public void A_finding_ends_with_1_and_shows_promise_scenario_and_marked_trace()
    {
        var found = Invocation.With(Registration, "replay", "-", "--specimen", Bug);
        Assert.Equal(ExitCode.Findings, found.Code);
        Assert.StartsWith("R63 broken by apple-dart, era v6.5\n", found.Output, StringComparison.Ordinal);
        Assert.Contains("scenario (1 command)\n", found.Output, StringComparison.Ordinal);
        Assert.Contains(
            " ==>   attach_dev(g0.default DMA-FQ, d0) = 0\n", found.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_known_breakage_is_no_finding_unless_asked_for()
    {
        var expected = Invocation.With(Registration, "replay", "-");
        Assert.Equal(ExitCode.Kept, expected.Code);
        Assert.Contains("R63 broken as expected: ", expected.Output, StringComparison.Ordinal);
        Assert.Equal(
            ExitCode.Findings, Invocation.With(Registration, "replay", "-", "--no-expectations").Code);
    }

    [Fact]
    public void A_file_and_standard_input_give_the_same()
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("lazy.scenario");
        File.WriteAllText(file, "# a comment\n" + Registration);
        Assert.Equal(Invocation.With(Registration, "replay", "-"), Invocation.Of("replay", file));
    }

    [Fact]
    public void The_whole_trace_has_the_device_accesses()
    {
        const string Access = "  DMA write by d0 at ";
        Assert.DoesNotContain(
            Access, Invocation.With(Registration, "replay", "-").Output, StringComparison.Ordinal);
        Assert.Contains(
            Access, Invocation.With(Registration, "replay", "-", "--trace").Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", 1, 1, "'era'")]
    [InlineData("era v9.9\n", 1, 5, "one of the eras v5.19, ")]
    [InlineData("era v7.2\niommu i0 nothing/at-all\n", 2, 10, "one of the drivers ")]
    [InlineData("era v7.2\niommu i0 apple-dart/none\n", 2, 21, "one of the variants of apple-dart ")]
    [InlineData("era v7.2\niommu i0 apple-dart/t8103\ndevice d0 i0:0x1 group 0\n--\nmap D0 0x0\n", 5, 11, "")]
    [InlineData("era v7.2\niommu i0 s390/zpci\ndevice d0 i0:0x1 group 0\n--\nmerge D0\n", 5, 1, "a command")]
    [InlineData("\0\u0001\ud83d\n", 1, 1, "")]
    public void What_is_no_scenario_is_told_where_and_what_could_stand_there(
        string text, int line, int column, string expected)
    {
        using var folder = new TemporaryFolder();
        var file = folder.File("broken.scenario");
        File.WriteAllText(file, text);
        var refused = Invocation.Of("replay", file);
        Assert.Equal(ExitCode.Usage, refused.Code);
        Assert.Empty(refused.Output);
        Assert.StartsWith(
            $"{file}:{line}:{column}: expected {expected}", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Standard_input_is_named_in_complaints() => Assert.StartsWith(
        "standard input:1:5: expected ",
        Invocation.With("era v9.9\n", "replay", "-").Error,
        StringComparison.Ordinal);

    [Fact]
    public void A_missing_file_and_a_folder_are_refused()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal(ExitCode.Usage, Invocation.Of("replay", folder.File("missing")).Code);
        Assert.Equal(ExitCode.Usage, Invocation.Of("replay", folder.Path).Code);
    }
}
