using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>
/// v6.5 on (__iommu_group_set_domain_internal): a refusal moves the devices already done back; must-succeed
/// calls go
/// on and park a refusing device on the blocking domain.
/// </summary>
public class UnwindingSetDomain : SetDomainPolicy
{
    /// <summary>NULL is a legal target: platform DMA (up to v6.6).</summary>
    public bool MayLeaveToPlatform { get; init; }

    /// <summary>The device that refused is re-attached to the old domain as well (up to v6.18).</summary>
    public bool RollsBackFailingDevice { get; init; }

    /// <summary>A device with a DIRECT region refuses blocking (v6.6 on).</summary>
    public bool DirectRefusesBlocking { get; init; } = true;

    public override Errno Set(IommuCore core, Group group, IommuDomain? target, bool must)
    {
        if (group.Domain == target)
        {
            return Errno.OK;
        }

        if (target is null)
        {
            return Leave(core, group);
        }

        if (!must && IsInReset(group))
        {
            return Errno.EBUSY;
        }

        return Move(core, group, target, must);
    }

    public override Errno SetOne(
        IommuCore core, Group group, IommuDevice dev, IommuDomain target, IommuDomain? old, bool must)
    {
        if (DirectRefusesBlocking && dev.RequireDirect
            && (target.Type == DomainType.Blocked || target == group.BlockingDomain))
        {
            return Errno.EINVAL;
        }

        if (dev.AttachDeferred)
        {
            if (target == group.DefaultDomain)
            {
                return Errno.OK;
            }

            core.SetDeferred(dev, deferred: false);
        }

        var result = core.CallAttach(target, dev, old);
        if (result != Errno.OK && must && group.BlockingDomain is { } blocking && blocking != target)
        {
            core.CallAttach(blocking, dev, old);
        }

        return result;
    }

    /// <summary>A device of the group is staged for reset (v7.0 on).</summary>
    protected virtual bool IsInReset(Group group) => false;

    /// <summary>The device is on the blocking domain for a reset and is left alone.</summary>
    protected virtual bool IsSkipped(GroupDevice member) => false;

    /// <summary>
    /// Undoes a move that device <paramref name="failed"/> refused. List order, must-succeed.
    /// </summary>
    protected virtual void RollBack(IommuCore core, Group group, IommuDomain refused, int failed)
    {
        var count = RollsBackFailingDevice ? failed + 1 : failed;
        if (group.Domain is not { } old)
        {
            if (MayLeaveToPlatform)
            {
                PlatformDma.Restore(core, group, count, refused);
            }

            return;
        }

        for (var i = 0; i < count; i++)
        {
            var member = group.Devices[i];
            if (!IsSkipped(member)
                && SetOne(core, group, member.Device, old, refused, must: true) != Errno.OK)
            {
                core.Warn(WarnCode.RollbackFailed, group, member.Device);
            }
        }
    }

    /// <summary>The calls and the record, when nothing speaks against them.</summary>
    protected Errno Move(IommuCore core, Group group, IommuDomain target, bool must)
    {
        var result = Errno.OK;
        for (var i = 0; i < group.Devices.Count; i++)
        {
            var member = group.Devices[i];
            if (IsSkipped(member))
            {
                continue;
            }

            var errno = SetOne(core, group, member.Device, target, group.Domain, must);
            if (errno == Errno.OK)
            {
                continue;
            }

            result = errno;
            if (!must)
            {
                RollBack(core, group, target, i);
                return result;
            }
        }

        core.SetRecord(group, target);
        return result;
    }

    private Errno Leave(IommuCore core, Group group)
    {
        if (!MayLeaveToPlatform)
        {
            core.Warn(WarnCode.NullDomain, group);
            return Errno.EINVAL;
        }

        PlatformDma.Restore(core, group, group.Devices.Count, group.Domain);
        core.SetRecord(group, null);
        return Errno.OK;
    }
}

/// <summary>v7.2: staged devices are skipped, and only must-succeed moves pass while one is staged.</summary>
public class ResetAwareSetDomain : UnwindingSetDomain
{
    protected override bool IsInReset(Group group) => group.RecoveryCount > 0;

    protected override bool IsSkipped(GroupDevice member) => member.Blocked;
}
