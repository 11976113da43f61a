using Conformance.Drivers.Catalog;
using Conformance.Drivers.Specimens;

namespace Conformance.Drivers.S390;

/// <summary>All the suite knows about s390-iommu.</summary>
public static class S390Entry
{
    public static DriverEntry Entry { get; } = new()
    {
        Factory = new S390Factory(),
        Specimens = S390Specimens.All,
    };
}
