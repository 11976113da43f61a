using Conformance.Model.Clients;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>Where clients work: a topology, and what its drivers declare.</summary>
internal sealed class ClientPlace
{
    private readonly DriverProfile[] profiles;
    private readonly PageLadder[] ladders;
    private readonly IReadOnlyList<(ulong First, ulong Last)>[] reserved;

    /// <param name="topology">Instances and devices.</param>
    /// <param name="profileOf">The profile of an instance in this topology.</param>
    public ClientPlace(Topology topology, Func<InstanceId, DriverProfile> profileOf)
    {
        Topology = topology;
        Memory = new ClientMemory(topology.CpuPageShift);
        profiles = new DriverProfile[topology.Instances.Length];
        ladders = new PageLadder[topology.Instances.Length];
        for (var i = 0; i < profiles.Length; i++)
        {
            var profile = profileOf(new InstanceId(i));
            profiles[i] = profile;
            ladders[i] = new PageLadder(
                profile.ForDomain?.Invoke(DomainType.Unmanaged, AllocFlags.None) ?? profile);
        }

        reserved = [.. Enumerable.Range(0, topology.Devices.Length).Select(Reserved)];
    }

    public Topology Topology { get; }

    public ClientMemory Memory { get; }

    /// <summary>Sizes and ends of the tables a client's domain for a device has.</summary>
    public PageLadder LadderOf(int device) => ladders[Topology.Devices[device].Instance.Index];

    public int GroupOf(int device) => Topology.GroupOf(new DeviceId(device)).Index;

    public IReadOnlyList<DeviceId> DevicesOf(int group) => Topology.DevicesOf(new GroupId(group));

    /// <summary>Ranges that no area of a client of the device may touch.</summary>
    public IReadOnlyList<(ulong First, ulong Last)> ReservedOf(int device) => reserved[device];

    /// <summary>Does an area touch what the device must not use?</summary>
    public bool Conflicts(int device, MappedRange area)
    {
        foreach (var (first, last) in reserved[device])
        {
            if (first - area.Iova < area.Size || area.Iova - first <= last - first)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Would the driver make a domain with these flags? There are no fault queues.</summary>
    public bool Accepts(int device, HwptFlags flags)
    {
        var profile = profiles[Topology.Devices[device].Instance.Index];
        var asked = (flags.HasFlag(HwptFlags.NestParent) ? AllocFlags.NestParent : AllocFlags.None)
            | (flags.HasFlag(HwptFlags.DirtyTracking) ? AllocFlags.DirtyTracking : AllocFlags.None)
            | (flags.HasFlag(HwptFlags.Pasid) ? AllocFlags.Pasid : AllocFlags.None);
        return !flags.HasFlag(HwptFlags.FaultIdValid) && (asked & ~profile.AllocFlags) == 0;
    }

    /// <summary>Regions of firmware and driver (core.md 7.3), and what the aperture leaves out.</summary>
    private IReadOnlyList<(ulong First, ulong Last)> Reserved(int device)
    {
        var spec = Topology.Devices[device];
        var profile = profiles[spec.Instance.Index];
        var ladder = LadderOf(device);
        var ranges = spec.Regions.Where(r => profile.ReportsRegions.Contains(r.Type))
            .Concat(profile.DriverRegions)
            .Concat(profile.RegionsFor?.Invoke(spec) ?? [])
            .Where(r => r.Type != ResvType.DirectRelaxable)
            .Select(r => (r.Start.Value, r.End))
            .ToList();
        if (ladder.First > 0)
        {
            ranges.Add((0, ladder.First - 1));
        }

        if (ladder.Last < ulong.MaxValue)
        {
            ranges.Add((ladder.Last + 1, ulong.MaxValue));
        }

        return ranges;
    }
}
