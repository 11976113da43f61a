using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>One way a device uses a domain: for normal DMA (SubstreamID 0) or for a PASID.</summary>
/// <param name="Master">The device.</param>
/// <param name="Ssid">SubstreamID.</param>
/// <param name="Ats">The function caches translations, so its ATC must be told.</param>
public readonly record struct SmmuUser(SmmuMaster Master, uint Ssid, bool Ats);

/// <summary>
/// A paging domain of 6.12 and 7.2: finalised at allocation, CD tables belong to the devices. Every check
/// precedes
/// the first write: a refused attach keeps the old domain, a good one goes from old to new directly.
/// </summary>
public abstract class SmmuModernDomain : SmmuPagingDomain
{
    protected SmmuModernDomain(ArmSmmuV3Driver driver)
        : base(driver)
    {
        Type = DomainType.Unmanaged;
    }

    public override DomainOps Ops =>
        DomainOps.Paging | DomainOps.FlushIotlbAll | DomainOps.IotlbSync | DomainOps.SetDevPasid;

    /// <summary>Who must hear of invalidations.</summary>
    protected List<SmmuUser> Users { get; } = [];

    /// <summary>Finalises for the unit of a device.</summary>
    public Errno FinaliseFor(SmmuDevice unit, bool dirty) =>
        Finalise(unit, dirty ? ArmLpaeQuirks.HardwareDirty : ArmLpaeQuirks.None);

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        if (dev.DriverData is not SmmuMaster master)
        {
            return Errno.ENOENT;
        }

        if (Unit != master.Unit && Steps.OtherUnit(master.Unit.Tree.OtherUnit) is var refusal
            && refusal != Errno.OK)
        {
            return refusal;
        }

        if (IsStage2 && master.UsedSubstreams != 0)
        {
            return Errno.EBUSY;
        }

        // Memory for the CD table or for the record of the attachment.
        if (Faults.TakeAttach(dev, out var injected))
        {
            return injected;
        }

        var at = IsStage2 ? 0 : master.EnsureContext(0);
        var attachment = new SmmuAttachment(master, 0, OldUserOf(master, old));
        var error = attachment.Prepare(this, contextsNeedAts: false);
        if (error != Errno.OK)
        {
            return error;
        }

        Span<ulong> words = stackalloc ulong[SmmuEntries.Words];
        if (IsStage2)
        {
            MakeStage2(words, attachment.Ats);
            master.InstallEntry(words);
            master.ClearContext(0);
        }
        else
        {
            MakeContext(words);
            master.WriteContext(0, at, words);
            SmmuEntries.Stage1(words, master.Contexts!, master.Unit.Features, SmmuEntries.DssContext0,
                attachment.Ats, stallEnabled: false);
            master.InstallEntry(words);
        }

        attachment.Commit();
        master.Domain = this;
        return Errno.OK;
    }

    public override Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old)
    {
        if (dev.DriverData is not SmmuMaster master || Unit != master.Unit || IsStage2)
        {
            return Errno.EINVAL;
        }

        var normal = master.Domain;
        if (!master.EntryHasContexts && normal?.Type is not (DomainType.Identity or DomainType.Blocked))
        {
            return Errno.EINVAL;
        }

        var at = master.EnsureContext(pasid.Value);
        var attachment = new SmmuAttachment(master, pasid.Value, OldPasidUserOf(master, pasid, old));
        var error = attachment.Prepare(this, contextsNeedAts: false);
        if (error != Errno.OK)
        {
            return error;
        }

        Span<ulong> words = stackalloc ulong[SmmuEntries.Words];
        MakeContext(words);
        master.WriteContext(pasid.Value, at, words);
        UpdateEntry(master, normal, attachment.Ats);
        attachment.Commit();
        master.Pasids[pasid.Value] = this;
        return Errno.OK;
    }

    /// <summary>Takes part in invalidations for this use from now on. -EINVAL when the domain cannot serve
    /// it.</summary>
    public virtual Errno AddUser(in SmmuUser user)
    {
        Users.Add(user);
        return Errno.OK;
    }

    /// <summary>The use is over.</summary>
    public virtual void RemoveUser(SmmuMaster master, uint ssid)
    {
        for (var i = 0; i < Users.Count; i++)
        {
            if (Users[i].Master == master && Users[i].Ssid == ssid)
            {
                Users.RemoveAt(i);
                return;
            }
        }
    }

    /// <summary>Which domain the switch of normal DMA leaves.</summary>
    protected internal abstract SmmuModernDomain? OldUserOf(SmmuMaster master, IommuDomain? old);

    /// <summary>Which domain the switch of a PASID leaves.</summary>
    protected abstract SmmuModernDomain? OldPasidUserOf(SmmuMaster master, Pasid pasid, IommuDomain? old);

    /// <summary>
    /// arm_smmu_update_ste: normal DMA on identity or blocked needs an entry with contexts once a PASID is
    /// in use.
    /// </summary>
    private static void UpdateEntry(SmmuMaster master, IommuDomain? normal, bool ats)
    {
        if (master.EntryHasContexts && master.EntryAnswersAts == ats)
        {
            return;
        }

        Span<ulong> words = stackalloc ulong[SmmuEntries.Words];
        var bypass = normal?.Type == DomainType.Identity;
        SmmuEntries.Stage1(words, master.Contexts!, master.Unit.Features,
            bypass ? SmmuEntries.DssBypass : SmmuEntries.DssTerminate, ats, stallEnabled: false);
        master.InstallEntry(words);
    }

    protected override void InvalidateRange(ulong iova, ulong size, ulong granule, bool leaf)
    {
        if (IsTagLive)
        {
            Unit!.AddRange(Space, VisibleId, iova, size, granule, leaf, PageShift);
            Unit.Queue.Sync();
        }

        InvalidateAtcs(iova, size);
    }

    protected override void InvalidateAll()
    {
        if (IsTagLive)
        {
            Unit!.FlushSpace(Space, VisibleId);
        }

        InvalidateAtcs(0, 0);
    }

    /// <summary>The ASID or VMID may have entries in the TLB.</summary>
    protected abstract bool IsTagLive { get; }

    private void InvalidateAtcs(ulong iova, ulong size)
    {
        var any = false;
        foreach (var user in Users)
        {
            if (user.Ats)
            {
                user.Master.AddAtcInvalidation(user.Ssid, iova, size);
                any = true;
            }
        }

        if (any)
        {
            Unit!.Queue.Sync();
        }
    }
}

/// <summary>6.12: invalidations go out for the ASID or VMID always; it is flushed when the domain is
/// freed.</summary>
public sealed class SmmuDomain612(ArmSmmuV3Driver driver) : SmmuModernDomain(driver)
{
    protected override bool IsTagLive => true;

    /// <summary>
    /// The kernel asks the core for the group's record here. It agrees with what is attached except in the
    /// middle of
    /// a rollback, where only the list of ATS users suffers; the driver's own memory stands in for it.
    /// </summary>
    protected internal override SmmuModernDomain? OldUserOf(SmmuMaster master, IommuDomain? old) =>
        master.Domain as SmmuModernDomain;

    protected override SmmuModernDomain? OldPasidUserOf(SmmuMaster master, Pasid pasid, IommuDomain? old) =>
        master.Pasids.GetValueOrDefault(pasid.Value);
}

/// <summary>
/// 7.2: the domain counts the users of its ASID or VMID. The last one to leave flushes it; without users
/// nothing is
/// sent. <c>old</c> is believed, as in arm_smmu_attach_prepare_invs.
/// </summary>
public sealed class SmmuDomain72(ArmSmmuV3Driver driver) : SmmuModernDomain(driver)
{
    private int tagUsers;
    private bool enforcesCoherency;

    public override DomainOps Ops => base.Ops | DomainOps.EnforceCacheCoherency;

    protected override bool IsTagLive => tagUsers > 0;

    /// <summary>No device here can write back without coherency (CANWBS): only a domain without devices
    /// agrees.</summary>
    public override bool EnforceCacheCoherency()
    {
        enforcesCoherency = Users.Count == 0;
        return enforcesCoherency;
    }

    public override Errno AddUser(in SmmuUser user)
    {
        if (enforcesCoherency)
        {
            return Errno.EINVAL;
        }

        tagUsers++;
        return base.AddUser(user);
    }

    public override void RemoveUser(SmmuMaster master, uint ssid)
    {
        base.RemoveUser(master, ssid);
        tagUsers = Math.Max(0, tagUsers - 1);
        if (tagUsers == 0 && Steps.FlushesAtLastUser)
        {
            Unit!.FlushSpace(Space, VisibleId);
        }
    }

    protected internal override SmmuModernDomain? OldUserOf(SmmuMaster master, IommuDomain? old) =>
        old as SmmuModernDomain;

    protected override SmmuModernDomain? OldPasidUserOf(SmmuMaster master, Pasid pasid, IommuDomain? old) =>
        old as SmmuModernDomain;
}

/// <summary>
/// The frame around the change of an entry: arm_smmu_attach_prepare and _commit. Both domains hear of
/// invalidations
/// while the entry changes; ATS goes off before and on after it.
/// </summary>
public ref struct SmmuAttachment(SmmuMaster master, uint ssid, SmmuModernDomain? old)
{
    private readonly SmmuMaster master = master;
    private readonly uint ssid = ssid;
    private readonly SmmuModernDomain? old = old;

    /// <summary>EATS for the entry to write.</summary>
    public bool Ats { get; private set; }

    /// <summary>Nothing has changed when this fails.</summary>
    /// <param name="target">The new paging domain, null for identity and blocked.</param>
    /// <param name="contextsNeedAts">A PASID may be using ATS.</param>
    public Errno Prepare(SmmuModernDomain? target, bool contextsNeedAts)
    {
        Ats = (target is not null || contextsNeedAts) && master.SupportsAts;
        var error = target?.AddUser(new SmmuUser(master, ssid, Ats)) ?? Errno.OK;
        if (error == Errno.OK && !Ats && master.AtsEnabled)
        {
            master.Unit.SetAts(master, enabled: false);
        }

        return error;
    }

    public readonly void Commit()
    {
        if (Ats && !master.AtsEnabled)
        {
            master.InvalidateAtc(0);
            master.Unit.SetAts(master, enabled: true);
        }
        else if (Ats)
        {
            master.InvalidateAtc(ssid);
        }
        else if (master.AtsEnabled)
        {
            master.InvalidateAtc(0);
        }

        old?.RemoveUser(master, ssid);
        master.AtsEnabled = Ats;
    }
}
