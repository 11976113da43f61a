using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// The static identity and blocked domains of 6.12 and 7.2. Attach always works: a bypass or abort entry,
/// or, while PASIDs
/// are in use, the CD table with S1DSS bypass or terminate. Afterwards context 0 is cleared.
/// </summary>
public sealed class SmmuStaticDomain : IommuDomain
{
    private readonly Func<SmmuMaster, Pasid, IommuDomain?, SmmuModernDomain?> oldUserOf;

    /// <param name="type">Identity or Blocked.</param>
    /// <param name="oldUserOf">Which domain the switch leaves, as the tree finds it.</param>
    public SmmuStaticDomain(
        DomainType type, Func<SmmuMaster, Pasid, IommuDomain?, SmmuModernDomain?> oldUserOf)
    {
        this.oldUserOf = oldUserOf;
        Type = type;
    }

    /// <summary>Blocked on a PASID takes the PASID's domain off (6.12: remove_dev_pasid).</summary>
    public override DomainOps Ops => Type == DomainType.Blocked
        ? DomainOps.AttachDev | DomainOps.SetDevPasid
        : DomainOps.AttachDev;

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        if (dev.DriverData is SmmuMaster master)
        {
            Attach(master, oldUserOf(master, Pasid.None, old));
        }

        return Errno.OK;
    }

    public override Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old)
    {
        if (dev.DriverData is not SmmuMaster master)
        {
            return Errno.OK;
        }

        var left = oldUserOf(master, pasid, old);
        master.ClearContext(pasid.Value);
        if (master.AtsEnabled)
        {
            master.InvalidateAtc(pasid.Value);
        }

        left?.RemoveUser(master, pasid.Value);
        master.Pasids.Remove(pasid.Value);

        // The last PASID is gone: an entry without contexts will do again.
        if (master.UsedSubstreams == 0 && master.Domain is SmmuStaticDomain normal)
        {
            normal.Attach(master, old: null);
        }

        return Errno.OK;
    }

    /// <summary>Puts normal DMA of the device on this domain.</summary>
    public void Attach(SmmuMaster master, SmmuModernDomain? old)
    {
        var contextsInUse = master.UsedSubstreams != 0;
        var isBypass = Type == DomainType.Identity;
        var attachment = new SmmuAttachment(master, 0, old);
        attachment.Prepare(target: null, contextsNeedAts: contextsInUse);
        Span<ulong> words = stackalloc ulong[SmmuEntries.Words];
        if (contextsInUse)
        {
            SmmuEntries.Stage1(words, master.Contexts!, master.Unit.Features,
                isBypass ? SmmuEntries.DssBypass
                    : SmmuEntries.DssTerminate, attachment.Ats, stallEnabled: false);
        }
        else if (isBypass)
        {
            SmmuEntries.Bypass(words, master.Unit.Features.AttributeOverride);
        }
        else
        {
            SmmuEntries.Abort(words, incoming: false);
        }

        master.InstallEntry(words);
        attachment.Commit();
        master.Domain = this;
        master.ClearContext(0);
    }
}
