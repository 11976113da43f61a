using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>Whole commands as a right core and driver show them.</summary>
internal sealed partial class RuleBench
{
    /// <summary>Registration: all devices on their default domains.</summary>
    public RuleBench Start(DomainType type = DomainType.Dma)
    {
        Begin(Op.Register).Static(Blocked, DomainType.Blocked).Static(Identity, DomainType.Identity);
        for (var d = 0; d < 3; d++)
        {
            OfDevice(EventKind.ProbeDevice, d).Join(d, d == 2 ? 1 : 0);
        }

        return FirstDomain(0, Default, type, 0, 1).FirstDomain(1, OtherDefault, type, 2).End();
    }

    /// <summary>Registration with d0 alone in g0; d1 comes later.</summary>
    public RuleBench StartAlone() =>
        Begin(Op.Register).Static(Blocked, DomainType.Blocked).Static(Identity, DomainType.Identity)
            .OfDevice(EventKind.ProbeDevice, 0).Join(0, 0).FirstDomain(0, Default, DomainType.Dma, 0).End();

    /// <summary>The first default domain of a group: allocated, attached, recorded, finalised.</summary>
    public RuleBench FirstDomain(int group, DomainId domain, DomainType type, params int[] devices)
    {
        Alloc(domain, type, devices[0]);
        records[group] = default;
        SetBegin(group, domain, must: true);
        foreach (var device in devices)
        {
            Attach(device, domain);
        }

        Note(group, r => r with { Domain = domain, Default = domain }).SetEnd(group, domain, must: true);
        foreach (var device in devices)
        {
            OfDevice(EventKind.ProbeFinalize, device);
        }

        return this;
    }

    /// <summary>A set-domain in which all devices of the group accept.</summary>
    public RuleBench Move(int group, DomainId target, bool must = false)
    {
        var old = records[group].Domain;
        SetBegin(group, target, must);
        foreach (var device in Members(group))
        {
            Attach(device, target, old: old);
        }

        return Note(group, r => r with { Domain = target }).SetEnd(group, target, must);
    }

    /// <summary>
    /// A set-domain of g0 that d1 refuses: d0 is moved back; before v6.19 so is d1.
    /// </summary>
    public RuleBench RefusedMove(DomainId target, bool alsoLast = false, Errno errno = Errno.ENOMEM)
    {
        var old = records[0].Domain;
        SetBegin(0, target).Attach(0, target, old: old).Attach(1, target, errno, old);
        Attach(0, old, old: target);
        return (alsoLast ? Attach(1, old, old: target) : this).SetEnd(0, target, errno: errno);
    }

    public RuleBench Claim(int owner = 1, int group = 0)
    {
        Begin(Op.ClaimGroup, owner, group);
        Note(group, r => r with { Blocking = Blocked }).Move(group, Blocked);
        return Note(group, r => r with { Owner = owner, Count = 1 }).End();
    }

    public RuleBench ReleaseOwner(int group = 0)
    {
        Begin(Op.ReleaseGroupOwner, group).Note(group, r => r with { Owner = 0, Count = 0 });
        return Move(group, records[group].Default, must: true).End();
    }

    public RuleBench Bind(int device)
    {
        var group = device == 2 ? 1 : 0;
        return Begin(Op.Bind, device).Note(group, r => r with { Count = r.Count + 1 }).End();
    }

    public RuleBench Unbind(int device)
    {
        var group = device == 2 ? 1 : 0;
        return Begin(Op.Unbind, device).Note(group, r => r with { Count = r.Count - 1 }).End();
    }

    /// <summary>UNMANAGED into a slot: slot 0 becomes #5 and so on.</summary>
    public RuleBench AllocSlot(int slot = 0, int device = 0) =>
        Begin(Op.Alloc, DomainRef.Slot(slot).Packed, device)
            .Alloc(new DomainId(User.Serial + slot), DomainType.Unmanaged, device).End();

    /// <summary>iommu_attach_group of a slot.</summary>
    public RuleBench AttachSlot(int slot = 0, int group = 0) =>
        Begin(Op.AttachGroup, DomainRef.Slot(slot).Packed, group)
            .Move(group, new DomainId(User.Serial + slot)).End();

    /// <summary>iommu_detach_group to the core domain.</summary>
    public RuleBench Detach(int slot = 0, int group = 0)
    {
        var core = records[group].Owner != 0 ? records[group].Blocking : records[group].Default;
        return Begin(Op.DetachGroup, DomainRef.Slot(slot).Packed, group).Move(group, core, must: true).End();
    }

    /// <summary>A map request of small pages, or of 2 MiB pages.</summary>
    public RuleBench Map(
        DomainRef name,
        DomainId domain,
        ulong iova,
        ulong pa,
        ulong size,
        Prot prot = Prot.Read | Prot.Write,
        ulong page = 0x1000,
        Errno errno = Errno.OK)
    {
        Begin(Op.Map, name.Packed, 0, iova, size);
        if (errno == Errno.OK)
        {
            Pages(EventKind.MapPages, domain, iova, pa, page, size / page, size);
        }

        return Event(EventKind.CoreMap, (ref TraceEvent e) =>
        {
            (e.Domain, e.A, e.B, e.C) = (domain, iova, pa, size);
            (e.Extra, e.Errno) = ((byte)prot, errno);
        }).End(errno);
    }

    /// <summary>
    /// As <see cref="Map(DomainRef, DomainId, ulong, ulong, ulong, Prot, ulong, Errno)"/>, slot 0.
    /// </summary>
    public RuleBench Map(
        ulong iova, ulong pa, ulong size, Prot prot = Prot.Read | Prot.Write, ulong page = 0x1000) =>
        Map(DomainRef.Slot(0), User, iova, pa, size, prot, page);

    /// <summary>An unmap request in slot 0 that returns <paramref name="bytes"/>, or all.</summary>
    public RuleBench Unmap(ulong iova, ulong size, ulong? bytes = null, bool fast = false)
    {
        Begin(fast ? Op.UnmapFast : Op.Unmap, DomainRef.Slot(0).Packed, 0, iova, size);
        Pages(EventKind.UnmapPages, User, iova, 0, 0x1000, size / 0x1000, bytes ?? size);
        return Event(EventKind.CoreUnmap, (ref TraceEvent e) =>
            (e.Domain, e.A, e.C, e.E, e.Flag) = (User, iova, size, bytes ?? size, fast)).End();
    }

    public RuleBench Pages(
        EventKind kind, DomainId domain, ulong iova, ulong pa, ulong page, ulong count, ulong bytes) =>
        Event(kind, (ref TraceEvent e) =>
        {
            (e.Domain, e.A, e.B) = (domain, iova, pa);
            (e.C, e.D, e.E) = (page, count, bytes);
        });

    /// <summary>The device has a direct region, laid into its default domain by iommu_map.</summary>
    public RuleBench Direct(int device, ulong start, ulong size, DomainId domain, bool mapped = true)
    {
        Event(EventKind.DirectRegion, (ref TraceEvent e) =>
        {
            (e.Device, e.A, e.B) = ((short)device, start, start + size - 1);
            e.Extra = (byte)(Prot.Read | Prot.Write);
        });
        if (mapped)
        {
            Event(EventKind.CoreMap, (ref TraceEvent e) =>
            {
                (e.Domain, e.A, e.B, e.C) = (domain, start, start, size);
                e.Extra = (byte)(Prot.Read | Prot.Write);
            });
        }

        return Event(EventKind.DirectMappings, (ref TraceEvent e) =>
            (e.Device, e.Domain) = ((short)device, domain));
    }

    /// <summary>A device is unplugged: out of the list, release domain, release_device.</summary>
    public RuleBench Unplug(int device, int group)
    {
        Begin(Op.Release, device).Leave(device, group).Attach(device, Blocked, old: records[group].Domain);
        return OfDevice(EventKind.ReleaseDevice, device).End();
    }

    /// <summary>reset_prepare of a device of g0.</summary>
    public RuleBench Prepare(int device)
    {
        Begin(Op.ResetPrepare, device).Note(0, r => r with { Blocking = Blocked });
        Attach(device, Blocked, old: records[0].Domain).OfDevice(EventKind.ResetStaged, device, flag: true);
        return Note(0, r => r).End();
    }
}
