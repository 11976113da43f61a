using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>Devices come to HWPTs, go from one to another and leave (core.md 7.5, device.c).</summary>
public sealed class DeviceMoves
{
    private readonly KernelCalls kernel;
    private readonly IommufdPolicy policy;
    private readonly IoasEvents events;
    private readonly HwptMaker maker;

    internal DeviceMoves(KernelCalls kernel, IommufdPolicy policy, IoasEvents events, HwptMaker maker) =>
        (this.kernel, this.policy, this.events, this.maker) = (kernel, policy, events, maker);

    /// <summary>
    /// iommufd_hw_pagetable_attach: -EINVAL when the group is on another HWPT; reservations; the first device
    /// of the group moves the group. An error takes the reservations back.
    /// </summary>
    internal Errno Attach(FdDevice idev, Hwpt hwpt)
    {
        var group = idev.Group;
        if (group.Hwpt is { } current && current != hwpt)
        {
            return Errno.EINVAL;
        }

        var result = policy.Devices.Welcome(maker, idev, hwpt);
        result = result == Errno.OK ? hwpt.Ioas.Table.Enforce(idev.Device, countsMsi: true) : result;
        if (result == Errno.OK && group.Attached.Count == 0)
        {
            result = CallAttach(group, hwpt);
            if (result != Errno.OK)
            {
                hwpt.Ioas.Table.RemoveReserved(idev.Device);
            }
        }

        if (result == Errno.OK)
        {
            group.Hwpt = hwpt;
            group.Attached.Add(idev);
            hwpt.Users++;
            events.Attached(idev, hwpt, attached: true);
        }

        return result;
    }

    /// <summary>
    /// iommufd_hw_pagetable_detach: the last device of the group takes the group to its core domain. What is
    /// left without devices is not unmade here.
    /// </summary>
    internal Hwpt Detach(FdDevice idev)
    {
        var group = idev.Group;
        var hwpt = group.Hwpt ?? throw new InvalidOperationException($"{idev.Device} is not attached");
        group.Attached.Remove(idev);
        if (group.Attached.Count == 0)
        {
            CallDetach(group, hwpt);
            group.Hwpt = null;
        }

        policy.Devices.Left(idev, hwpt);
        hwpt.Users--;
        events.Attached(idev, hwpt, attached: false);
        return hwpt;
    }

    /// <summary>iommufd_device_do_replace, with the old HWPT gone if nobody needs it any more.</summary>
    internal Errno Replace(FdDevice idev, Hwpt target)
    {
        var group = idev.Group;
        var old = group.Hwpt;
        if (old is null || old == target)
        {
            return old is null ? Errno.EINVAL : Errno.OK;
        }

        var result = Errno.OK;
        for (var i = 0; i < group.Attached.Count && result == Errno.OK; i++)
        {
            result = policy.Devices.Welcome(maker, group.Attached[i], target);
        }

        result = result == Errno.OK ? ReserveForReplace(group, target, old) : result;
        if (result != Errno.OK)
        {
            return result;
        }

        result = policy.Devices.Replace(this, idev, target);
        if (result != Errno.OK)
        {
            policy.Devices.ReplaceFailed(group, target);
            return result;
        }

        if (target.Ioas != old.Ioas)
        {
            DevicePolicy.Unreserve(group, old.Ioas);
        }

        group.Hwpt = target;
        target.Users += group.Attached.Count;
        old.Users -= group.Attached.Count;
        foreach (var member in group.Attached)
        {
            events.Attached(member, old, attached: false);
            events.Attached(member, target, attached: true);
        }

        return Errno.OK;
    }

    /// <summary>
    /// Attach or replace by IOAS (iommufd_device_auto_get_domain): the first automatic HWPT that takes the
    /// device; -EINVAL of one leads on to the next; none: a new one. An attach reaches the new HWPT before
    /// the areas are in it, a replace after.
    /// </summary>
    internal Errno Search(FdDevice idev, Ioas ioas, bool replaces)
    {
        foreach (var hwpt in ioas.Hwpts)
        {
            if (!policy.Devices.MayChoose(hwpt))
            {
                continue;
            }

            var tried = replaces ? Replace(idev, hwpt) : Attach(idev, hwpt);
            events.Tried(idev, hwpt, tried);
            if (tried == Errno.OK || !policy.Devices.SearchGoesOn(tried))
            {
                return tried;
            }
        }

        var result = maker.Make(
            ioas,
            idev,
            FreeName(),
            HwptFlags.None,
            replaces ? null : hwpt => Attach(idev, hwpt),
            () => Detach(idev),
            out var made);
        if (made is null || !replaces)
        {
            return result;
        }

        result = Replace(idev, made);
        if (result != Errno.OK)
        {
            maker.Unmake(made);
        }

        return result;
    }

    /// <summary>The core's replace.</summary>
    public Errno CallReplace(FdGroup group, Hwpt target) => Call(Op.Replace, group, target);

    /// <summary>The core's attach of a group.</summary>
    public Errno CallAttach(FdGroup group, Hwpt target) => Call(policy.Attach, group, target);

    /// <summary>The core's detach of a group.</summary>
    public void CallDetach(FdGroup group, Hwpt current) => Call(policy.Detach, group, current);

    private Errno Call(Op op, FdGroup group, Hwpt hwpt) =>
        kernel.Call(new Command(op, hwpt.Name.Packed, group.Group.Id.Index, 0, 0, 0, 0)).Errno;

    /// <summary>
    /// Reservations of all devices of the group join the new IOAS; an error takes them out of it again
    /// (iommufd_group_do_replace_reserved_iova).
    /// </summary>
    private static Errno ReserveForReplace(FdGroup group, Hwpt target, Hwpt old)
    {
        if (target.Ioas == old.Ioas)
        {
            return Errno.OK;
        }

        foreach (var member in group.Attached)
        {
            var result = target.Ioas.Table.Enforce(member.Device, countsMsi: false);
            if (result != Errno.OK)
            {
                DevicePolicy.Unreserve(group, target.Ioas);
                return result;
            }
        }

        return Errno.OK;
    }

    /// <summary>The lowest automatic slot of the core that has no domain.</summary>
    private DomainRef FreeName()
    {
        for (var i = 0; i < ClientSlots.MostAlive; i++)
        {
            var name = ClientSlots.Automatic(i);
            if (kernel.Core.Resolve(name) is null)
            {
                return name;
            }
        }

        throw new InvalidOperationException("more automatic HWPTs than any scenario can hold");
    }
}
