using System.Collections.Immutable;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>The kernel command line as far as the core reads it.</summary>
/// <param name="Passthrough"><c>iommu.passthrough=</c>, null when absent.</param>
/// <param name="Strict"><c>iommu.strict=</c>, null when absent (the config says strict).</param>
/// <param name="Kdump">A kdump kernel: deferred attach is possible.</param>
/// <param name="Vfio">
/// A VFIO driver binds to every device as it appears, and again when a kernel driver leaves it, so that each
/// has a driver at all times, which old kernels look for before they change a type.
/// </param>
public sealed record KernelOptions(bool? Passthrough, bool? Strict, bool Kdump, bool Vfio = false)
{
    public static readonly KernelOptions Default = new(null, null, Kdump: false);
}

/// <summary>One IOMMU instance: driver name and hardware variant.</summary>
public sealed record InstanceSpec(string Driver, string Variant);

/// <summary>A requester: the instance that translates it and the id it shows there.</summary>
public readonly record struct Requester(InstanceId Instance, RequesterId Id)
{
    public override string ToString() => $"{Instance}:{Id}";
}

/// <summary>
/// A property of a device for which drivers demand a default type (Azalia audio, trace device).
/// </summary>
public enum DeviceWish
{
    None,
    Identity,
    Dma,
}

/// <summary>One device as firmware and bus describe it.</summary>
public sealed record DeviceSpec
{
    /// <summary>
    /// All requesters, the primary one first; at least one. Its instance serves the device.
    /// </summary>
    public required ImmutableArray<Requester> Requesters { get; init; }

    /// <summary>Group key of the bus: devices with equal keys cannot be told apart by the fabric.</summary>
    public int Group { get; init; }

    /// <summary>PCI device (else a platform device).</summary>
    public bool Pci { get; init; }

    /// <summary>External-facing, not trusted. Only PCI.</summary>
    public bool Untrusted { get; init; }

    /// <summary>Has ATS; only such devices are staged at reset (v7.0 on). Only PCI.</summary>
    public bool Ats { get; init; }

    /// <summary>Found by the bus scan at registration; false: only a <c>probe</c> command adds it.</summary>
    public bool ColdPlug { get; init; } = true;

    /// <summary>
    /// The unit was translating for this device at boot: attach is deferred in a kdump kernel.
    /// </summary>
    public bool Deferred { get; init; }

    public uint MaxPasids { get; init; }

    public DeviceWish Wish { get; init; }

    public ImmutableArray<ResvRegion> Regions { get; init; } = [];

    public InstanceId Instance => Requesters[0].Instance;

    public bool Equals(DeviceSpec? other) =>
        other is not null
        && Flags == other.Flags
        && Group == other.Group
        && MaxPasids == other.MaxPasids
        && Wish == other.Wish
        && Requesters.AsSpan().SequenceEqual(other.Requesters.AsSpan())
        && Regions.AsSpan().SequenceEqual(other.Regions.AsSpan());

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Flags);
        hash.Add(Group);
        hash.Add(MaxPasids);
        hash.Add(Wish);
        foreach (var requester in Requesters.AsSpan())
        {
            hash.Add(requester);
        }

        foreach (var region in Regions.AsSpan())
        {
            hash.Add(region);
        }

        return hash.ToHashCode();
    }

    private (bool Pci, bool Untrusted, bool Ats, bool ColdPlug, bool Deferred) Flags =>
        (Pci, Untrusted, Ats, ColdPlug, Deferred);
}

/// <summary>IOMMU instances, devices, CPU page size, kernel options: where a scenario plays.</summary>
/// <remarks>Equality is structural. The groups depend on the devices alone: see
/// <see cref="GroupOf"/>.</remarks>
public sealed record Topology(
    int CpuPageShift,
    KernelOptions Kernel,
    ImmutableArray<InstanceSpec> Instances,
    ImmutableArray<DeviceSpec> Devices)
{
    private TopologyGroups? groups;

    public ulong CpuPageSize => 1UL << CpuPageShift;

    /// <summary>Number of groups, when every device is present.</summary>
    public int GroupCount => Groups.Count;

    // Found again after a copy with other devices: the cache names the array it was made from.
    private TopologyGroups Groups =>
        groups is { } known && known.Devices == Devices ? known : groups = TopologyGroups.Of(Devices);

    /// <summary>
    /// The group of a device: group keys are numbered in the order of their first appearance over the
    /// devices,
    /// so the group that holds d0 is g0.
    /// </summary>
    public GroupId GroupOf(DeviceId device) => new(Groups.OfDevice[device.Index]);

    /// <summary>The devices of a group, ascending.</summary>
    public IReadOnlyList<DeviceId> DevicesOf(GroupId group) => Groups.Members[group.Index];

    /// <summary>Instances of one driver.</summary>
    public IReadOnlyList<InstanceId> InstancesOf(string driver) =>
        [.. Enumerable.Range(0, Instances.Length)
            .Where(i => string.Equals(Instances[i].Driver, driver, StringComparison.Ordinal))
            .Select(i => new InstanceId(i))];

    /// <summary>The driver that serves a device.</summary>
    public InstanceSpec InstanceOf(DeviceSpec device) => Instances[device.Instance.Index];

    public bool Equals(Topology? other) =>
        other is not null
        && CpuPageShift == other.CpuPageShift
        && Kernel.Equals(other.Kernel)
        && Instances.AsSpan().SequenceEqual(other.Instances.AsSpan())
        && Devices.AsSpan().SequenceEqual(other.Devices.AsSpan());

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(CpuPageShift);
        hash.Add(Kernel);
        foreach (var instance in Instances.AsSpan())
        {
            hash.Add(instance);
        }

        foreach (var device in Devices.AsSpan())
        {
            hash.Add(device);
        }

        return hash.ToHashCode();
    }
}
