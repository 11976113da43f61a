using Conformance.Model.Scenarios;

namespace Conformance.Model.Contract;

/// <summary>
/// A <c>struct device</c> with its <c>struct dev_iommu</c>: what a driver is given for a device.
/// </summary>
public sealed class IommuDevice(DeviceId id, DeviceSpec spec)
{
    public DeviceId Id { get; } = id;

    /// <summary>What firmware says of the device.</summary>
    public DeviceSpec Spec { get; } = spec;

    /// <summary>
    /// <c>dev_iommu_priv_get/set</c>: the driver's own; NULL before probe and after release.
    /// </summary>
    public object? DriverData { get; set; }

    /// <summary>The driver that serves the device; NULL when it has no IOMMU.</summary>
    public IIommuDriver? Driver { get; set; }

    /// <summary>The first attach waits for the first DMA mapping.</summary>
    public bool AttachDeferred { get; set; }

    /// <summary>The device has a DIRECT region; never cleared while the device lives (v6.6 on).</summary>
    public bool RequireDirect { get; set; }

    /// <summary>
    /// Number of PASIDs, 0 for none. A driver whose instance has PASIDs says in <c>probe_device</c> how many
    /// (<c>iommu_device.max_pasids</c>); the core lowers it to what the device has (iommu_init_device:
    /// dev_iommu_get_max_pasids).
    /// </summary>
    public uint MaxPasids { get; set; }

    /// <summary>Group key for <c>generic_device_group</c>: shared with no other device.</summary>
    public int SingletonGroupKey => 1000 + Id.Index;

    public override string ToString() => Id.ToString();
}
