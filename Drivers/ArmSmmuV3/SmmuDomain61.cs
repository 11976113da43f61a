using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// A domain of 6.1: UNMANAGED, DMA, DMA_FQ or IDENTITY; bound to a unit and finalised at the first attach;
/// the CD
/// table belongs to the domain. Attach detaches first, so a refusal leaves the device on an abort entry.
/// </summary>
public sealed class SmmuDomain61 : SmmuPagingDomain
{
    private readonly List<SmmuMaster> masters = [];
    private SmmuCdTable? contexts;

    public SmmuDomain61(ArmSmmuV3Driver driver, DomainType type)
        : base(driver)
    {
        Type = type;

        // A guess until the first attach: every size there is.
        PageSizes = new PageSizes(ulong.MaxValue);
    }

    public override DomainOps Ops => DomainOps.Paging | DomainOps.FlushIotlbAll | DomainOps.IotlbSync;

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        if (dev.DriverData is not SmmuMaster master)
        {
            return Errno.ENOENT;
        }

        Detach(master);
        var error = Accept(dev, master);
        if (error != Errno.OK)
        {
            return error;
        }

        master.Domain = this;
        master.AtsEnabled = Type.IsPaging() && master.SupportsAts;
        Install(master);
        masters.Add(master);
        if (master.AtsEnabled)
        {
            AddAtc(0, 0);
            master.Unit.Queue.Sync();
            master.Unit.SetAts(master, enabled: true);
        }

        return Errno.OK;
    }

    public override void Free()
    {
        base.Free();
        contexts?.Free();
    }

    /// <summary>Off the old domain: ATS off, entry back to abort (arm_smmu_detach_dev). Nothing when on
    /// none.</summary>
    public static void Detach(SmmuMaster master)
    {
        if (master.Domain is not SmmuDomain61 old)
        {
            return;
        }

        if (master.AtsEnabled)
        {
            master.Unit.SetAts(master, enabled: false);
            master.InvalidateAtc(0);
        }

        old.masters.Remove(master);
        master.Domain = null;
        master.AtsEnabled = false;
        Install(master);
    }

    protected override void InvalidateRange(ulong iova, ulong size, ulong granule, bool leaf)
    {
        Unit!.AddRange(Space, VisibleId, iova, size, granule, leaf, PageShift);
        Unit.Queue.Sync();
        if (AddAtc(iova, size))
        {
            Unit.Queue.Sync();
        }
    }

    protected override void InvalidateAll()
    {
        if (Type.IsPaging())
        {
            Unit!.FlushSpace(Space, VisibleId);
            if (AddAtc(0, 0))
            {
                Unit.Queue.Sync();
            }
        }
    }

    private Errno Accept(IommuDevice dev, SmmuMaster master)
    {
        if (Unit is null)
        {
            if (!Type.IsPaging())
            {
                Bind(master.Unit);
                return Errno.OK;
            }

            // Memory for table and contexts, or the ASID: a failure leaves the domain unbound.
            return Faults.TakeAttach(dev, out var injected) ? injected : FinaliseFor(master);
        }

        if (Unit != master.Unit)
        {
            var refusal = Steps.OtherUnit(Unit.Tree.OtherUnit);
            if (refusal != Errno.OK)
            {
                return refusal;
            }
        }

        if (contexts is not null && contexts.Bits != master.SubstreamBits)
        {
            return Errno.EINVAL;
        }

        return Type.IsPaging() && Faults.TakeAttach(dev, out var error) ? error : Errno.OK;
    }

    private Errno FinaliseFor(SmmuMaster master)
    {
        var error = Finalise(master.Unit, ArmLpaeQuirks.None);
        if (error != Errno.OK || IsStage2)
        {
            return error;
        }

        var memory = master.Unit.Memory;
        contexts = new SmmuCdTable(memory, master.SubstreamBits, master.Unit.Features.TwoLevelContexts);
        contexts.Ensure(0);
        Span<ulong> words = stackalloc ulong[SmmuEntries.Words];
        MakeContext(words);
        var at = contexts.EntryOf(0);
        for (var i = SmmuEntries.Words - 1; i >= 0; i--)
        {
            // The word with V comes last. No stream refers to the table yet, so no command is sent.
            memory.WriteThrough(at + (8UL * (ulong)i), words[i]);
        }

        return Errno.OK;
    }

    private bool AddAtc(ulong iova, ulong size)
    {
        var any = false;
        foreach (var master in masters)
        {
            if (master.AtsEnabled)
            {
                master.AddAtcInvalidation(0, iova, size);
                any = true;
            }
        }

        return any;
    }

    private static void Install(SmmuMaster master)
    {
        for (var i = 0; i < master.Unit.Steps.StreamsToUpdate(master); i++)
        {
            if (master.IsFirst(i))
            {
                WriteEntry(master, master.Streams[i]);
            }
        }
    }

    /// <summary>
    /// arm_smmu_write_strtab_ent. To abort or bypass: words 0, 1, 2 and one command. To translation: words 1
    /// to 3,
    /// command, word 0, command; a stage-2 entry keeps what its second word had.
    /// </summary>
    private static void WriteEntry(SmmuMaster master, uint sid)
    {
        var unit = master.Unit;
        var memory = unit.Memory;
        var at = unit.Streams.EntryOf(sid);
        Span<ulong> words = stackalloc ulong[SmmuEntries.Words];
        if (master.Domain is not SmmuDomain61 domain || !domain.Type.IsPaging())
        {
            var bypass = master.Domain is not null;
            memory.WriteThrough(at, SmmuEntries.SteValid | (bypass ? (ulong)SmmuConfig.Bypass << 1 : 0));
            memory.WriteThrough(at + 8, SmmuEntries.IncomingShare);
            memory.WriteThrough(at + 16, 0);
            unit.Steps.SyncStreamEntry(unit, sid);
            return;
        }

        if (domain.contexts is not null)
        {
            SmmuEntries.Stage1(words, domain.contexts, unit.Features, SmmuEntries.DssContext0,
                master.AtsEnabled, stallEnabled: false);
            memory.WriteThrough(at + 8, words[1]);
        }
        else
        {
            domain.MakeStage2(words, ats: false);
            var second = memory.Read(at + 8) | (master.AtsEnabled ? SmmuEntries.EatsFull : 0);
            memory.WriteThrough(at + 8, second);
            memory.WriteThrough(at + 16, words[2]);
            memory.WriteThrough(at + 24, words[3]);
        }

        unit.Steps.SyncStreamEntry(unit, sid);
        memory.WriteThrough(at, words[0]);
        unit.Steps.SyncStreamEntry(unit, sid);
        unit.Queue.Issue(SmmuCommand.PrefetchCfg(sid));
    }
}
