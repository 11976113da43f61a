using Conformance.Drivers.AppleDart;
using Conformance.Drivers.ArmSmmuV3;
using Conformance.Drivers.IntelVtd;
using Conformance.Drivers.Linux.Claims;
using Conformance.Drivers.S390;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Catalog;

/// <summary>The drivers of the suite, in the order reports show them.</summary>
public static class DriverCatalog
{
    public static readonly IReadOnlyList<DriverEntry> All =
    [
        IntelVtdEntry.Entry,
        ArmSmmuV3Entry.Entry,
        AppleDartEntry.Entry,
        S390Entry.Entry,
    ];

    /// <summary>Drivers that run in real kernels only: declared, not simulated.</summary>
    public static readonly IReadOnlyList<IDriverClaims> ClaimsOnly =
        [AmdViClaims.Instance, VirtioIommuClaims.Instance];

    /// <summary>What all drivers declare, the simulated ones first.</summary>
    public static IEnumerable<IDriverClaims> Claims => All.Select(entry => entry.Factory).Concat(ClaimsOnly);

    /// <summary>The entry of a driver name, or null.</summary>
    public static DriverEntry? Find(string name) =>
        All.FirstOrDefault(entry => string.Equals(entry.Factory.Name, name, StringComparison.Ordinal));

    /// <summary>What a driver declares for one instance of a topology.</summary>
    public static DriverProfile ProfileOf(IDriverClaims factory, KernelTree tree, Topology topology,
        int instance)
    {
        var profile = factory.Profile(tree, topology.Instances[instance].Variant);
        return profile.InTopology?.Invoke(topology) ?? profile;
    }
}
