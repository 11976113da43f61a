using Conformance.Model.Rules;

namespace Conformance.Drivers.Catalog;

/// <summary>Promises that the core itself, or a client of it, breaks whatever the driver.</summary>
/// <remarks>
/// Of the core none shows. The known gaps of old cores (no unwind before v6.5, direct regions mapped after
/// the first attach before v6.5, blocking not refused for them before v6.6, untrusted devices not strict
/// before v6.7) are in the first era of each rule or of its part: no kernel promised more then. What needs
/// a driver's help to show, such as a group that leaves a domain whose driver has neither detach_dev nor
/// set_platform_dma_ops, is in the entry of that driver.
/// </remarks>
public static class CoreExpectations
{
    public static readonly IReadOnlyList<ExpectedBreakage> All =
    [
        new(
            new RuleId(61),
            [],
            "v6.6",
            "v7.2",
            "6.12, 7.2, 7.3 iommufd/device.c: iommufd_device_do_replace takes the reservations of the group "
                + "out of the IOAS of the HWPT that was not reached, also when the group stays on that IOAS"),
    ];
}
