using Conformance.Harness.Reports;
using Conformance.Harness.Search;
using Conformance.Model.Scenarios;

namespace Conformance.Snapshots;

/// <summary>The minimal counterexample of every specimen, as a finding prints it.</summary>
public sealed class SpecimenSnapshots
{
    public static TheoryData<string> Names() => [.. SpecimenCheck.All.Select(s => s.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public Task CounterexampleOf(string name)
    {
        var specimen = SpecimenCheck.All.Single(s => string.Equals(s.Name, name, StringComparison.Ordinal));
        var replay = Replay.Of(ScenarioText.Parse(specimen.Minimum).OrThrow(), specimen);
        Assert.NotNull(replay.Finding);
        return Verify(SpecimenText.Head(specimen) + "\n" + FindingText.Render(replay.Finding, replay))
            .UseParameters(name);
    }
}
