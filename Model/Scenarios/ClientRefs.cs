using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>Flags of IOMMU_HWPT_ALLOC, numbered as in include/uapi/linux/iommufd.h.</summary>
[Flags]
public enum HwptFlags : byte
{
    None = 0,
    NestParent = 1,
    DirtyTracking = 2,
    FaultIdValid = 4,
    Pasid = 8,
}

/// <summary>
/// What a device is attached to in iommufd: an IOAS (the kernel finds or makes a HWPT) or a HWPT.
/// </summary>
/// <param name="IsHwpt">True for <c>H0</c>, false for <c>A0</c>.</param>
/// <param name="Index">The slot of the scenario.</param>
public readonly record struct PageTableRef(bool IsHwpt, int Index)
{
    public static PageTableRef Ioas(int index) => new(IsHwpt: false, index);

    public static PageTableRef Hwpt(int index) => new(IsHwpt: true, index);

    /// <summary>Packed into one integer operand of a command.</summary>
    public int Packed => (IsHwpt ? 1 << 16 : 0) | Index;

    public static PageTableRef Unpack(int packed) => new((packed >> 16) != 0, packed & 0xffff);

    public override string ToString() => IsHwpt ? $"H{Index}" : $"A{Index}";
}

/// <summary>An offset in bytes into the memory of the client; printed <c>m0x1000</c>.</summary>
public readonly record struct MemoryOffset(ulong Value)
{
    public override string ToString() => $"m0x{Value:x}";
}

/// <summary>How many objects of each kind the clients of a scenario can name.</summary>
public static class ClientLimits
{
    /// <summary>iommufd contexts, <c>f0</c> and <c>f1</c>: open from the beginning.</summary>
    public const int Contexts = 2;

    /// <summary>VFIO containers, <c>c0</c> to <c>c2</c>: open from the beginning.</summary>
    public const int Containers = 3;

    /// <summary>IOAS slots.</summary>
    public const int Ioas = 16;

    /// <summary>HWPT slots.</summary>
    public const int Hwpts = 16;
}

/// <summary>
/// Domains that clients hold in the core, under slot numbers that no scenario can write
/// (<see cref="DomainRef"/>).
/// </summary>
public static class ClientSlots
{
    /// <summary>The first slot that belongs to a client.</summary>
    public const int First = 1000;

    /// <summary>Automatic HWPTs and type1 domains that may be alive at a time.</summary>
    public const int MostAlive = 400;

    private const int FirstAutomatic = 1100;
    private const int FirstVfio = FirstAutomatic + MostAlive;

    /// <summary>The domain of the HWPT in slot <paramref name="index"/>: <c>H0</c>.</summary>
    public static DomainRef Hwpt(int index) => DomainRef.Slot(First + index);

    /// <summary>
    /// The domain of an automatic HWPT, <c>auto0</c>; <paramref name="index"/> is free while no other alive
    /// one has it, below <see cref="MostAlive"/>.
    /// </summary>
    public static DomainRef Automatic(int index) => DomainRef.Slot(FirstAutomatic + index);

    /// <summary>True for a name that <see cref="Automatic"/> gives.</summary>
    public static bool IsAutomatic(DomainRef domain) =>
        domain.Role == DomainRole.Slot && domain.Index is >= FirstAutomatic and < FirstVfio;

    /// <summary>A domain of VFIO type1, <c>type1-0</c>; numbered like <see cref="Automatic"/>.</summary>
    public static DomainRef Vfio(int index) => DomainRef.Slot(FirstVfio + index);

    /// <summary>How a slot is printed.</summary>
    public static string Name(int slot) => slot switch
    {
        < First => $"D{slot}",
        < FirstAutomatic => $"H{slot - First}",
        < FirstVfio => $"auto{slot - FirstAutomatic}",
        _ => $"type1-{slot - FirstVfio}",
    };

    /// <summary>The owner that an iommufd context is to the core.</summary>
    public static OwnerId ContextOwner(int context) => new(900 + context);

    /// <summary>The owner that a VFIO group file is to the core.</summary>
    public static OwnerId GroupOwner(GroupId group) => new(500 + (group.Index % 400));

    /// <summary>An owner that is a client, not one a scenario names in a claim.</summary>
    public static bool IsClient(OwnerId owner) => owner.Index is >= 500 and < 900 + ClientLimits.Contexts;
}
