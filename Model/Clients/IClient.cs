using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients;

/// <summary>A user of the core on behalf of processes: iommufd, VFIO type1.</summary>
internal interface IClient
{
    /// <summary>
    /// Runs one of its commands; a name that means nothing at the moment makes it a no-op. Errno and value
    /// are
    /// those that the process sees.
    /// </summary>
    Outcome Execute(in Command command);

    /// <summary>
    /// A descriptor of the device is open: its driver cannot be unbound and it cannot leave the bus.
    /// </summary>
    bool Holds(IommuDevice dev);
}
