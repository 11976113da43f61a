using Conformance.Drivers.Catalog;
using Conformance.Harness.Reports;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Rows;

/// <summary>
/// A row per driver, era and rule family: random scenarios with the fixed seed break no promise.
/// </summary>
public sealed class ConformanceTests
{
    public static TheoryData<string, string, RuleFamily> Rows()
    {
        var rows = new TheoryData<string, string, RuleFamily>();
        foreach (var driver in SuiteSettings.Drivers)
        {
            foreach (var era in SuiteSettings.EraList)
            {
                foreach (var family in Enum.GetValues<RuleFamily>())
                {
                    rows.Add(driver, era.Name, family);
                }
            }
        }

        return rows;
    }

    [Theory]
    [MemberData(nameof(Rows))]
    public void DriverKeepsTheFamilyInTheEra(string driver, string era, RuleFamily family)
    {
        var found = Eras.Find(era)!;
        var job = SearchCache.Of(driver, found);
        Assert.True(job.SuiteError is null, job.SuiteError?.ToString());
        var finding = job.Findings.Find(f => f.Rule.Family == family);
        Assert.True(
            finding is null,
            finding is null ? "" : FindingText.Render(finding,
                Replay.Of(finding, Subject.Of(found), useExpectations: true)));
        Assert.True(job.Commands > 0);
    }

    /// <summary>
    /// CONFORMANCE_REPLAY names a scenario file; unset, the smallest scenario of each driver is run.
    /// </summary>
    [Fact]
    public void RecordedScenarioKeepsAllPromises()
    {
        var texts = SuiteSettings.Replay is { } file
            ? [File.ReadAllText(file)]
            : SuiteSettings.Drivers.Select(driver =>
                $"era v7.2\niommu i0 {driver}/{Default(driver)}\ndevice d0 i0:0x1 group 0\n--\nregister "
                + $"i0\n").ToArray();
        foreach (var text in texts)
        {
            var parsed = ScenarioText.Parse(text, Replay.Vocabulary());
            Assert.True(parsed.Scenario is not null, parsed.Error?.ToString());
            var subject = Subject.Of(Eras.Find(parsed.Scenario!.Era)!);
            var replay = Replay.Of(parsed.Scenario, subject, useExpectations: true);
            Assert.True(replay.Finding is null, replay.Finding is null ? ""
                : FindingText.Render(replay.Finding, replay));
        }
    }

    private static string Default(string driver) =>
        DriverCatalog.Find(driver)!.Factory.Variants[0];
}
