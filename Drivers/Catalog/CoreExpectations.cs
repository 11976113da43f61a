using Conformance.Model.Contract;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Catalog;

/// <summary>Promises that the core itself, or a client of it, breaks whatever the driver.</summary>
/// <remarks>
/// The known gaps of old cores (no unwind before v6.5, direct regions mapped after the first attach before
/// v6.5, blocking not refused for them before v6.6, untrusted devices not strict before v6.7) are in the
/// first era of each rule or of its part: no kernel promised more then. What needs a driver's help to show,
/// such as a group that leaves a domain whose driver has neither detach_dev nor set_platform_dma_ops, is in
/// the entry of that driver.
/// </remarks>
public static class CoreExpectations
{
    private const string DirectLeftBehind =
        "iommu.c: __iommu_device_set_domain refuses blocking for a device with a DIRECT region also in a "
        + "must-succeed move, and rescues only after a refusal of the driver; a device that joined a group "
        + "on its user's domain stays on it (docs/suspects.md)";

    public static readonly IReadOnlyList<ExpectedBreakage> All =
    [
        .. new[] { 1, 7, 24 }.Select(rule =>
            new ExpectedBreakage(new RuleId(rule), [], "v6.6", "v7.2", DirectLeftBehind)
            {
                Needs = DirectDeviceJoinsLate,
            }),
        new(
            new RuleId(50),
            [],
            "v6.6",
            "v7.2",
            "6.12, 7.2, 7.3 iommufd/pages.c: batch_to_domain cuts each contiguous piece at last_iova + 1, "
                + "which is 0 for an area that ends with the address space: the first piece is mapped at the "
                + "length of the whole area, to memory behind it that was never pinned, and the others at "
                + "length 0. "
                + "Needs an aperture up to 2^64 - 1"),
        new(
            new RuleId(61),
            [],
            "v6.6",
            "v7.2",
            "6.12, 7.2, 7.3 iommufd/device.c: iommufd_device_do_replace takes the reservations of the group "
                + "out of the IOAS of the HWPT that was not reached, also when the group stays on that IOAS"),
    ];

    /// <summary>
    /// A device with a DIRECT region is probed by a command of its own, and another one may be in its group
    /// by then.
    /// </summary>
    private static bool DirectDeviceJoinsLate(Scenario scenario)
    {
        foreach (var command in scenario.Commands)
        {
            if (command.Op == Op.Probe && IsDirectAmongOthers(scenario.Topology, command.A))
            {
                return true;
            }
        }

        return false;
    }

    private static bool IsDirectAmongOthers(Topology topology, int device) =>
        device < topology.Devices.Length
        && topology.Devices[device].Regions.Any(region => region.Type == ResvType.Direct)
        && topology.DevicesOf(topology.GroupOf(new DeviceId(device))).Count > 1;
}
