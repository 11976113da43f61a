using Conformance.Model.Contract;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>Up to v6.6: a device that enforces coherency asks it of any HWPT that it comes to.</summary>
public class UpgradingDevices : DevicePolicy
{
    public override Errno Welcome(HwptMaker maker, FdDevice idev, Hwpt hwpt) => maker.Enforce(idev, hwpt);
}

/// <summary>What attach, replace and detach decide (device.c).</summary>
public class DevicePolicy
{
    /// <summary>An error of one automatic HWPT with which the search tries the next.</summary>
    public virtual bool SearchGoesOn(Errno errno) => errno == Errno.EINVAL;

    /// <summary>An automatic HWPT that the search may choose.</summary>
    public virtual bool MayChoose(Hwpt hwpt) => hwpt.IsAutomatic;

    /// <summary>
    /// A HWPT takes a device that it was not made for: nothing; up to v6.6 its domain is made coherent first
    /// if the device wants that, or refused.
    /// </summary>
    public virtual Errno Welcome(HwptMaker maker, FdDevice idev, Hwpt hwpt) => Errno.OK;

    /// <summary>Moves the group of an attached device: directly, never over the blocking domain.</summary>
    public virtual Errno Replace(DeviceMoves moves, FdDevice idev, Hwpt target) =>
        moves.CallReplace(idev.Group, target);

    /// <summary>
    /// The move failed: the reservations of all devices of the group leave the IOAS of the HWPT that was not
    /// reached. Where that is the IOAS that the group is on, they were not made for the move and are missing
    /// from now on (R61).
    /// </summary>
    public virtual void ReplaceFailed(FdGroup group, Hwpt target) => Unreserve(group, target.Ioas);

    /// <summary>A device has left a HWPT: its reservations go.</summary>
    public virtual void Left(FdDevice idev, Hwpt hwpt) => hwpt.Ioas.Table.RemoveReserved(idev.Device);

    /// <summary>iommufd_group_remove_reserved_iova.</summary>
    public static void Unreserve(FdGroup group, Ioas ioas)
    {
        foreach (var member in group.Attached)
        {
            ioas.Table.RemoveReserved(member.Device);
        }
    }
}
