using Conformance.Drivers.Catalog;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>All the suite knows about arm-smmu-v3.</summary>
public static class ArmSmmuV3Entry
{
    public static readonly DriverEntry Entry = new()
    {
        Factory = new ArmSmmuV3Factory(),
    };
}
