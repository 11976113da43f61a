using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;
using Conformance.Model.Contract;
using Conformance.Model.Core;

namespace Conformance.Harness.Running;

/// <summary>
/// What is put to the test: an era's core and the drivers, each possibly changed by a specimen.
/// </summary>
/// <param name="Era">The core; the oracle runs the same one, so only rules can show that it is wrong.</param>
/// <param name="Drivers">The drivers under test by name.</param>
/// <param name="Claims">Whose profiles the oracle believes: always the unchanged drivers.</param>
public sealed record Subject(
    Era Era,
    IReadOnlyDictionary<string, IDriverFactory> Drivers,
    IReadOnlyDictionary<string, IDriverFactory> Claims)
{
    private static readonly Dictionary<string, IDriverFactory> Unchanged =
        DriverCatalog.All.ToDictionary(e => e.Factory.Name, e => e.Factory, StringComparer.Ordinal);

    /// <summary>An era with the drivers as they are.</summary>
    public static Subject Of(Era era) => new(era, Unchanged, Unchanged);

    /// <summary>A specimen: its era and driver with its change.</summary>
    public static Subject Of(Specimen specimen)
    {
        var era = Eras.Find(specimen.Era)
            ?? throw new InvalidOperationException($"specimen {specimen.Name}: no era {specimen.Era}");
        var drivers = new Dictionary<string, IDriverFactory>(Unchanged, StringComparer.Ordinal);
        if (specimen.ChangeDriver is { } change)
        {
            drivers[specimen.Driver] = change(drivers[specimen.Driver]);
        }

        return new Subject(specimen.ChangeCore?.Invoke(era) ?? era, drivers, Unchanged);
    }
}
