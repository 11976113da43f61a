namespace Conformance.Drivers.Catalog;

/// <summary>Promises that the core itself broke in old kernels, whatever the driver.</summary>
/// <remarks>
/// None shows. The known gaps of old cores (no unwind before v6.5, direct regions mapped after the first
/// attach before v6.5, blocking not refused for them before v6.6, untrusted devices not strict before v6.7)
/// are in the first era of each rule or of its part: no kernel promised more then. What needs a driver's help
/// to show,
/// such as a group that leaves a domain whose driver has neither detach_dev nor set_platform_dma_ops, is in
/// the entry of that driver.
/// </remarks>
public static class CoreExpectations
{
    public static readonly IReadOnlyList<ExpectedBreakage> All = [];
}
