namespace Conformance.Model.Contract;

/// <summary>
/// Index of an IOMMU instance (<c>struct iommu_device</c>) in the topology; printed <c>i0</c>.
/// </summary>
public readonly record struct InstanceId(int Index)
{
    public override string ToString() => $"i{Index}";
}

/// <summary>Index of a device in the topology; printed <c>d0</c>.</summary>
public readonly record struct DeviceId(int Index)
{
    public override string ToString() => $"d{Index}";
}

/// <summary>
/// Index of a group; printed <c>g0</c>. A group is the smallest set of devices the core keeps apart.
/// </summary>
public readonly record struct GroupId(int Index)
{
    public override string ToString() => $"g{Index}";
}

/// <summary>Serial number of a domain in one run, from 1 in order of allocation; 0 is "no domain".</summary>
/// <remarks>Never reused in a run, unlike the slot names (<c>D0</c>) of a scenario.</remarks>
public readonly record struct DomainId(int Serial)
{
    public static readonly DomainId None = new(0);

    public override string ToString() => Serial == 0 ? "NULL" : $"#{Serial}";
}

/// <summary>
/// An opaque DMA owner (VFIO passes its group, iommufd its context); printed <c>o1</c>, 0 is none.
/// </summary>
public readonly record struct OwnerId(int Index)
{
    public override string ToString() => Index == 0 ? "NULL" : $"o{Index}";
}

/// <summary>
/// What the hardware sees of a device: PCI requester id, StreamID, DART stream or function handle.
/// </summary>
public readonly record struct RequesterId(uint Value)
{
    public override string ToString() => $"0x{Value:x}";
}

/// <summary>
/// Selects a second translation context of a device. 0 is <c>IOMMU_NO_PASID</c>, normal DMA.
/// </summary>
public readonly record struct Pasid(uint Value)
{
    public static readonly Pasid None = new(0);

    public override string ToString() => Value.ToString();
}

/// <summary>An I/O virtual address in bytes.</summary>
public readonly record struct Iova(ulong Value) : IComparable<Iova>
{
    public int CompareTo(Iova other) => Value.CompareTo(other.Value);

    public override string ToString() => $"0x{Value:x}";
}

/// <summary>A physical address in bytes.</summary>
public readonly record struct PhysAddr(ulong Value) : IComparable<PhysAddr>
{
    public int CompareTo(PhysAddr other) => Value.CompareTo(other.Value);

    public override string ToString() => $"0x{Value:x}";
}
