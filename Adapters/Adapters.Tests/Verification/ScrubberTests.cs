namespace Conformance.Adapters.Tests.Verification;

public sealed class ScrubberTests : IDisposable
{
    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public async Task Scrubbers_change_the_text()
    {
        var result = await Verify("1 everyone's secret\n2 own secret")
            .AddScrubber(builder => builder.Replace("own secret", "(own)"))
            .UseDirectory(directory.Path).UseFileName("a").AutoVerify();

        Assert.Equal("1 (scrubbed)\n2 (own)", result.Text);
        Assert.Equal(result.Text, directory.Read("a.verified.txt"));
    }

    [Fact]
    public async Task A_scrubber_goes_first_unless_told_otherwise()
    {
        var result = await Verify("a")
            .AddScrubber(builder => builder.Append('2'))
            .AddScrubber(builder => builder.Append('1'))
            .AddScrubber(builder => builder.Append('3'), ScrubberLocation.Last)
            .UseDirectory(directory.Path).UseFileName("a").AutoVerify();

        Assert.Equal("a123", result.Text);
    }

    [Fact]
    public async Task Lines_can_be_removed_and_replaced()
    {
        var result = await Verify("keep\r\nDROP this\n\nremove\nreplace\nDrop")
            .ScrubLinesContaining(StringComparison.OrdinalIgnoreCase, "drop this")
            .ScrubLinesContaining(StringComparison.Ordinal, "drop")
            .ScrubLines(line => string.Equals(line, "remove", StringComparison.Ordinal))
            .ScrubLinesWithReplace(line => line.Replace("replace", "replaced", StringComparison.Ordinal))
            .ScrubEmptyLines()
            .UseDirectory(directory.Path).UseFileName("a").AutoVerify();

        Assert.Equal("keep\nreplaced\nDrop", result.Text);
    }

    [Fact]
    public async Task Known_folders_appear_by_name()
    {
        var place = UseVerifyAttribute.Place("/source/Tests.cs");
        var temp = Path.GetTempPath().TrimEnd('/');
        var result = await Verify($"{place.ProjectDirectory}a {place.SolutionDirectory}b {temp} {temp}orary")
            .UseDirectory(directory.Path).UseFileName("a").AutoVerify();

        Assert.Equal($"{{ProjectDirectory}}a {{SolutionDirectory}}b {{TempPath}} {temp}orary", result.Text);
    }

    [Fact]
    public async Task Global_settings_are_closed_after_the_first_verification()
    {
        await Verify("x").UseDirectory(directory.Path).UseFileName("a").AutoVerify();

        Assert.Throws<InvalidOperationException>(() => VerifierSettings.AddScrubber(text => text.Clear()));
        Assert.Throws<InvalidOperationException>(() => VerifierSettings.AutoVerify());
        Assert.Throws<InvalidOperationException>(() => UseProjectRelativeDirectory("snapshots"));
    }
}
