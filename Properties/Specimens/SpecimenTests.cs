using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Harness.Search;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Specimens;

/// <summary>
/// Bugs that the suite must see, by their hand-made minima; the search for them is a command of its own.
/// </summary>
public class SpecimenTests
{
    public static TheoryData<string> Names() => [.. SpecimenCatalog.All.Select(specimen => specimen.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_minimum_shows_its_bug_and_nothing_without_it(string name) =>
        Assert.Empty(SpecimenCheck.ProblemsOfMinimum(Find(name)));

    [Theory]
    [MemberData(nameof(Names))]
    public void A_minimum_is_written_as_it_prints(string name)
    {
        var specimen = Find(name);
        var scenario = SpecimenCheck.MinimumOf(specimen).Scenario;
        Assert.NotNull(scenario);
        Assert.Equal(ScenarioText.Print(scenario).TrimEnd(), specimen.Minimum.TrimEnd());
    }

    [Fact]
    public void Names_are_unique() => Assert.Empty(
        SpecimenCatalog.All.GroupBy(s => s.Name, StringComparer.Ordinal)
            .Where(g => g.Count() > 1).Select(g => g.Key));

    [Fact]
    public void Every_specimen_changes_something_or_is_a_bug_of_its_era() => Assert.Empty(
        SpecimenCatalog.All.Where(s => s is { ChangeCore: null, ChangeDriver: null } && !IsExpected(s))
            .Select(s => s.Name));

    [Fact]
    public void Every_rule_is_broken_first_by_a_specimen()
    {
        var broken = SpecimenCatalog.All.Select(specimen => specimen.Breaks[0]).ToHashSet();
        Assert.Empty(RuleCatalog.All.Select(rule => rule.Id).Except(broken));
    }

    private static bool IsExpected(Specimen specimen) =>
        DriverCatalog.Find(specimen.Driver)!.Expected.Concat(CoreExpectations.All)
            .Any(e => e.Rule == specimen.Breaks[0]);

    private static Specimen Find(string name) =>
        SpecimenCatalog.All.Single(s => string.Equals(s.Name, name, StringComparison.Ordinal));
}
