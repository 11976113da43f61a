using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Core;

/// <summary>From a command to the function of the kernel that it names.</summary>
public sealed partial class IommuCore
{
    /// <summary>
    /// Runs one command. A name that means nothing at the moment (no such domain, device not probed, group
    /// empty) makes it a no-op, so that every sub-list of a scenario is a scenario.
    /// </summary>
    public Outcome Execute(in Command command) => command.Op switch
    {
        Op.Register => Register(new InstanceId(command.A)),
        Op.Probe => Probe(Devices[command.A]),
        Op.Release => Release(Devices[command.A]),
        Op.Bind => Bind(Devices[command.A]),
        Op.Unbind => Unbind(Devices[command.A]),
        Op.Alloc => Alloc(command.Domain.Index, Devices[command.B], (AllocFlags)command.Extra),
        Op.Free => Free(command.Domain.Index),
        <= Op.DetachHandle => ExecuteAttach(command),
        <= Op.SetType => ExecuteOwnership(command),
        <= Op.FlushAll => ExecuteMapping(command),
        <= Op.ResetDone => ExecuteDevice(command),
        _ => ExecuteFault(command),
    };

    private Outcome ExecuteAttach(in Command command)
    {
        if (Resolve(command.Domain) is not { } domain)
        {
            return Outcome.Nothing;
        }

        if (command.Op == Op.AttachDevice)
        {
            return IsUnnameable(command.Domain, domain, GroupOf(Devices[command.B]))
                ? Outcome.Nothing
                : Outcome.Of(AttachDevice(domain, Devices[command.B]));
        }

        if (command.Op == Op.DetachDevice)
        {
            DetachDevice(domain, Devices[command.B]);
            return Outcome.Ok;
        }

        return Resolve(new GroupId(command.B)) is not { } group
            || IsUnnameable(command.Domain, domain, group)
            ? Outcome.Nothing
            : ExecuteGroupAttach(command.Op, domain, group);
    }

    /// <summary>
    /// Default and blocking domains belong to the core: no owner and no other group can name them. Only
    /// attaching the one that is current anyway makes sense (it must be quiet).
    /// </summary>
    private static bool IsUnnameable(DomainRef name, IommuDomain domain, Group? group) =>
        name.Role is DomainRole.Default or DomainRole.Blocking && domain != group?.Domain;

    private Outcome ExecuteGroupAttach(Op op, IommuDomain domain, Group group)
    {
        switch (op)
        {
            case Op.AttachGroup:
                return Outcome.Of(AttachGroup(domain, group));
            case Op.DetachGroup:
                DetachGroup(group);
                return Outcome.Ok;
            case Op.Replace:
                return Era.HasReplace ? ReplaceByOwner(domain, group) : Outcome.NotInThisEra;
            case Op.AttachHandle:
                return Era.HasHandles ? Outcome.Of(AttachHandle(domain, group)) : Outcome.NotInThisEra;
            default:
                return Era.HasHandles ? DetachHandleOutcome(group) : Outcome.NotInThisEra;
        }
    }

    /// <summary>
    /// The kernel tests nothing here because its only caller owns the group and passes domains of the group's
    /// own
    /// driver; what that caller would never do is a no-op.
    /// </summary>
    private Outcome ReplaceByOwner(IommuDomain domain, Group group) =>
        group.Owner.Index == 0 || domain.Owner != group.Devices[0].Device.Driver
            ? Outcome.Nothing
            : Outcome.Of(Replace(domain, group));

    /// <summary>Only a holder of the handle detaches it.</summary>
    private Outcome DetachHandleOutcome(Group group)
    {
        if (!group.Pasids.ContainsKey(0))
        {
            return Outcome.Nothing;
        }

        DetachHandle(group);
        return Outcome.Ok;
    }

    private Outcome ExecuteOwnership(in Command command)
    {
        switch (command.Op)
        {
            case Op.ClaimDevice:
                return Era.HasDeviceClaim
                    ? Outcome.Of(Era.Ownership.ClaimDevice(this, Devices[command.B], new OwnerId(command.A)))
                    : Outcome.NotInThisEra;
            case Op.ReleaseDeviceOwner:
                if (!Era.HasDeviceClaim || GroupOf(Devices[command.A]) is not { } owned)
                {
                    return Outcome.Nothing;
                }

                Era.Ownership.ReleaseDevice(this, owned);
                return Outcome.Ok;
            default:
                var id = new GroupId(command.Op == Op.ClaimGroup ? command.B : command.A);
                return Resolve(id) is { } group ? ExecuteOnGroup(command, group) : Outcome.Nothing;
        }
    }

    private Outcome ExecuteOnGroup(in Command command, Group group)
    {
        switch (command.Op)
        {
            case Op.ClaimGroup:
                return Outcome.Of(Era.Ownership.ClaimGroup(this, group, new OwnerId(command.A)));
            case Op.ReleaseGroupOwner:
                Era.Ownership.ReleaseGroup(this, group);
                return Outcome.Ok;
            default:
                return Outcome.Of(Era.Sysfs.SetType(this, group, (TypeRequest)command.Extra));
        }
    }

    private Outcome ExecuteMapping(in Command command)
    {
        if (Resolve(command.Domain) is not { } domain || IsHiddenBlocking(command.Domain, domain))
        {
            return Outcome.Nothing;
        }

        var iova = new Iova(command.Iova);
        switch (command.Op)
        {
            case Op.Map:
                var pa = new PhysAddr(command.Pa);
                return Outcome.Of(Map(domain, iova, pa, command.Size, command.Prot));
            case Op.Unmap:
                return Outcome.Bytes(Unmap(domain, iova, command.Size, fast: false));
            case Op.UnmapFast:
                return Outcome.Bytes(Unmap(domain, iova, command.Size, fast: true));
            case Op.IovaToPhys:
                return Outcome.Bytes(IovaToPhys(domain, iova).Value);
            case Op.Sync:
                SyncPending(domain);
                return Outcome.Ok;
            default:
                FlushIotlbAll(domain);
                return Outcome.Ok;
        }
    }

    /// <summary>
    /// A paging domain in the blocking role is the core's own: nobody can name it to map into it.
    /// </summary>
    private static bool IsHiddenBlocking(DomainRef name, IommuDomain domain) =>
        name.Role == DomainRole.Blocking && domain.Type.IsPaging();

    private Outcome ExecuteDevice(in Command command)
    {
        switch (command.Op)
        {
            case Op.DeferredAttach:
                return DeferredAttach(Devices[command.A]);
            case Op.ResetPrepare:
                return OfOptional(Era.Reset.Prepare(this, Devices[command.A]));
            case Op.ResetDone:
                return OfOptional(Era.Reset.Done(this, Devices[command.A]));
        }

        var dev = Devices[command.B];
        if (Resolve(command.Domain) is not { } domain
            || command.Domain.Role is DomainRole.Default or DomainRole.Blocking)
        {
            return Outcome.Nothing;
        }

        if (command.Op != Op.DetachPasid && HasDeferred(GroupOf(dev)))
        {
            return Outcome.Nothing;
        }

        return OfOptional(command.Op switch
        {
            Op.AttachPasid => Era.Pasid.Attach(this, domain, dev, command.Pasid),
            Op.ReplacePasid => Era.Pasid.Replace(this, domain, dev, command.Pasid),
            _ => Era.Pasid.Detach(this, domain, dev, command.Pasid),
        });
    }

    /// <summary>
    /// In a kdump kernel nobody uses PASIDs before the first mapping of the group's devices.
    /// </summary>
    private static bool HasDeferred(Group? group) =>
        group is not null && group.Devices.Exists(member => member.Device.AttachDeferred);

    /// <summary>
    /// First DMA mapping of a kdump kernel (iommu_deferred_attach, core.md 3.7): only for a device whose
    /// group is
    /// on a DMA default domain; -EBUSY while the device is staged for reset.
    /// </summary>
    private Outcome DeferredAttach(IommuDevice dev)
    {
        if (!Topology.Kernel.Kdump || GroupOf(dev) is not { DefaultDomain: { } domain } group
            || !domain.Type.IsDmaApi() || group.Domain != domain)
        {
            return Outcome.Nothing;
        }

        if (!dev.AttachDeferred)
        {
            return Outcome.Ok;
        }

        return group.Find(dev).Blocked
            ? Outcome.Of(Errno.EBUSY)
            : Outcome.Of(CallAttach(domain, dev, old: null));
    }

    /// <summary>Arms a fault for the next command.</summary>
    private Outcome ExecuteFault(in Command command)
    {
        var errno = (Errno)command.Extra;
        switch (command.Op)
        {
            case Op.FailAttach:
                Faults.ArmAttach(new DeviceId(command.A), (int)Math.Min(command.Size, 100), errno);
                return Outcome.Ok;
            case Op.FailMap:
                Faults.ArmMap((int)Math.Min(command.Size, 100), errno);
                return Outcome.Ok;
            case Op.FailAlloc:
                Faults.ArmAlloc(errno);
                return Outcome.Ok;
            default:
                return Outcome.Ok;
        }
    }

    private static Outcome OfOptional(Errno? errno) => errno is { } e ? Outcome.Of(e) : Outcome.NotInThisEra;
}
