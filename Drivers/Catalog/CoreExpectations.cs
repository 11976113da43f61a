namespace Conformance.Drivers.Catalog;

/// <summary>Promises that the core itself broke in old kernels, whatever the driver.</summary>
public static class CoreExpectations
{
    public static readonly IReadOnlyList<ExpectedBreakage> All = [];
}
