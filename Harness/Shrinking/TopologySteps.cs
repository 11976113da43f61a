using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>Scenarios over a smaller or plainer topology, with all references renumbered.</summary>
internal static class TopologySteps
{
    private const Prot ReadWrite = Prot.Read | Prot.Write;

    public static IEnumerable<Scenario> Of(Scenario scenario) =>
        Smaller(scenario).Concat(Plainer(scenario.Topology).Select(t => Retarget.WithTopology(scenario, t)));

    private static IEnumerable<Scenario> Smaller(Scenario scenario)
    {
        for (var d = scenario.Topology.Devices.Length - 1; d >= 0; d--)
        {
            if (Retarget.WithoutDevice(scenario, d) is { } without)
            {
                yield return without;
            }
        }

        for (var i = scenario.Topology.Instances.Length - 1; i >= 0; i--)
        {
            if (Retarget.WithoutInstance(scenario, i) is { } without)
            {
                yield return without;
            }
        }
    }

    private static IEnumerable<Topology> Plainer(Topology topology) => Kernel(topology)
        .Concat(Variants(topology))
        .Concat(Groups(topology))
        .Concat(
            from d in Enumerable.Range(0, topology.Devices.Length)
            from device in Plainer(topology, topology.Devices[d])
            select topology with { Devices = topology.Devices.SetItem(d, device) });

    private static IEnumerable<Topology> Kernel(Topology topology)
    {
        var kernel = topology.Kernel;
        yield return topology with { Kernel = kernel with { Passthrough = null } };
        yield return topology with { Kernel = kernel with { Strict = null } };
        yield return topology with { Kernel = kernel with { Kdump = false } };
        yield return topology with { Kernel = kernel with { Vfio = false } };
        yield return topology with { CpuPageShift = 12 };
    }

    private static IEnumerable<Topology> Variants(Topology topology)
    {
        for (var i = 0; i < topology.Instances.Length; i++)
        {
            var first = ScenarioWeight.First(topology, topology.Instances[i]);
            yield return topology with { Instances = topology.Instances.SetItem(i, first) };
        }
    }

    /// <summary>
    /// Canonical group keys, and two groups made one. The latter only where the scenario already has a group
    /// of several devices of that driver: other drivers may know no such groups.
    /// </summary>
    private static IEnumerable<Topology> Groups(Topology topology)
    {
        yield return topology with
        {
            Devices =
            [
                .. topology.Devices.Select(
                    (d, i) => d with { Group = topology.GroupOf(new DeviceId(i)).Index }),
            ],
        };
        for (var b = 1; b < topology.GroupCount; b++)
        {
            for (var a = 0; a < b; a++)
            {
                var keep = topology.Devices[topology.DevicesOf(new GroupId(a))[0].Index];
                var join = topology.Devices[topology.DevicesOf(new GroupId(b))[0].Index];
                if (keep.Instance == join.Instance && KnowsShared(topology, keep))
                {
                    yield return topology with
                    {
                        Devices =
                        [
                            .. topology.Devices.Select(
                                d => d.Group == join.Group ? d with { Group = keep.Group } : d),
                        ],
                    };
                }
            }
        }
    }

    private static bool KnowsShared(Topology topology, DeviceSpec like) =>
        Enumerable.Range(0, topology.GroupCount)
            .Select(g => topology.DevicesOf(new GroupId(g)))
            .Any(members => members.Count > 1 && string.Equals(
                topology.InstanceOf(topology.Devices[members[0].Index]).Driver,
                topology.InstanceOf(like).Driver,
                StringComparison.Ordinal));

    private static IEnumerable<DeviceSpec> Plainer(Topology topology, DeviceSpec device)
    {
        yield return device with { Pci = false, Untrusted = false, Ats = false };
        yield return device with { Untrusted = false };
        yield return device with { Ats = false };
        yield return device with { ColdPlug = true };
        yield return device with { Deferred = false };
        yield return device with { MaxPasids = 0 };
        yield return device with { MaxPasids = Math.Min(device.MaxPasids, 2) };
        yield return device with { Wish = DeviceWish.None };
        for (var r = device.Requesters.Length - 1; r >= 0 && device.Requesters.Length > 1; r--)
        {
            yield return device with { Requesters = device.Requesters.RemoveAt(r) };
        }

        foreach (var plainer in Regions(device).Concat(Ids(topology, device)))
        {
            yield return plainer;
        }
    }

    private static IEnumerable<DeviceSpec> Regions(DeviceSpec device)
    {
        for (var r = device.Regions.Length - 1; r >= 0; r--)
        {
            yield return device with { Regions = device.Regions.RemoveAt(r) };
        }

        for (var r = 0; r < device.Regions.Length; r++)
        {
            foreach (var region in Plainer(device.Regions[r]))
            {
                yield return device with { Regions = device.Regions.SetItem(r, region) };
            }
        }
    }

    private static IEnumerable<ResvRegion> Plainer(ResvRegion region)
    {
        yield return region with { Prot = ReadWrite };
        var lengths = NumberSteps.Of(region.Length, ScenarioWeight.PlainIova)
            .Where(length => length != 0)
            .Select(length => region with { Length = length });
        var starts = NumberSteps.Of(region.Start.Value, ScenarioWeight.PlainIova)
            .Select(start => region with { Start = new Iova(start) });
        foreach (var plainer in lengths.Concat(starts))
        {
            if (plainer.Start.Value <= ulong.MaxValue - (plainer.Length - 1))
            {
                yield return plainer;
            }
        }
    }

    /// <summary>Smaller requester ids that no other requester of the unit has.</summary>
    private static IEnumerable<DeviceSpec> Ids(Topology topology, DeviceSpec device)
    {
        var taken = topology.Devices.SelectMany(d => d.Requesters).ToHashSet();
        for (var r = 0; r < device.Requesters.Length; r++)
        {
            var requester = device.Requesters[r];
            foreach (var id in Enumerable.Range(0, 8).Select(n => (uint)n))
            {
                var other = requester with { Id = new RequesterId(id) };
                if (id < requester.Id.Value && !taken.Contains(other))
                {
                    yield return device with { Requesters = device.Requesters.SetItem(r, other) };
                }
            }
        }
    }
}
