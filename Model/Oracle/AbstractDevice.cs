using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Oracle;

/// <summary>A device of the abstract driver with the contexts of its requesters.</summary>
internal sealed class AbstractDevice(DeviceSpec spec, DriverProfile profile, RequesterContext[] contexts)
{
    public DeviceSpec Spec { get; } = spec;

    /// <summary>Profile of the instance that serves the device.</summary>
    public DriverProfile Profile { get; } = profile;

    public RequesterContext[] Contexts { get; } = contexts;

    /// <summary>The primary requester speaks for the device.</summary>
    public RequesterContext Primary => Contexts[0];

    public void Move(ContextKind kind, AbstractDomain? domain)
    {
        foreach (var context in Contexts)
        {
            context.Move(kind, domain);
        }
    }

    public void Detach()
    {
        foreach (var context in Contexts)
        {
            context.Detach();
        }
    }

    /// <summary>Where a refused attach or a release leaves the device.</summary>
    public void Leave(RefusedAttach where)
    {
        if (where != RefusedAttach.Old)
        {
            Move(where == RefusedAttach.Bypass ? ContextKind.Bypass : ContextKind.Blocked, null);
        }
    }
}
