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

    /// <summary>Between <c>device_group</c> and <c>release_device</c>.</summary>
    public bool IsGrouped { get; set; }

    /// <summary>
    /// A domain that is not blocked was attached since probe, and the device has not left it.
    /// </summary>
    public bool IsAttached { get; private set; }

    /// <summary>In a crash kernel, the context is still that of the kernel before.</summary>
    public bool IsInherited { get; private set; } = spec.Deferred;

    /// <summary>The primary requester speaks for the device.</summary>
    public RequesterContext Primary => Contexts[0];

    /// <summary>The last release left identity behind, and the entry will not be overwritten.</summary>
    private bool KeepsIdentity { get; set; }

    /// <summary>The driver finds no domain to leave, and so does nothing.</summary>
    private bool IsLeftAlone => Profile.LeavesDetachedAlone && Primary.Domain is null;

    /// <summary>The device is new to the driver.</summary>
    public void Probe()
    {
        IsAttached = false;

        // The platform takes a device that arrives into its own tables.
        if (Profile.Unattached == UnattachedDma.Platform)
        {
            Detach();
        }
    }

    /// <summary>A domain's attach succeeds; what the driver fails to write is left out.</summary>
    public void Attach(ContextKind kind, AbstractDomain domain)
    {
        if (KeepsIdentity)
        {
            if (kind != ContextKind.Blocked)
            {
                KeepsIdentity = false;
                IsAttached = true;
                Move(ContextKind.Bypass, domain);
            }

            return;
        }

        IsAttached = kind != ContextKind.Blocked;
        IsInherited &= !IsAttached;
        Move(kind, domain);
    }

    /// <summary>An attach is refused after the driver has begun to change things.</summary>
    public void LeaveRefused()
    {
        if (!KeepsIdentity && !IsLeftAlone)
        {
            Leave(Profile.RefusedAttach);
        }
    }

    /// <summary>The device is forgotten; the release domain, if any, is attached already.</summary>
    public void Release(bool requiresDirect)
    {
        foreach (var context in Contexts)
        {
            context.ClearPasids();
        }

        if (IsLeftAlone)
        {
            return;
        }

        if (requiresDirect && Profile.ReleaseLeavesDirect is { } direct)
        {
            Leave(direct);
        }
        else if (Profile.ReleaseLeavesFor is { } leaves)
        {
            Leave(leaves(Spec));
        }
        else if (!Profile.ReleasesToBlocked)
        {
            Leave(Profile.ReleaseLeaves);
        }

        KeepsIdentity = Profile.KeepsIdentityOfRelease && Primary.Kind == ContextKind.Bypass;
    }

    public void Detach()
    {
        IsAttached = false;
        foreach (var context in Contexts)
        {
            context.Detach();
        }
    }

    private void Move(ContextKind kind, AbstractDomain? domain)
    {
        foreach (var context in Contexts)
        {
            context.Move(kind, domain);
        }
    }

    /// <summary>Where a refused attach or a release leaves the device.</summary>
    private void Leave(RefusedAttach where)
    {
        if (where != RefusedAttach.Old)
        {
            IsAttached = false;
            Move(where == RefusedAttach.Bypass ? ContextKind.Bypass : ContextKind.Blocked, null);
        }
    }
}
