namespace Conformance.Drivers.Catalog;

/// <summary>Promises that the core itself broke in old kernels, whatever the driver.</summary>
/// <remarks>
/// None shows. The gaps of old cores that are known (no unwind before v6.5, hotplug with the default domain, no
/// refusal of blocking for direct regions before v6.6, untrusted devices with a conflicting wish before v6.7) are
/// in the first era of each rule, because no kernel promised more then. What needs a driver's help to show, such
/// as a group that leaves a domain whose driver has neither detach_dev nor set_platform_dma_ops, is in the entry
/// of that driver.
/// </remarks>
public static class CoreExpectations
{
    public static readonly IReadOnlyList<ExpectedBreakage> All = [];
}
