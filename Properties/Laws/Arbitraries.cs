using Conformance.Drivers.Catalog;
using Conformance.Harness.Generation;
using Conformance.Harness.Shrinking;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using FsCheck;
using FsCheck.Fluent;

namespace Conformance.Properties.Laws;

/// <summary>The harness's generator and shrinker as FsCheck knows them.</summary>
public static class Arbitraries
{
    /// <summary>Scenarios of any driver and era; FsCheck's size is the number of commands.</summary>
    public static Arbitrary<Scenario> Scenarios() => Arb.From(
        Gen.Sized(size =>
            from driver in Gen.Elements(DriverCatalog.All.Select(e => e.Factory.Name).ToArray())
            from era in Gen.Elements(Eras.All.ToArray())
            from seed in Gen.Choose(0, int.MaxValue)
            select Draw(driver, era, (ulong)seed, size + 1)),
        Shrinker.Candidates);

    private static Scenario Draw(string driver, Era era, ulong seed, int length) =>
        new ScenarioGenerator(
            DriverCatalog.All.Select(e => e.Factory).ToList(), era.Name, era.Tree, driver).Generate(seed,
                length);
}
