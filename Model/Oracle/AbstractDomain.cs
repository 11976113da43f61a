using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Oracle;

/// <summary>How a domain of the abstract driver was made.</summary>
/// <param name="Type">Type asked for; UNMANAGED where the op is not told one.</param>
/// <param name="Flags">Flags asked for.</param>
/// <param name="MadeFor">Device given to the op; null when the op has none, and for static domains.</param>
/// <param name="Ops">Which ops it has.</param>
/// <param name="IsStatic">One of the driver's static domains.</param>
/// <param name="ByFlagsOp">Made by <c>domain_alloc_paging_flags</c>.</param>
internal readonly record struct DomainOrigin(
    DomainType Type,
    AllocFlags Flags,
    DeviceSpec? MadeFor,
    DomainOps Ops,
    bool IsStatic,
    bool ByFlagsOp = false);

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
        var profile = Follow(unit);
        final = origin.IsStatic || profile.Finalise == FinaliseRule.AtAlloc;
        table = new AbstractTable(profile, final);
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

    /// <summary>What was removed and not yet invalidated.</summary>
    internal StaleTranslations Stale => table.Stale;

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
            return unit.ChecksBeforeChange || unit.RefusedBeforeChange.Contains(errno)
                ? errno
                : Refused(device, errno);
        }

        if (!origin.IsStatic && unit.IgnoresUnknownTypes && !unit.KnownTypes.Contains(Type))
        {
            Finalise(device);
            return Errno.OK;
        }

        Fit(unit);
        if (Type.IsPaging() && stack.Faults.TakeAttach(dev, out errno))
        {
            return Refused(device, errno);
        }

        Finalise(device);
        device.Attach(KindOf(Type), this);
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

        var errno = CheckPasid(device, pasid);
        if (errno != Errno.OK)
        {
            return errno;
        }

        Fit(device.Profile);
        Finalise(device);
        table.IsMissedByDevices |= device.Profile.MissesPasidsBeforeAttach && !device.IsAttached;
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
        return IsGenericPageTable
            ? UnmapRange(iova, size, gather)
            : Unmap(iova.Value, table.BytesOfCall(iova.Value, pgsize, pgcount), pgsize, gather);
    }

    public override ulong UnmapRange(Iova iova, ulong size, IotlbGather gather) =>
        size != 0 && table.InLimits(iova.Value, size) ? Unmap(iova.Value, size, size, gather) : 0;

    public override void FlushIotlbAll()
    {
        if (table.IsMissedByDevices || table.Profile.FlushAllSparesDevices)
        {
            table.Stale.KeepInDevices(0, ulong.MaxValue);
        }

        table.Stale.Clear();
    }

    public override Errno IotlbSyncMap(Iova iova, ulong size) => Errno.OK;

    public override void IotlbSync(IotlbGather gather)
    {
        if (!table.Stale.IsEmpty && gather.Start <= gather.End)
        {
            var (first, last) = table.Profile.SyncReaches?.Invoke(gather.Start, gather.End)
                ?? (gather.Start, gather.End);
            KeepInDevices(first, last);
            table.Stale.Synced(gather, first, last);
        }
    }

    /// <summary>
    /// A device compares all bits of an address, so it does not find one that lacks its sign.
    /// </summary>
    private void KeepInDevices(ulong first, ulong last)
    {
        var missed = table.IsMissedByDevices ? first : table.Profile.SignedUpperFirst ?? ulong.MaxValue;
        if (missed <= last)
        {
            table.Stale.KeepInDevices(Math.Max(first, missed), last);
        }
    }

    public override PhysAddr IovaToPhys(Iova iova) => CanMap ? table.IovaToPhys(iova.Value) : default;

    /// <summary>True when every device on the domain has the capability.</summary>
    public override bool EnforceCacheCoherency() => stack.AllOn(this, Capabilities.EnforceCacheCoherency);

    public override void Free() => table.Free(stack.IsPointedTo(this));

    private static Errno Refused(AbstractDevice device, Errno errno)
    {
        device.LeaveRefused();
        return errno;
    }

    private static ContextKind KindOf(DomainType type) => type switch
    {
        DomainType.Blocked => ContextKind.Blocked,
        DomainType.Identity => ContextKind.Bypass,
        _ => ContextKind.Translated,
    };

    private DriverProfile Follow(DriverProfile unit) =>
        origin.IsStatic ? unit : unit.Made(origin.ByFlagsOp, origin.Type, origin.Flags);

    /// <summary>Static domains have no instance of their own.</summary>
    private DriverProfile ProfileFor(AbstractDevice device) =>
        origin.IsStatic ? device.Profile : table.Profile;

    private Errno CheckAttach(AbstractDevice device)
    {
        var unit = device.Profile;
        var owner = IsEmptyOfOthers(device) ? null : madeFor;
        var errno = unit.CheckAttach?.Invoke(owner, device.Spec, Type) ?? Errno.OK;
        if (errno == Errno.OK && unit.CheckCompatible is { } check)
        {
            errno = check(new AttachCase(
                owner, device.Spec, Type, ProfileFor(device), unit, device.Primary.HasPasids));
        }

        return errno == Errno.OK ? CheckWidth(unit) : errno;
    }

    private Errno CheckPasid(AbstractDevice device, Pasid pasid)
    {
        var errno = Errno.OK;
        if (device.Profile.CheckPasid is { } check)
        {
            var rid = device.Primary.Domain;
            var ridProfile = rid is { origin.IsStatic: false } ? rid.Profile : null;
            errno = check(new PasidCase(
                madeFor, device.Spec, Type, ProfileFor(device), pasid, rid?.Type, ridProfile,
                stack.IsKdump && device.IsInherited));
        }

        return errno == Errno.OK ? CheckWidth(device.Profile) : errno;
    }

    private void Finalise(AbstractDevice device)
    {
        if (final && !IsEmptyOfOthers(device))
        {
            return;
        }

        madeFor = final ? device.Spec : madeFor ?? device.Spec;
        final = true;
        table.Finalise(Follow(device.Profile));
        ShowLimits();
    }

    /// <summary>The domain takes its bounds anew from a device when no other is on it.</summary>
    private bool IsEmptyOfOthers(AbstractDevice device) =>
        !origin.IsStatic && table.Profile.Finalise == FinaliseRule.AtFirstAttachOfEmpty
        && !stack.AnyOn(this, device);

    /// <summary>Mapped higher than the unit goes.</summary>
    private Errno CheckWidth(DriverProfile unit) =>
        FollowsUnits(unit) && table.ReachesAbove(Follow(unit).IovaLast) ? unit.MappedBeyond : Errno.OK;

    /// <summary>The tests are passed; what may still fail comes after this.</summary>
    private void Fit(DriverProfile unit)
    {
        if (FollowsUnits(unit))
        {
            table.FitTo(Follow(unit));
        }
    }

    /// <summary>The limit of map is that of the unit the domain was last put on (VT-d before 7.2).</summary>
    private bool FollowsUnits(DriverProfile unit) =>
        unit.MappedBeyond != Errno.OK && Type.IsPaging() && !origin.IsStatic;

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

        var removed = table.Unmap(iova, size, pageSize, gather);
        if (removed != 0 && !gather.Queued)
        {
            Gather(gather, iova, removed);
        }

        return removed;
    }

    private void Gather(IotlbGather gather, ulong iova, ulong removed)
    {
        if (!table.Profile.GathersPages)
        {
            gather.AddRange(iova, removed);
            return;
        }

        if (gather.NeedsSyncBefore(iova, removed, removed))
        {
            IotlbSync(gather);
            gather.Reset();
        }

        gather.AddPage(iova, removed, removed);
    }
}
