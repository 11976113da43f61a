using System.Collections.Immutable;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>The numbering of groups that follows from the group keys of an array of devices.</summary>
internal sealed class TopologyGroups
{
    private TopologyGroups(
        ImmutableArray<DeviceSpec> devices, int[] ofDevice, IReadOnlyList<DeviceId>[] members)
    {
        Devices = devices;
        OfDevice = ofDevice;
        Members = members;
    }

    /// <summary>What the numbering was made from.</summary>
    public ImmutableArray<DeviceSpec> Devices { get; }

    /// <summary>Group index by device index.</summary>
    public int[] OfDevice { get; }

    /// <summary>Devices by group index, ascending.</summary>
    public IReadOnlyList<DeviceId>[] Members { get; }

    public int Count => Members.Length;

    public static TopologyGroups Of(ImmutableArray<DeviceSpec> devices)
    {
        var ofDevice = new int[devices.Length];
        var numbers = new Dictionary<int, int>();
        var members = new List<List<DeviceId>>();
        for (var d = 0; d < devices.Length; d++)
        {
            if (!numbers.TryGetValue(devices[d].Group, out var group))
            {
                group = numbers.Count;
                numbers.Add(devices[d].Group, group);
                members.Add([]);
            }

            ofDevice[d] = group;
            members[group].Add(new DeviceId(d));
        }

        return new TopologyGroups(devices, ofDevice, [.. members]);
    }
}
