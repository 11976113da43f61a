using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>
/// How a whole group moves to another domain, and what happens when a device refuses (core.md 4.4, 4.7).
/// </summary>
public abstract class SetDomainPolicy
{
    /// <summary>
    /// __iommu_group_set_domain: used by detach, claim, release, replace and sysfs. NULL means "no domain".
    /// </summary>
    public abstract Errno Set(IommuCore core, Group group, IommuDomain? target, bool must);

    /// <summary>
    /// iommu_attach_group after its checks; before v6.5 it was not the same as <see cref="Set"/>.
    /// </summary>
    public virtual Errno Attach(IommuCore core, Group group, IommuDomain target) =>
        Set(core, group, target, must: false);

    /// <summary>__iommu_device_set_domain: one device, for hotplug.</summary>
    public abstract Errno SetOne(
        IommuCore core, Group group, IommuDevice dev, IommuDomain target, IommuDomain? old, bool must);
}

/// <summary>
/// v5.19: list order, the first error is returned at once, the record is unchanged, nothing is undone.
/// </summary>
public class PlainSetDomain : SetDomainPolicy
{
    public override Errno Set(IommuCore core, Group group, IommuDomain? target, bool must)
    {
        if (group.Domain == target)
        {
            return Errno.OK;
        }

        return target is null ? Leave(core, group) : MoveAll(core, group, target, out _);
    }

    public override Errno Attach(IommuCore core, Group group, IommuDomain target)
    {
        var result = MoveAll(core, group, target, out var failed);
        if (result != Errno.OK)
        {
            RollBack(core, group, failed);
        }

        return result;
    }

    public override Errno SetOne(
        IommuCore core, Group group, IommuDevice dev, IommuDomain target, IommuDomain? old, bool must) =>
        core.CallAttach(target, dev, old);

    /// <summary>What iommu_attach_group does after a failure.</summary>
    protected virtual void RollBack(IommuCore core, Group group, int failed)
    {
    }

    /// <summary>
    /// detach_dev for each device that is not deferred; a missing op warns and changes nothing.
    /// </summary>
    protected virtual Errno Leave(IommuCore core, Group group)
    {
        foreach (var member in group.Devices)
        {
            if (IommuCore.AsksDeferral(member.Device))
            {
                continue;
            }

            if (group.Domain is not { } domain || (domain.Ops & DomainOps.DetachDev) == 0)
            {
                core.Warn(WarnCode.MissingDetach, group);
                return Errno.EINVAL;
            }

            core.CallDetach(domain, member.Device);
        }

        core.SetRecord(group, null);
        return Errno.OK;
    }

    private static Errno MoveAll(IommuCore core, Group group, IommuDomain target, out int failed)
    {
        for (failed = 0; failed < group.Devices.Count; failed++)
        {
            var result = core.CallAttach(target, group.Devices[failed].Device, group.Domain);
            if (result != Errno.OK)
            {
                core.Leak(failed > 0 ? target : null);
                return result;
            }
        }

        core.SetRecord(group, target);
        return Errno.OK;
    }
}

/// <summary>
/// v6.3 and v6.4: a failed group attach re-attaches the old domain to every device, stopping at the first
/// failure;
/// claim and detach still undo nothing. Leaving goes through set_platform_dma_ops.
/// </summary>
public sealed class AttachRollbackSetDomain : PlainSetDomain
{
    protected override void RollBack(IommuCore core, Group group, int failed)
    {
        var old = group.Domain;
        core.SetRecord(group, null);
        if (old is null)
        {
            return;
        }

        foreach (var member in group.Devices)
        {
            if (core.CallAttach(old, member.Device, group.Domain) != Errno.OK)
            {
                core.Warn(WarnCode.RollbackFailed, group, member.Device);
                return;
            }
        }

        core.SetRecord(group, old);
    }

    protected override Errno Leave(IommuCore core, Group group)
    {
        PlatformDma.Restore(core, group, group.Devices.Count, group.Domain);
        core.SetRecord(group, null);
        return Errno.OK;
    }
}

/// <summary>set_platform_dma_ops of v6.3 to v6.6.</summary>
public static class PlatformDma
{
    /// <summary>
    /// Hands the first <paramref name="count"/> devices back; a missing op only warns, and they stay on
    /// <paramref name="left"/>.
    /// </summary>
    public static void Restore(IommuCore core, Group group, int count, IommuDomain? left)
    {
        for (var i = 0; i < count; i++)
        {
            var dev = group.Devices[i].Device;
            if ((IommuCore.DriverOf(dev).Ops & IommuOps.SetPlatformDmaOps) == 0)
            {
                core.Warn(WarnCode.MissingDetach, group, dev);
                core.Leak(left);
                continue;
            }

            core.CallSetPlatformDmaOps(dev);
        }
    }
}
