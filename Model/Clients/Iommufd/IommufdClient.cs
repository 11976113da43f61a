using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>
/// iommufd with VFIO character devices (core.md 7): two contexts, open from the beginning, their IOAS, HWPTs
/// and bound devices. Here a command becomes a call on what its names stand for.
/// </summary>
/// <remarks>
/// <para>
/// A command is a no-op when a name in it stands for nothing, when a slot that it would fill is taken, when
/// IOAS, HWPT and device are not of one context, and when a replace meets a HWPT that another IOMMU driver
/// made: iommu_replace_group_handle looks at no owner, so the kernel would hand the foreign domain to a
/// driver that cannot read it.
/// </para>
/// <para>
/// Taken for granted of a real kernel: interrupts are isolated, or <c>iommufd.allow_unsafe_interrupts</c> is
/// set (else binding is -EPERM); the process may lock memory without limit.
/// </para>
/// <para>
/// A failed ioctl leaves everything as it was, with these exceptions, for a failure of any kind: unmap may
/// have removed areas below the one that stopped it; a replace or attach to an IOAS that fails, or succeeds
/// after a failed try, may have lost the reservations of the group's devices in the IOAS that they stay on
/// (R61); unbind and detach never fail, but a driver that refuses to block leaves the group where it was. A
/// bind, an allocation, a map, a copy and a failed attach leave nothing behind. An attach during which the
/// kernel runs out of memory may also succeed without some of the device's reservations, because
/// get_resv_regions cannot fail.
/// </para>
/// </remarks>
internal sealed partial class IommufdClient : IClient
{
    private readonly KernelCalls kernel;
    private readonly ClientMemory memory;
    private readonly IommufdPolicy? policy;
    private readonly IoasEvents events;
    private readonly AreaPages pages;
    private readonly FdDevice?[] bound;
    private readonly Ioas?[] ioasOfSlot = new Ioas?[ClientLimits.Ioas];
    private readonly Hwpt?[] hwptOfSlot = new Hwpt?[ClientLimits.Hwpts];
    private readonly HwptMaker maker;
    private readonly DeviceMoves moves;

    public IommufdClient(KernelCalls kernel, ClientMemory memory)
    {
        this.kernel = kernel;
        this.memory = memory;
        policy = kernel.Era.Iommufd;
        events = new IoasEvents(kernel, memory);
        pages = new AreaPages(kernel, memory);
        bound = new FdDevice?[kernel.Topology.Devices.Length];
        maker = new HwptMaker(kernel, policy ?? new IommufdPolicy(), events);
        moves = new DeviceMoves(kernel, policy ?? new IommufdPolicy(), events, maker);
    }

    public Outcome Execute(in Command command)
    {
        if (policy is null)
        {
            return Outcome.NotInThisEra;
        }

        switch (command.Op)
        {
            case Op.FdBind:
                return Bind(kernel.Core.Devices[command.A], command.B);
            case Op.FdAttach:
                return bound[command.B] is { } idev ? AttachTo(idev, command.Table) : Outcome.Nothing;
            case Op.FdUnbind or Op.FdDetach:
                return bound[command.A] is { } leaving ? Leave(command.Op, leaving) : Outcome.Nothing;
            case Op.IoasAlloc:
                return AllocIoas(command.A, command.B);
            case Op.HwptAlloc:
                return AllocHwpt(command);
            case Op.HwptDestroy or Op.HwptDirty:
                return hwptOfSlot[command.A] is { } hwpt ? OnHwpt(command, hwpt) : Outcome.Nothing;
            default:
                return ioasOfSlot[command.A] is { } ioas ? OnIoas(command, ioas) : Outcome.Nothing;
        }
    }

    public bool Holds(IommuDevice dev) => bound[dev.Id.Index] is not null;

    /// <summary>The I/O page table of a slot; null: there is no such IOAS.</summary>
    public IoPageTable? TableOf(int slot) => ioasOfSlot[slot]?.Table;

    private Outcome AllocIoas(int slot, int context)
    {
        if (ioasOfSlot[slot] is not null)
        {
            return Outcome.Nothing;
        }

        var table = new IoPageTable(slot, pages, policy!, events, kernel.Topology.CpuPageShift);
        ioasOfSlot[slot] = new Ioas(slot, context, table);
        return Outcome.Ok;
    }

    private Outcome AllocHwpt(in Command command)
    {
        var name = ClientSlots.Hwpt(command.A);
        var parent = command.Parent;
        if (bound[command.B] is not { } idev || hwptOfSlot[command.A] is not null
            || kernel.Core.Resolve(name) is not null || ContextOf(parent) != idev.Group.Context)
        {
            return Outcome.Nothing;
        }

        if (parent.IsHwpt)
        {
            return Outcome.Of(policy!.Requests.CheckNested(command.HwptFlags));
        }

        var flags = command.HwptFlags;
        var ioas = ioasOfSlot[parent.Index]!;
        var result = maker.Make(ioas, idev, name, flags, null, static () => { }, out var hwpt);
        if (hwpt is null)
        {
            return Outcome.Of(result);
        }

        if ((flags & HwptFlags.FaultIdValid) != 0)
        {
            // No scenario has a fault queue, and its id is looked up last.
            maker.Unmake(hwpt);
            return Outcome.Of(Errno.ENOENT);
        }

        hwptOfSlot[command.A] = hwpt;
        return Outcome.Ok;
    }

    /// <summary>
    /// Destroying what has devices is -EBUSY. A domain has dirty tracking when it was allocated with it.
    /// </summary>
    private Outcome OnHwpt(in Command command, Hwpt hwpt)
    {
        if (command.Op == Op.HwptDirty)
        {
            return !policy!.HasDirtyTracking ? Outcome.NotInThisEra
                : (hwpt.Flags & HwptFlags.DirtyTracking) != 0 ? Outcome.Ok
                : Outcome.Of(Errno.EOPNOTSUPP);
        }

        if (hwpt.Users > 0)
        {
            return Outcome.Of(Errno.EBUSY);
        }

        hwptOfSlot[command.A] = null;
        maker.Unmake(hwpt);
        return Outcome.Ok;
    }

    /// <summary>-1: no such object.</summary>
    private int ContextOf(PageTableRef table) => table.IsHwpt
        ? hwptOfSlot[table.Index]?.Ioas.Context ?? -1
        : ioasOfSlot[table.Index]?.Context ?? -1;
}
