using Conformance.Drivers.Catalog;
using Conformance.Harness.Reports;
using Conformance.Harness.Search;
using Conformance.Model.Core;

namespace Conformance.Snapshots;

/// <summary>The verdict matrix of the default run: what <c>conformance run</c> prints.</summary>
public sealed class MatrixSnapshots
{
    [Fact]
    public Task VerdictMatrix()
    {
        var options = new SearchOptions
        {
            Drivers = [.. DriverCatalog.All.Select(e => e.Factory.Name)],
            Eras = Eras.All,
            Scenarios = SearchOptions.DefaultScenarios,
        };
        var jobs = new RandomSearch(options).Run(CancellationToken.None);
        return Verify(MatrixText.Render(Matrix.Of(jobs, options, SuiteKnowledge.Catalogue), options));
    }

    [Fact]
    public Task RuleList() => Verify(CatalogueText.Rules(Model.Rules.RuleCatalog.All));

    [Fact]
    public Task EraList() => Verify(CatalogueText.EraList(Eras.All));

    [Fact]
    public Task DriverList() => Verify(CatalogueText.Drivers(DriverCatalog.All));
}
