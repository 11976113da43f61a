using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Oracle;

/// <summary>How a domain of the abstract driver was made.</summary>
/// <param name="Type">Type asked for; UNMANAGED where the op is not told one.</param>
/// <param name="Flags">Flags asked for.</param>
/// <param name="MadeFor">Device given to the op; null when the op has none, and for static domains.</param>
/// <param name="Ops">Which ops it has.</param>
/// <param name="IsStatic">One of the driver's static domains.</param>
internal readonly record struct DomainOrigin(
    DomainType Type, AllocFlags Flags, DeviceSpec? MadeFor, DomainOps Ops, bool IsStatic);

/// <summary>
/// A domain of the ideal driver: an interval map instead of tables, and exactly the refusals that its profile
/// declares.
/// </summary>
public sealed class AbstractDomain : IommuDomain
{
    private readonly AbstractStack stack;
    private readonly DomainOrigin origin;
    private readonly AbstractTable table;
    private DeviceSpec? madeFor;
    private bool final;

    internal AbstractDomain(AbstractStack stack, DriverProfile unit, in DomainOrigin origin)
    {
        this.stack = stack;
        this.origin = origin;
        madeFor = origin.MadeFor;
        Type = origin.Type;
        Ops = origin.Ops;
        final = origin.IsStatic || unit.Finalise == FinaliseRule.AtAlloc;
        table = new AbstractTable(Follow(unit), final);
        if (!origin.IsStatic)
        {
            ShowLimits();
        }
    }

    public override DomainOps Ops { get; }

    public override bool IsGenericPageTable => table.Profile.IsGenericPageTable && !origin.IsStatic;

    /// <summary>What the domain translates.</summary>
    public AddressSpace Space => table.Space;

    /// <summary>The profile the domain follows.</summary>
    public DriverProfile Profile => table.Profile;

    private bool CanMap => final || table.Profile.MapBeforeFinalise == Errno.OK;

    /// <inheritdoc/>
    /// <remarks>
    /// Order: the driver's tests; a type the driver ignores; an injected late failure (paging only); the
    /// move. Only the last changes the device, but for what <see cref="DriverProfile.RefusedAttach"/> says of
    /// a refusal.
    /// </remarks>
    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        if (!stack.TryDevice(dev, out var device))
        {
            // No core that keeps its promises (R38) comes here.
            return Errno.ENODEV;
        }

        var unit = device.Profile;
        var errno = CheckAttach(device);
        if (errno != Errno.OK)
        {
            if (!unit.ChecksBeforeChange && !unit.RefusedBeforeChange.Contains(errno))
            {
                device.Leave(unit.RefusedAttach);
            }

            return errno;
        }

        if (!origin.IsStatic && unit.IgnoresUnknownTypes && !unit.KnownTypes.Contains(Type))
        {
            Finalise(device);
            return Errno.OK;
        }

        if (Type.IsPaging() && stack.Faults.TakeAttach(dev, out errno))
        {
            device.Leave(unit.RefusedAttach);
            return errno;
        }

        Finalise(device);
        device.Move(KindOf(Type), this);
        return Errno.OK;
    }

    public override void DetachDev(IommuDevice dev) => stack.DeviceOf(dev).Detach();

    public override Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old)
    {
        var device = stack.DeviceOf(dev);
        if (Type == DomainType.Blocked)
        {
            foreach (var context in device.Contexts)
            {
                context.ClearPasid(pasid);
            }

            return Errno.OK;
        }

        if (device.Profile.CheckPasid is { } check)
        {
            var rid = device.Primary.Domain;
            var ridProfile = rid is { origin.IsStatic: false } ? rid.Profile : null;
            var errno = check(new PasidCase(
                madeFor, device.Spec, Type, ProfileFor(device), rid?.Type, ridProfile));
            if (errno != Errno.OK)
            {
                return errno;
            }
        }

        Finalise(device);
        foreach (var context in device.Contexts)
        {
            context.SetPasid(new PasidContext(pasid, KindOf(Type), this));
        }

        return Errno.OK;
    }

    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        if (!CanMap)
        {
            return table.Profile.MapBeforeFinalise;
        }

        return IsGenericPageTable
            ? table.MapRange(iova.Value, pa.Value, pgsize * pgcount, prot, ref mapped)
            : table.Map(iova.Value, pa.Value, pgsize, pgcount, prot, ref mapped);
    }

    public override Errno MapRange(Iova iova, PhysAddr pa, ulong size, Prot prot, ref ulong mapped) =>
        CanMap
            ? table.MapRange(iova.Value, pa.Value, size, prot, ref mapped)
            : table.Profile.MapBeforeFinalise;

    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather)
    {
        var size = pgsize * pgcount;
        return IsGenericPageTable ? UnmapRange(iova, size, gather) : Unmap(iova.Value, size, pgsize, gather);
    }

    public override ulong UnmapRange(Iova iova, ulong size, IotlbGather gather) =>
        size != 0 && table.InLimits(iova.Value, size) ? Unmap(iova.Value, size, size, gather) : 0;

    public override void FlushIotlbAll() => table.Stale.Clear();

    public override Errno IotlbSyncMap(Iova iova, ulong size) => Errno.OK;

    public override void IotlbSync(IotlbGather gather)
    {
        if (!table.Stale.IsEmpty && gather.Start <= gather.End)
        {
            table.Stale.Remove(gather.Start, gather.End);
        }
    }

    public override PhysAddr IovaToPhys(Iova iova) => CanMap ? table.IovaToPhys(iova.Value) : default;

    /// <summary>True when every device on the domain has the capability.</summary>
    public override bool EnforceCacheCoherency() => stack.AllOn(this, Capabilities.EnforceCacheCoherency);

    public override void Free() => table.Clear();

    internal bool MayStillReach(Iova iova, DmaAccess access, PhysAddr pa) =>
        !table.Stale.IsEmpty && table.Stale.MayReach(iova.Value, access, pa.Value);

    private static ContextKind KindOf(DomainType type) => type switch
    {
        DomainType.Blocked => ContextKind.Blocked,
        DomainType.Identity => ContextKind.Bypass,
        _ => ContextKind.Translated,
    };

    private DriverProfile Follow(DriverProfile unit) =>
        origin.IsStatic ? unit : unit.ForDomain?.Invoke(origin.Type, origin.Flags) ?? unit;

    /// <summary>Static domains have no instance of their own.</summary>
    private DriverProfile ProfileFor(AbstractDevice device) =>
        origin.IsStatic ? device.Profile : table.Profile;

    private Errno CheckAttach(AbstractDevice device)
    {
        var unit = device.Profile;
        var errno = unit.CheckAttach?.Invoke(madeFor, device.Spec, Type) ?? Errno.OK;
        if (errno == Errno.OK && unit.CheckCompatible is { } check)
        {
            errno = check(new AttachCase(
                madeFor, device.Spec, Type, ProfileFor(device), unit, device.Primary.HasPasids));
        }

        return errno == Errno.OK && unit.MappedBeyond != Errno.OK && table.ReachesAbove(Follow(unit).IovaLast)
            ? unit.MappedBeyond
            : errno;
    }

    private void Finalise(AbstractDevice device)
    {
        if (final)
        {
            return;
        }

        final = true;
        madeFor ??= device.Spec;
        table.Finalise(Follow(device.Profile));
        ShowLimits();
    }

    private void ShowLimits()
    {
        PageSizes = table.Sizes;
        Aperture = final ? table.Profile.Aperture : table.Profile.ApertureBefore;
    }

    private ulong Unmap(ulong iova, ulong size, ulong pageSize, IotlbGather gather)
    {
        if (!CanMap || size == 0)
        {
            return 0;
        }

        var removed = table.Unmap(iova, size, pageSize);
        if (removed != 0 && !gather.Queued)
        {
            gather.AddRange(iova, removed);
        }

        return removed;
    }
}
