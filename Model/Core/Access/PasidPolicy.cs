using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>
/// Second translation contexts of a device (core.md 4.9). Null: the era has no such function.
/// </summary>
public abstract class PasidPolicy
{
    public abstract Errno? Attach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid);

    public abstract Errno? Replace(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid);

    public abstract Errno? Detach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid);

    /// <summary>Devices of the group that have PASIDs at all.</summary>
    protected static IEnumerable<GroupDevice> Users(Group group) =>
        group.Devices.Where(member => member.Device.MaxPasids > 0);

    protected static bool HasOp(IommuDomain? domain) =>
        domain is not null && (domain.Ops & DomainOps.SetDevPasid) != 0;

    /// <summary>Puts blocking on a PASID; a failure warns.</summary>
    protected static void Block(IommuCore core, IommuDevice dev, Pasid pasid, IommuDomain old)
    {
        if (IommuCore.DriverOf(dev).BlockedDomain is { } blocked
            && core.CallSetDevPasid(blocked, dev, pasid, old) != Errno.OK)
        {
            core.Warn(WarnCode.BadPasid, dev: dev);
        }
    }
}

/// <summary>v5.19 to v6.1: SVA is the drivers' own affair.</summary>
public class NoPasid : PasidPolicy
{
    public override Errno? Attach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid) => null;

    public override Errno? Replace(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid) => null;

    public override Errno? Detach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid) => null;
}

/// <summary>
/// v6.2 to v6.9: op, group, slot are tested, nothing else. The drivers of the tree behind these eras have no
/// set_dev_pasid, so every attach ends at the first test.
/// </summary>
public sealed class FirstPasid : NoPasid
{
    public override Errno? Attach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid)
    {
        if (!HasOp(domain))
        {
            return Errno.EOPNOTSUPP;
        }

        if (core.GroupOf(dev) is not { } group)
        {
            return Errno.ENODEV;
        }

        if (group.Pasids.ContainsKey(pasid.Value))
        {
            return Errno.EBUSY;
        }

        foreach (var member in group.Devices)
        {
            var result = core.CallSetDevPasid(domain, member.Device, pasid, old: null);
            if (result != Errno.OK)
            {
                return result;
            }
        }

        group.Pasids[pasid.Value] = new PasidSlot(domain, HasHandle: false);
        return Errno.OK;
    }
}

/// <summary>
/// 6.12: range and owner tests; detach and error unwinding go through the blocked domain here.
/// </summary>
/// <remarks>
/// The tree calls remove_dev_pasid(dev, pasid, domain); the contract of this suite has set_dev_pasid of the
/// static blocked domain in its place, which every driver of the tree that has PASIDs implements alike.
/// </remarks>
public sealed class PasidByRemoval : NoPasid
{
    public override Errno? Attach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid)
    {
        if (!HasOp(domain))
        {
            return Errno.EOPNOTSUPP;
        }

        if (core.GroupOf(dev) is not { } group)
        {
            return Errno.ENODEV;
        }

        if (domain.Owner != dev.Driver || pasid == Pasid.None || Users(group).Any(x => TooBig(x, pasid)))
        {
            return Errno.EINVAL;
        }

        if (group.Pasids.ContainsKey(pasid.Value))
        {
            return Errno.EBUSY;
        }

        var done = new List<IommuDevice>();
        foreach (var member in Users(group))
        {
            var result = core.CallSetDevPasid(domain, member.Device, pasid, old: null);
            if (result != Errno.OK)
            {
                done.ForEach(x => Block(core, x, pasid, domain));
                return result;
            }

            done.Add(member.Device);
        }

        group.Pasids[pasid.Value] = new PasidSlot(domain, HasHandle: false);
        return Errno.OK;
    }

    public override Errno? Detach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid)
    {
        if (core.GroupOf(dev) is { } group && pasid != Pasid.None && group.Pasids.ContainsKey(pasid.Value))
        {
            foreach (var member in Users(group))
            {
                Block(core, member.Device, pasid, domain);
            }

            group.Pasids.Remove(pasid.Value);
        }

        return Errno.OK;
    }

    private static bool TooBig(GroupDevice member, Pasid pasid) => pasid.Value >= member.Device.MaxPasids;
}

/// <summary>v6.15 on: attach, replace and detach through the static blocked domain.</summary>
public class PasidWithReplace : PasidPolicy
{
    public override Errno? Attach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid)
    {
        if (core.GroupOf(dev) is not { } group)
        {
            return Errno.ENODEV;
        }

        if (!HasOp(domain) || !HasOp(IommuCore.DriverOf(dev).BlockedDomain))
        {
            return Errno.EOPNOTSUPP;
        }

        if (IsForeign(domain, dev) || pasid == Pasid.None)
        {
            return Errno.EINVAL;
        }

        if (group.RecoveryCount > 0)
        {
            return Errno.EBUSY;
        }

        if (Users(group).Any(member => pasid.Value >= member.Device.MaxPasids))
        {
            return Errno.EINVAL;
        }

        if (group.Pasids.ContainsKey(pasid.Value))
        {
            return Errno.EBUSY;
        }

        var result = Move(core, group, domain, pasid, old: null);
        if (result == Errno.OK)
        {
            group.Pasids[pasid.Value] = new PasidSlot(domain, HasHandle: true);
        }

        return result;
    }

    public override Errno? Replace(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid)
    {
        if (core.GroupOf(dev) is not { } group)
        {
            return Errno.ENODEV;
        }

        if (!HasOp(domain))
        {
            return Errno.EOPNOTSUPP;
        }

        if (IsForeign(domain, dev) || pasid == Pasid.None)
        {
            return Errno.EINVAL;
        }

        if (group.RecoveryCount > 0)
        {
            return Errno.EBUSY;
        }

        if (!group.Pasids.TryGetValue(pasid.Value, out var slot))
        {
            return Errno.EINVAL;
        }

        var result = slot.Domain == domain ? Errno.OK : Move(core, group, domain, pasid, slot.Domain);
        if (result == Errno.OK)
        {
            group.Pasids[pasid.Value] = new PasidSlot(domain, HasHandle: true);
        }

        return result;
    }

    public override Errno? Detach(IommuCore core, IommuDomain domain, IommuDevice dev, Pasid pasid)
    {
        if (core.GroupOf(dev) is not { } group || pasid == Pasid.None
            || !group.Pasids.TryGetValue(pasid.Value, out var slot))
        {
            return Errno.OK;
        }

        foreach (var member in Users(group))
        {
            if (!member.Blocked)
            {
                Block(core, member.Device, pasid, slot.Domain);
            }
        }

        group.Pasids.Remove(pasid.Value);
        return Errno.OK;
    }

    /// <summary>Takes a refused PASID off the devices that had got it.</summary>
    protected virtual void UndoMove(
        IommuCore core,
        Group group,
        IReadOnlyList<IommuDevice> done,
        Pasid pasid,
        IommuDomain domain,
        IommuDomain? old)
    {
        foreach (var dev in done)
        {
            Undo(core, dev, pasid, domain, old);
        }
    }

    /// <summary>One device back, or when that fails to blocking.</summary>
    protected static void Undo(
        IommuCore core, IommuDevice dev, Pasid pasid, IommuDomain domain, IommuDomain? old)
    {
        if (old is not null && core.CallSetDevPasid(old, dev, pasid, domain) == Errno.OK)
        {
            return;
        }

        if (old is not null)
        {
            core.Warn(WarnCode.BadPasid, dev: dev);
        }

        Block(core, dev, pasid, domain);
    }

    private static bool IsForeign(IommuDomain domain, IommuDevice dev)
    {
        var driver = IommuCore.DriverOf(dev);
        return domain.Owner != driver && domain != driver.BlockedDomain && domain != driver.IdentityDomain;
    }

    private Errno Move(IommuCore core, Group group, IommuDomain domain, Pasid pasid, IommuDomain? old)
    {
        var done = new List<IommuDevice>();
        foreach (var member in Users(group))
        {
            var result = core.CallSetDevPasid(domain, member.Device, pasid, old);
            if (result != Errno.OK)
            {
                UndoMove(core, group, done, pasid, domain, old);
                return result;
            }

            done.Add(member.Device);
        }

        return Errno.OK;
    }
}
