using Conformance.Model.Contract;

namespace Conformance.Model.Core;

/// <summary>One device in a group (struct group_device) with its reset stage.</summary>
public sealed class GroupDevice(IommuDevice device)
{
    public IommuDevice Device { get; } = device;

    /// <summary>Physically on the blocking domain while it is reset (v7.2).</summary>
    public bool Blocked { get; set; }

    /// <summary>Nesting depth of reset_prepare.</summary>
    public int ResetDepth { get; set; }
}

/// <summary>What a PASID slot holds: the domain, and whether it came with a handle.</summary>
public readonly record struct PasidSlot(IommuDomain Domain, bool HasHandle);

/// <summary>
/// The smallest set of devices the core treats separately (struct iommu_group). <see cref="Domain"/> is what
/// the core
/// believes is attached, not what is.
/// </summary>
public sealed class Group(GroupId id, int key)
{
    public GroupId Id { get; } = id;

    /// <summary>What the driver's device_group answered.</summary>
    public int Key { get; } = key;

    /// <summary>In the order they joined: the order of all attach calls.</summary>
    public List<GroupDevice> Devices { get; } = [];

    public IommuDomain? Domain { get; set; }

    public IommuDomain? DefaultDomain { get; set; }

    public IommuDomain? BlockingDomain { get; set; }

    public OwnerId Owner { get; set; }

    public int OwnerCount { get; set; }

    /// <summary>Slot 0 is the handle of the RID's domain (v6.11 on).</summary>
    public SortedDictionary<uint, PasidSlot> Pasids { get; } = [];

    /// <summary>Number of devices staged for reset.</summary>
    public int RecoveryCount { get; set; }

    /// <summary>
    /// Blocking while an owner holds the group, else default (__iommu_group_set_core_domain).
    /// </summary>
    public IommuDomain? CoreDomain => Owner.Index != 0 ? BlockingDomain : DefaultDomain;

    public GroupDevice Find(IommuDevice device) => Devices.First(d => d.Device == device);
}
