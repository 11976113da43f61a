using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>The profiles of all drivers and variants of one tree, asked for once.</summary>
internal sealed class DriverBook
{
    private readonly Dictionary<InstanceSpec, DriverProfile> profiles = [];

    public DriverBook(IReadOnlyList<IDriverFactory> catalogue, KernelTree tree)
    {
        Drivers = catalogue;
        foreach (var factory in catalogue)
        {
            foreach (var variant in factory.Variants)
            {
                profiles.Add(new InstanceSpec(factory.Name, variant), factory.Profile(tree, variant));
            }
        }
    }

    public IReadOnlyList<IDriverFactory> Drivers { get; }

    /// <summary>The factory of a driver.</summary>
    /// <exception cref="ArgumentException">There is none in the catalogue.</exception>
    public IDriverFactory Driver(string name) =>
        Drivers.FirstOrDefault(f => string.Equals(f.Name, name, StringComparison.Ordinal))
        ?? throw new ArgumentException($"No driver {name} in the catalogue.", nameof(name));

    public DriverProfile Profile(InstanceSpec instance) => profiles[instance];

    /// <summary>The profile of an instance with what only its topology tells.</summary>
    public DriverProfile ProfileIn(Topology topology, InstanceId instance)
    {
        var profile = profiles[topology.Instances[instance.Index]];
        return profile.InTopology?.Invoke(topology) ?? profile;
    }
}
