using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>Commands on bound devices.</summary>
internal sealed partial class IommufdClient
{
    /// <summary>
    /// iommufd_device_bind: -EINVAL for a device that is not coherent, then what the claim says. A device
    /// without a group has no character device.
    /// </summary>
    private Outcome Bind(IommuDevice dev, int context)
    {
        if (kernel.Core.GroupOf(dev) is not { } group)
        {
            return Outcome.Nothing;
        }

        if (!IommuCore.IsCapable(dev, Capabilities.CacheCoherency))
        {
            return Outcome.Of(Errno.EINVAL);
        }

        var owner = ClientSlots.ContextOwner(context);
        var claim = kernel.Call(new Command(Op.ClaimDevice, owner.Index, dev.Id.Index, 0, 0, 0, 0));
        if (claim.Errno == Errno.OK)
        {
            var enforces = IommuCore.IsCapable(dev, Capabilities.EnforceCacheCoherency);
            bound[dev.Id.Index] = new FdDevice(dev, GroupIn(context, group), enforces);
        }

        return Outcome.Of(claim.Errno);
    }

    private FdGroup GroupIn(int context, Group group) =>
        Array.Find(bound, idev => idev?.Group.Group == group)?.Group ?? new FdGroup(context, group);

    /// <summary>Detach of what is not attached is 0; closing detaches first.</summary>
    private Outcome Leave(Op op, FdDevice idev)
    {
        if (idev.IsAttached)
        {
            Drop(moves.Detach(idev));
        }

        if (op == Op.FdUnbind)
        {
            var index = idev.Device.Id.Index;
            bound[index] = null;
            kernel.Call(new Command(Op.ReleaseDeviceOwner, index, 0, 0, 0, 0, 0));
        }

        return Outcome.Ok;
    }

    /// <summary>
    /// VFIO_DEVICE_ATTACH_IOMMUFD_PT: attach, or replace when the device is attached. After it the HWPT that
    /// was left goes if it is automatic and nobody is on it.
    /// </summary>
    private Outcome AttachTo(FdDevice idev, PageTableRef table)
    {
        if (ContextOf(table) != idev.Group.Context)
        {
            return Outcome.Nothing;
        }

        var replaces = idev.IsAttached;
        var old = idev.Group.Hwpt;
        if (replaces && IsForeign(idev, table))
        {
            return Outcome.Nothing;
        }

        var result = (table.IsHwpt, replaces) switch
        {
            (true, false) => moves.Attach(idev, hwptOfSlot[table.Index]!),
            (true, true) => moves.Replace(idev, hwptOfSlot[table.Index]!),
            _ => moves.Search(idev, ioasOfSlot[table.Index]!, replaces),
        };
        if (replaces && old is not null && old != idev.Group.Hwpt)
        {
            Drop(old);
        }

        return Outcome.Of(result);
    }

    private void Drop(Hwpt hwpt)
    {
        if (hwpt is { IsAutomatic: true, Users: 0 })
        {
            maker.Unmake(hwpt);
        }
    }

    private bool IsForeign(FdDevice idev, PageTableRef table)
    {
        var driver = idev.Device.Driver;
        return table.IsHwpt
            ? hwptOfSlot[table.Index]!.Domain.Owner != driver
            : ioasOfSlot[table.Index]!.Hwpts.Exists(h => h.IsAutomatic && h.Domain.Owner != driver);
    }
}
