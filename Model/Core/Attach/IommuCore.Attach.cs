using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>Attach, detach and replace of groups (core.md 4.2).</summary>
public sealed partial class IommuCore
{
    /// <summary>
    /// Domains that a move failed to leave for certain. The kernel has warned, a device may still be on them,
    /// and
    /// nobody can tell their user: a scenario does not go on to free them.
    /// </summary>
    private readonly HashSet<IommuDomain> leaked = [];

    /// <summary>Set-domain through the era's policy, framed by events.</summary>
    public Errno SetDomain(Group group, IommuDomain? target, bool must)
    {
        NoteSet(EventKind.SetDomainBegin, group, target, Errno.OK, must);
        var old = group.Domain;
        var result = Era.SetDomain.Set(this, group, target, must);
        if (must && result != Errno.OK)
        {
            Leak(old);
        }

        NoteSet(EventKind.SetDomainEnd, group, target, result, must);
        return result;
    }

    /// <summary>A device could not be taken off a domain, and the kernel has warned.</summary>
    public void Leak(IommuDomain? domain)
    {
        if (domain is not null)
        {
            leaked.Add(domain);
        }
    }

    /// <summary>iommu_attach_group: -EBUSY in a user's state, -EINVAL for a foreign domain.</summary>
    public Errno AttachGroup(IommuDomain domain, Group group)
    {
        if (group.Domain is { } current && current != group.DefaultDomain && current != group.BlockingDomain)
        {
            return Errno.EBUSY;
        }

        if (IsForeign(domain, group))
        {
            return Errno.EINVAL;
        }

        NoteSet(EventKind.SetDomainBegin, group, domain, Errno.OK, must: false);
        var result = Era.SetDomain.Attach(this, group, domain);
        NoteSet(EventKind.SetDomainEnd, group, domain, result, must: false);
        return result;
    }

    /// <summary>iommu_attach_device: only in a group of one.</summary>
    public Errno AttachDevice(IommuDomain domain, IommuDevice dev)
    {
        if (GroupOf(dev) is not { } group)
        {
            return Errno.ENODEV;
        }

        return group.Devices.Count != 1 ? Errno.EINVAL : AttachGroup(domain, group);
    }

    /// <summary>iommu_detach_group: void, the domain is not checked.</summary>
    public void DetachGroup(Group group)
    {
        if (SetDomain(group, group.CoreDomain, must: true) != Errno.OK)
        {
            Warn(WarnCode.AttachFailed, group);
        }
    }

    /// <summary>iommu_detach_device: void; a wrong domain or a larger group only warns.</summary>
    public void DetachDevice(IommuDomain domain, IommuDevice dev)
    {
        if (GroupOf(dev) is not { } group)
        {
            return;
        }

        if (group.Domain != domain || group.Devices.Count != 1)
        {
            Warn(WarnCode.BadDetach, group, dev);
            return;
        }

        DetachGroup(group);
    }

    /// <summary>
    /// iommu_group_replace_domain, iommu_replace_group_handle. No check of owner, busy or foreign domain: the
    /// caller
    /// owns the group. With handles slot 0 is reserved first and the new handle stored on success.
    /// </summary>
    public Errno Replace(IommuDomain domain, Group group)
    {
        var result = SetDomain(group, domain, must: false);
        if (result == Errno.OK && Era.HasHandles)
        {
            group.Pasids[0] = new PasidSlot(domain, HasHandle: true);
        }

        return result;
    }

    /// <summary>
    /// iommu_attach_group_handle: slot 0 must be empty; published after the attach of all devices.
    /// </summary>
    public Errno AttachHandle(IommuDomain domain, Group group)
    {
        if (group.Pasids.ContainsKey(0))
        {
            return Errno.EBUSY;
        }

        var result = AttachGroup(domain, group);
        if (result == Errno.OK)
        {
            group.Pasids[0] = new PasidSlot(domain, HasHandle: true);
        }

        return result;
    }

    /// <summary>iommu_detach_group_handle: core domain, then the slot is erased.</summary>
    public void DetachHandle(Group group)
    {
        DetachGroup(group);
        group.Pasids.Remove(0);
    }

    /// <summary>The domain belongs to another driver than the group's first device (v6.8 on).</summary>
    public bool IsForeign(IommuDomain domain, Group group)
    {
        var driver = group.Devices[0].Device.Driver;
        return Era.Foreign switch
        {
            ForeignDomainPolicy.NotChecked => false,
            ForeignDomainPolicy.Refused => domain.Owner != driver,
            _ => domain.Owner != driver
                && !(driver is not null
                    && (domain == driver.BlockedDomain || domain == driver.IdentityDomain)),
        };
    }

    private void NoteSet(EventKind kind, Group group, IommuDomain? target, Errno result, bool must)
    {
        ref var e = ref Trace.Add(kind);
        e.Group = (short)group.Id.Index;
        e.Domain = IdOf(target);
        e.Old = IdOf(group.Domain);
        e.Errno = result;
        e.Flag = must;
    }
}

/// <summary>Whether attach looks at whose domain it is given.</summary>
public enum ForeignDomainPolicy
{
    NotChecked,

    /// <summary>-EINVAL; static domains have no owner and are refused too (6.12).</summary>
    Refused,

    /// <summary>-EINVAL, but the driver's own static domains are accepted (v6.15 on).</summary>
    RefusedButOwnStatic,
}
