namespace Conformance.Drivers.Specimens;

/// <summary>
/// Bugs of the core and of its clients, each in one policy, and breaches of the contract that any driver
/// could commit, each in a wrapper around a real one.
/// </summary>
public static class CoreSpecimens
{
    public static readonly IReadOnlyList<Specimen> All =
    [
        .. OwnerSpecimens.All,
        .. GroupMoveSpecimens.All,
        .. ProbeSpecimens.All,
        .. DefaultDomainSpecimens.All,
        .. AccessSpecimens.All,
        .. PasidSpecimens.All,
        .. ContractSpecimens.All,
        .. IommufdSpecimens.All,
        .. VfioSpecimens.All,
    ];
}
