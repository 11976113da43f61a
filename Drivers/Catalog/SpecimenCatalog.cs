using Conformance.Drivers.Specimens;

namespace Conformance.Drivers.Catalog;

/// <summary>All bugs that the suite must see: of the core, of any driver, then of each driver.</summary>
public static class SpecimenCatalog
{
    public static readonly IReadOnlyList<Specimen> All =
        [.. CoreSpecimens.All, .. DriverCatalog.All.SelectMany(entry => entry.Specimens)];
}
