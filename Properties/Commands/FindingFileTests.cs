using Conformance.Harness.Findings;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Commands;

/// <summary>What is kept of a finding.</summary>
public sealed class FindingFileTests
{
    [Fact]
    public void The_file_reads_back_as_the_scenario()
    {
        var finding = MadeUp.Finding("a", Eras.V7_2, MadeUp.Rule);
        var text = FindingFile.Text(finding);
        Assert.Equal(finding.Scenario, ScenarioText.Parse(text).OrThrow());
        Assert.Contains("# seen: seen so\n", text, StringComparison.Ordinal);
        Assert.Contains("0x000000000000002a", text, StringComparison.Ordinal);
    }

    [Fact]
    public void The_name_says_driver_era_and_rule() => Assert.Equal(
        "a-v7.2-R12.scenario", FindingFile.NameOf(MadeUp.Finding("a", Eras.V7_2, MadeUp.Rule)));

    [Theory]
    [InlineData("findings/a-v7.2-R12.scenario", "findings/a-v7.2-R12.scenario")]
    [InlineData("my findings/a", "'my findings/a'")]
    [InlineData("it's/a", "'it'\\''s/a'")]
    [InlineData("$HOME/a", "'$HOME/a'")]
    public void The_replay_command_survives_a_shell(string path, string quoted) => Assert.Equal(
        $"dotnet run --project Fuzz -c Release -- replay {quoted}", FindingFile.ReplayCommand(path));
}
