using System.Globalization;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Commands;

/// <summary>
/// Scenarios that long runs met: those of Kept/no-finding are right, those of Kept/expected show what Linux
/// really breaks but a run may miss.
/// </summary>
public sealed class KeptScenarioTests
{
    public static TheoryData<string> Right => Names("no-finding");

    public static TheoryData<string> Expected => Names("expected");

    [Theory]
    [MemberData(nameof(Right))]
    public void It_is_no_finding(string name)
    {
        var (scenario, subject) = Read("no-finding", name);
        Assert.Null(Replay.Of(scenario, subject, useExpectations: true).Finding?.Failure.Message);
    }

    [Theory]
    [MemberData(nameof(Expected))]
    public void An_expected_breakage_shows(string name)
    {
        var rule = RuleOf(name);
        var (scenario, subject) = Read("expected", name);
        Assert.Equal(rule, Replay.Of(scenario, subject, useExpectations: true, rule).Finding?.Failure.Rule);
        Assert.Null(Replay.Of(scenario, subject, useExpectations: true).Finding?.Failure.Message);
    }

    [Fact]
    public void What_a_long_run_may_miss_is_kept()
    {
        var kept = Files("expected").ToHashSet(StringComparer.Ordinal);
        var rare = from entry in DriverCatalog.All
                   from breakage in entry.Expected
                   where breakage.ShowsIn > ExpectedBreakage.UsuallyShowsIn
                   select $"{entry.Factory.Name}-{breakage.Rule}";
        Assert.All(rare, name => Assert.Contains(name, kept));
    }

    private static TheoryData<string> Names(string folder) => [.. Files(folder)];

    private static IEnumerable<string> Files(string folder) =>
        RepositoryFile.In("Properties", "Kept", folder).Select(f => Path.GetFileNameWithoutExtension(f)!);

    /// <summary>The last word of the name: <c>s390-R12</c>.</summary>
    private static RuleId RuleOf(string name)
    {
        var at = name.LastIndexOf("-R", StringComparison.Ordinal) + 2;
        return new RuleId(int.Parse(name.AsSpan(at), CultureInfo.InvariantCulture));
    }

    private static (Scenario Scenario, Subject Subject) Read(string folder, string name)
    {
        var text = RepositoryFile.Read("Properties", "Kept", folder, name + ".scenario");
        var parsed = ScenarioText.Parse(text, Replay.Vocabulary());
        Assert.True(parsed.Scenario is not null, parsed.Error?.ToString());
        return (parsed.Scenario!, Subject.Of(Eras.Find(parsed.Scenario!.Era)!));
    }
}
