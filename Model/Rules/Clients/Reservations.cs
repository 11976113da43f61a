using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R61. Regions that a device only has while it is on a paging domain are left out: at the time of the attach
/// it had not.
/// </summary>
public sealed class R61ReservationsStay : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(61),
        RuleFamily.Clients,
        "The reserved ranges of an IOAS always contain the regions of every device attached to it through a "
            + "HWPT.",
        "iommufd/device.c: iommufd_device_attach_reserved_iova, iommufd_device_do_replace; core.md 7.3, 7.5",
        "v6.6",
        SecurityRelevant: true);

    private readonly HashSet<int> reported = [];

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.ClientEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        foreach (var device in context.Ledger.Devices)
        {
            if (device.Hwpt == DomainId.None || !Regions(device).Any())
            {
                reported.Remove(device.Index);
                continue;
            }

            Hold();
            var ioas = context.Ledger.Ioas[device.Ioas];
            if (Missing(device, ioas) is not { } region)
            {
                reported.Remove(device.Index);
            }
            else if (reported.Add(device.Index))
            {
                Break(context, index, $"{device} is attached to {ioas}, and its region "
                    + $"0x{region.Start.Value:x}..0x{region.End:x} is not reserved there");
            }
        }
    }

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        reported.Clear();
    }

    private static ResvRegion? Missing(DeviceFacts device, IoasFacts ioas)
    {
        foreach (var region in Regions(device))
        {
            if (!ioas.Reserved.Contains(
                    new ReservedRange(region.Start.Value, region.End, device.Index, DomainId.None)))
            {
                return region;
            }
        }

        return null;
    }

    /// <summary>What the driver declares for the device, but for relaxable regions.</summary>
    private static IEnumerable<ResvRegion> Regions(DeviceFacts device)
    {
        var profile = device.Profile;
        var ofFirmware = device.Spec.Regions.Where(region => profile.ReportsRegions.Contains(region.Type));
        var ofDevice = profile.RegionsFor?.Invoke(device.Spec) ?? [];
        return ofFirmware.Concat(profile.DriverRegions).Concat(ofDevice)
            .Where(region => region.Type != ResvType.DirectRelaxable);
    }
}
