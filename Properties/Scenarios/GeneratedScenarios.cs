using Conformance.Harness.Generation;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Scenarios;

/// <summary>Scenarios of all fake drivers and all eras, numbered.</summary>
internal static class GeneratedScenarios
{
    private static readonly ScenarioGenerator[] Generators =
    [
        .. from era in FakeFactory.Eras
           from driver in FakeFactory.Catalogue
           select new ScenarioGenerator(FakeFactory.Catalogue, era.Name, era.Tree, driver.Name),
    ];

    public static Scenario Of(int seed, int length = 60) =>
        Generators[seed % Generators.Length].Generate((ulong)seed, length);
}
