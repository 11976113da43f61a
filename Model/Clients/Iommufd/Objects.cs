using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>An IOAS (struct iommufd_ioas): an I/O page table and the HWPTs that show it.</summary>
/// <param name="Slot">Its name, <c>A0</c>.</param>
/// <param name="Context">The iommufd context it belongs to.</param>
/// <param name="Table">Areas, ranges, domains.</param>
public sealed record Ioas(int Slot, int Context, IoPageTable Table)
{
    /// <summary>In the order of allocation (hwpt_list).</summary>
    public List<Hwpt> Hwpts { get; } = [];

    public override string ToString() => $"A{Slot}";
}

/// <summary>A paging HWPT (struct iommufd_hwpt_paging): one domain that shows an IOAS.</summary>
/// <param name="Ioas">What it shows.</param>
/// <param name="Name">The slot of its domain in the core.</param>
/// <param name="Domain">The domain.</param>
/// <param name="Flags">As allocated.</param>
public sealed record Hwpt(Ioas Ioas, DomainRef Name, IommuDomain Domain, HwptFlags Flags)
{
    /// <summary>Made by an attach to the IOAS, gone with its last device.</summary>
    public bool IsAutomatic => ClientSlots.IsAutomatic(Name);

    /// <summary>The driver has promised to enforce cache coherency.</summary>
    public bool IsCoherent { get; set; }

    /// <summary>Devices attached to it, in any group.</summary>
    public int Users { get; set; }

    public bool Equals(Hwpt? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    public override string ToString() => Name.ToString();
}

/// <summary>A bound device (struct iommufd_device).</summary>
/// <param name="Device">The device.</param>
/// <param name="Group">Its group in the context.</param>
/// <param name="EnforcesCoherency">Its HWPTs must be cache coherent.</param>
public sealed record FdDevice(IommuDevice Device, FdGroup Group, bool EnforcesCoherency)
{
    public bool IsAttached => Group.Attached.Contains(this);
}

/// <summary>
/// What iommufd keeps of a group (struct iommufd_group): the first device that is attached moves the group,
/// later ones are only noted.
/// </summary>
/// <param name="Context">The iommufd context.</param>
/// <param name="Group">The group of the core.</param>
public sealed record FdGroup(int Context, Group Group)
{
    /// <summary>Where the group is; null while none of its devices is attached.</summary>
    public Hwpt? Hwpt { get; set; }

    /// <summary>Devices that are attached, in order.</summary>
    public List<FdDevice> Attached { get; } = [];
}
