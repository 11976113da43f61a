using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>How a device leaves (core.md 3.8).</summary>
public abstract class ReleasePolicy
{
    /// <summary>iommu_release_device: after the device's driver is unbound.</summary>
    public abstract void Release(IommuCore core, IommuDevice dev);

    /// <summary>The failure path of a probe that had already joined the group.</summary>
    public abstract void Undo(IommuCore core, Group group, IommuDevice dev);

    /// <summary>
    /// A device staged for reset is gone from the list, but recovery_cnt is not lowered (7.2).
    /// </summary>
    protected static void LeaveGroup(IommuCore core, Group group, IommuDevice dev, bool warns)
    {
        core.Leave(group, dev);
        var busy = group.OwnerCount != 0 || group.Domain != group.DefaultDomain;
        if (warns && group.Devices.Count == 0 && busy)
        {
            core.Warn(WarnCode.GroupBusyAtEnd, group, dev);
        }
    }
}

/// <summary>v5.19 to v6.6: the driver alone decides what an unplugged requester can reach.</summary>
public sealed class ReleaseByDriver : ReleasePolicy
{
    /// <summary>The last device of an owned group warns (v6.5 on).</summary>
    public bool Warns { get; init; }

    public override void Release(IommuCore core, IommuDevice dev)
    {
        var group = core.GroupOf(dev);
        core.CallReleaseDevice(dev);
        if (group is not null)
        {
            LeaveGroup(core, group, dev, Warns);
            core.EndGroupIfEmpty(group);
        }

        IommuCore.Forget(dev);
    }

    public override void Undo(IommuCore core, Group group, IommuDevice dev)
    {
        core.Leave(group, dev);
        core.CallReleaseDevice(dev);
        core.EndGroupIfEmpty(group);
        IommuCore.Forget(dev);
    }
}

/// <summary>v6.9 on: the core attaches the release domain first, then lets the driver go.</summary>
public class ReleaseThroughDomain : ReleasePolicy
{
    /// <summary>Identity instead of blocked for a device with a DIRECT region (v6.19 on).</summary>
    public bool IdentityForDirect { get; init; }

    public override void Release(IommuCore core, IommuDevice dev)
    {
        if (core.GroupOf(dev) is { } group)
        {
            LeaveGroup(core, group, dev, warns: true);
            Deinit(core, group, dev);
        }
    }

    public override void Undo(IommuCore core, Group group, IommuDevice dev)
    {
        core.Leave(group, dev);
        Deinit(core, group, dev);
    }

    /// <summary>iommu_deinit_device: the device goes first, then an empty group with its domains.</summary>
    protected virtual void Deinit(IommuCore core, Group group, IommuDevice dev)
    {
        Quiesce(core, group, dev);
        core.CallReleaseDevice(dev);
        core.EndGroupIfEmpty(group);
        IommuCore.Forget(dev);
    }

    /// <summary>The release domain, if the driver has one.</summary>
    protected virtual void Quiesce(IommuCore core, Group group, IommuDevice dev)
    {
        var driver = IommuCore.DriverOf(dev);
        if (dev.AttachDeferred || driver.ReleaseDomain is not { } domain)
        {
            return;
        }

        var direct = IdentityForDirect && dev.RequireDirect && domain == driver.BlockedDomain;
        var target = direct && driver.IdentityDomain is { } identity ? identity : domain;
        core.CallAttach(target, dev, group.Domain);
    }
}
