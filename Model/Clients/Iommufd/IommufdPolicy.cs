using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>
/// What iommufd of one kernel version decides, in parts; a part that is not named is that of 7.2. The parts
/// are also what a specimen replaces.
/// </summary>
public sealed record IommufdPolicy
{
    /// <summary>Moves a group from its core domain to that of a HWPT.</summary>
    public Op Attach { get; init; } = Op.AttachHandle;

    /// <summary>And back.</summary>
    public Op Detach { get; init; } = Op.DetachHandle;

    /// <summary>IOMMU_HWPT_SET_DIRTY_TRACKING exists (v6.7 on).</summary>
    public bool HasDirtyTracking { get; init; } = true;

    public HwptRequestPolicy Requests { get; init; } = new();

    public RangePolicy Ranges { get; init; } = new();

    public FillPolicy Pages { get; init; } = new();

    public DevicePolicy Devices { get; init; } = new();
}

/// <summary>Tests of ranges in an IOAS.</summary>
public sealed record RangePolicy
{
    /// <summary>
    /// An address that wraps is found before a length that is 0 or reaches the last page of the address
    /// space (7.2); else after (6.12). iopt_alloc_user_pages, iopt_alloc_pages.
    /// </summary>
    public bool AddressBeforeLength { get; init; } = true;

    /// <summary>No area over a reserved range (iopt_check_iova).</summary>
    public bool KeepsOutOfReserved { get; init; } = true;

    /// <summary>No reservation over an area or an allowed range (iopt_reserve_iova).</summary>
    public bool ReservesOnlyUnused { get; init; } = true;
}
