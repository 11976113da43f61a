using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>PCI reset staging (core.md 4.3, rows 36 to 39). Null: the era has none.</summary>
public abstract class ResetPolicy
{
    public abstract Errno? Prepare(IommuCore core, IommuDevice dev);

    public abstract Errno? Done(IommuCore core, IommuDevice dev);
}

/// <summary>Before v7.0.</summary>
public sealed class NoReset : ResetPolicy
{
    public override Errno? Prepare(IommuCore core, IommuDevice dev) => null;

    public override Errno? Done(IommuCore core, IommuDevice dev) => null;
}

/// <summary>
/// v7.2: each device is put on blocking by itself, nestable, and comes back to the present domain.
/// </summary>
public class StagedReset : ResetPolicy
{
    public override Errno? Prepare(IommuCore core, IommuDevice dev)
    {
        if (core.GroupOf(dev) is not { } group || !dev.Spec.Ats)
        {
            return Errno.OK;
        }

        var member = group.Find(dev);
        if (member.ResetDepth++ > 0)
        {
            return Errno.OK;
        }

        var result = core.EnsureBlockingDomain(group);
        if (result == Errno.OK && group.Domain != group.BlockingDomain)
        {
            result = core.CallAttach(group.BlockingDomain!, dev, group.Domain);
        }

        if (result != Errno.OK)
        {
            member.ResetDepth--;
            return result;
        }

        core.SetDeferred(dev, deferred: false);
        MovePasids(core, group, member, toBlocking: true);
        Stage(core, group, member, staged: true);
        return Errno.OK;
    }

    public override Errno? Done(IommuCore core, IommuDevice dev)
    {
        if (core.GroupOf(dev) is not { } group || !dev.Spec.Ats)
        {
            return Errno.OK;
        }

        var member = group.Find(dev);
        if (member.ResetDepth == 0)
        {
            core.Warn(WarnCode.BadReset, group, dev);
            return Errno.OK;
        }

        if (--member.ResetDepth > 0)
        {
            return Errno.OK;
        }

        if (DomainAfter(group) is { } domain && domain != group.BlockingDomain
            && core.CallAttach(domain, dev, group.BlockingDomain) != Errno.OK)
        {
            core.Warn(WarnCode.AttachFailed, group, dev);
        }

        MovePasids(core, group, member, toBlocking: false);
        Stage(core, group, member, staged: false);
        return Errno.OK;
    }

    /// <summary>Where the device goes when its last reset is done: to what the group is on by then.</summary>
    protected virtual IommuDomain? DomainAfter(Group group) => group.Domain;

    /// <summary>Takes the device's PASIDs off, or puts them back.</summary>
    protected virtual void MovePasids(IommuCore core, Group group, GroupDevice member, bool toBlocking)
    {
        var dev = member.Device;
        if (dev.MaxPasids == 0 || IommuCore.DriverOf(dev).BlockedDomain is not { } blocked
            || (blocked.Ops & DomainOps.SetDevPasid) == 0)
        {
            return;
        }

        foreach (var (pasid, slot) in group.Pasids)
        {
            if (pasid == 0)
            {
                continue;
            }

            var (target, old) = toBlocking ? (blocked, slot.Domain) : (slot.Domain, blocked);
            if (core.CallSetDevPasid(target, dev, new Pasid(pasid), old) != Errno.OK)
            {
                core.Warn(WarnCode.BadPasid, group, dev);
            }
        }
    }

    private static void Stage(IommuCore core, Group group, GroupDevice member, bool staged)
    {
        member.Blocked = staged;
        group.RecoveryCount += staged ? 1 : -1;
        ref var e = ref core.Trace.Add(EventKind.ResetStaged);
        e.Device = (short)member.Device.Id.Index;
        e.Flag = staged;
        core.NoteRecord(group);
    }
}
