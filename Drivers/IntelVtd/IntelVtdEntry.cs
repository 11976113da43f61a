using Conformance.Drivers.Catalog;

namespace Conformance.Drivers.IntelVtd;

/// <summary>All the suite knows about intel-vtd.</summary>
public static class IntelVtdEntry
{
    public static DriverEntry Entry { get; } = new()
    {
        Factory = new IntelVtdFactory(),
    };
}
