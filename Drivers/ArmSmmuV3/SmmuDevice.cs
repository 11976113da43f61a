using System.Numerics;
using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>One unit as the driver knows it (struct arm_smmu_device).</summary>
public sealed class SmmuDevice
{
    private readonly SmmuHardware unit;
    private readonly Dictionary<uint, SmmuMaster> masters = [];
    private SmmuQueue? queue;
    private SmmuStreamTable? streams;
    private SmmuSteWriter? entries;

    public SmmuDevice(PhysicalMemory memory, SmmuHardware unit, bool hostAtEl2, SmmuTree tree,
        SmmuSteps steps)
    {
        this.unit = unit;
        Memory = memory;
        Tree = tree;
        Steps = steps;
        Features = SmmuFeatures.Read(unit, hostAtEl2);
        Vmids = new SmmuIds(Features.VmidBits);
    }

    public PhysicalMemory Memory { get; }

    public SmmuTree Tree { get; }

    public SmmuSteps Steps { get; }

    public SmmuFeatures Features { get; }

    /// <summary>VMIDs are per unit; ASIDs belong to the driver as a whole.</summary>
    public SmmuIds Vmids { get; }

    public SmmuQueue Queue => queue ?? throw new InvalidOperationException("the unit was not started");

    public SmmuStreamTable Streams =>
        streams ?? throw new InvalidOperationException("the unit was not started");

    public SmmuSteWriter Entries =>
        entries ?? throw new InvalidOperationException("the unit was not started");

    public bool IsStarted => queue is not null;

    /// <summary>Event records read so far.</summary>
    public long EventsSeen { get; private set; }

    /// <summary>First word of the last event record.</summary>
    public ulong LastEvent { get; private set; }

    private ulong eventTable;

    /// <summary>arm_smmu_device_probe: structures, then reset. -ETIMEDOUT when the unit does not
    /// follow.</summary>
    /// <param name="bypassed">Streams that firmware keeps in use (memory reservations): they start in
    /// bypass.</param>
    public Errno Start(IEnumerable<uint> bypassed)
    {
        queue = new SmmuQueue(Memory, unit, Features.CommandQueueBits, Features.SendsEvent, Steps);
        var eventBytes = 32 << Features.EventQueueBits;
        eventTable = Memory.Alloc(eventBytes, Math.Max(4096, eventBytes)).Value;
        var priBytes = 16 << Features.PriQueueBits;
        var priTable = Features.Pri ? Memory.Alloc(priBytes, Math.Max(4096, priBytes)).Value : 0;
        streams = new SmmuStreamTable(
            Memory, Features.StreamIdBits, Features.TwoLevelStreams, Tree.FreshEntriesCarryShare);
        entries = new SmmuSteWriter(Memory, this, Tree.EatsIsSafe);
        Span<ulong> bypass = stackalloc ulong[SmmuEntries.Words];
        SmmuEntries.Bypass(bypass, Tree.FreshEntriesCarryShare || Features.AttributeOverride);
        foreach (var sid in bypassed)
        {
            if (streams.Covers(sid))
            {
                streams.Ensure(sid);
                streams.WriteUnseen(sid, bypass);
            }
        }

        return Reset(priTable) ? Errno.OK : Errno.ETIMEDOUT;
    }

    /// <summary>Reads all waiting event records, as the interrupt thread does.</summary>
    public void ServiceEvents()
    {
        var mask = (1U << Features.EventQueueBits) - 1;
        var wrap = (mask << 1) | 1;
        var prod = unit.Read32(SmmuReg.EvtqProd);
        var cons = unit.Read32(SmmuReg.EvtqCons) & wrap;
        while (cons != (prod & wrap))
        {
            LastEvent = Memory.Read(eventTable + ((ulong)(cons & mask) << 5));
            EventsSeen++;
            cons = (cons + 1) & wrap;
        }

        unit.Write32(SmmuReg.EvtqCons, cons | (prod & SmmuReg.QueueOverflow));
    }

    /// <summary>Claims a StreamID: -ERANGE beyond the table, the tree's error when it is another
    /// device's.</summary>
    public Errno Claim(uint sid, SmmuMaster master)
    {
        if (!Streams.Covers(sid))
        {
            return Errno.ERANGE;
        }

        Streams.Ensure(sid);
        if (masters.TryGetValue(sid, out var owner) && owner != master)
        {
            return Tree.AliasedStream;
        }

        masters[sid] = master;
        return Errno.OK;
    }

    /// <summary>Gives up the StreamIDs of a device.</summary>
    public void Disclaim(SmmuMaster master)
    {
        foreach (var sid in master.Streams)
        {
            if (masters.TryGetValue(sid, out var owner) && owner == master)
            {
                masters.Remove(sid);
            }
        }
    }

    /// <summary>Adds invalidations of a range; the caller waits (arm_smmu_cmdq_batch_add_range).</summary>
    /// <param name="space">ASID or VMID.</param>
    /// <param name="id">Its number.</param>
    /// <param name="iova">First address.</param>
    /// <param name="size">Bytes, not 0.</param>
    /// <param name="granule">Size of the leaves, or of a page for a table.</param>
    /// <param name="leaf">Leaves only.</param>
    /// <param name="pageShift">log2 of the table's page size.</param>
    public void AddRange(
        SmmuSpace space, uint id, ulong iova, ulong size, ulong granule, bool leaf, int pageShift)
    {
        if (!Features.RangeInvalidation)
        {
            if (Tree.CollapsesLargeRanges && size >= granule << (BitOperations.Log2(granule) - 3))
            {
                Queue.Add(SmmuCommand.TlbiWhole(space, id));
                return;
            }

            for (var at = iova; at < iova + size; at += granule)
            {
                Queue.Add(SmmuCommand.TlbiAddress(space, id, at, leaf));
            }

            return;
        }

        var pages = size >> pageShift;
        var level = leaf ? 4 - ((BitOperations.Log2(granule) - 3) / (pageShift - 3)) : 0;
        if (Tree.PadsSinglePage && !leaf && (pages & 0x1f) == 1)
        {
            pages++;
        }

        while (pages != 0)
        {
            var scale = BitOperations.TrailingZeroCount(pages);
            var units = (uint)(pages >> scale) & 0x1f;
            Queue.Add(SmmuCommand.TlbiAddress(space, id, iova, leaf)
                .Ranged(Steps.RangeNum(units), scale, level, (pageShift - 10) / 2));
            iova += (ulong)units << (scale + pageShift);
            pages -= (ulong)units << scale;
        }
    }

    /// <summary>Everything of an ASID or VMID, and waits.</summary>
    public void FlushSpace(SmmuSpace space, uint id)
    {
        Queue.Add(SmmuCommand.TlbiWhole(space, id));
        Queue.Sync();
    }

    /// <summary>ATS control register of a function.</summary>
    public void SetAts(SmmuMaster master, bool enabled)
    {
        foreach (var sid in master.Streams)
        {
            unit.Function(sid).Enabled = enabled;
        }
    }

    /// <summary>Shape of a table for a stage, or null when the library refuses.</summary>
    public ArmLpaeLayout? Layout(bool stage2, ArmLpaeQuirks quirks, int cpuPageShift,
        out ArmLpaeConfig config)
    {
        var intermediate = Tree.UsesIntermediateBits ? Features.IntermediateBits : Features.OutputBits;
        config = new ArmLpaeConfig
        {
            Format = stage2 ? ArmLpaeFormat.Aarch64Stage2 : ArmLpaeFormat.Aarch64Stage1,
            PageSizes = Features.PageSizes,
            InputBits = stage2 ? intermediate : 48,
            OutputBits = stage2 ? Features.OutputBits : intermediate,
            CoherentWalk = Features.CoherentWalk,
            Quirks = quirks,
        };
        return ArmLpaeLayout.Of(config, Tree.Lpae, cpuPageShift);
    }

    private bool Reset(ulong priTable)
    {
        if ((unit.Read32(SmmuReg.Cr0) & SmmuReg.Cr0SmmuEn) != 0)
        {
            var gbpa = unit.Read32(SmmuReg.Gbpa);
            unit.Write32(SmmuReg.Gbpa, gbpa | SmmuReg.GbpaAbort | SmmuReg.GbpaUpdate);
        }

        var followed = SetCr0(0);
        unit.Write32(SmmuReg.Cr1, SmmuReg.Cr1Normal);
        unit.Write32(SmmuReg.Cr2, SmmuReg.Cr2Ptm | SmmuReg.Cr2RecInvSid
            | (Features.E2h ? SmmuReg.Cr2E2h : 0));
        unit.Write64(SmmuReg.StrtabBase, Streams.Base);
        unit.Write32(SmmuReg.StrtabBaseCfg, Streams.Config);

        Queue.Reset();
        unit.Write64(SmmuReg.CmdqBase, Queue.Base);
        unit.Write32(SmmuReg.CmdqProd, 0);
        unit.Write32(SmmuReg.CmdqCons, 0);
        var enables = SmmuReg.Cr0CmdqEn;
        followed &= SetCr0(enables);
        Queue.Add(SmmuCommand.CfgiAll);
        Queue.SyncConfig();
        if (Features.Hyp)
        {
            Queue.Add(SmmuCommand.TlbiEl2All);
        }

        Queue.Add(SmmuCommand.TlbiNsnhAll);
        Queue.SyncConfig();

        SetQueue(SmmuReg.EvtqBase, SmmuReg.EvtqProd, SmmuReg.EvtqCons, eventTable, Features.EventQueueBits);
        enables |= SmmuReg.Cr0EvtqEn;
        followed &= SetCr0(enables);
        if (Features.Pri)
        {
            SetQueue(SmmuReg.PriqBase, SmmuReg.PriqProd, SmmuReg.PriqCons, priTable, Features.PriQueueBits);
            enables |= SmmuReg.Cr0PriqEn;
            followed &= SetCr0(enables);
        }

        enables |= Features.Ats ? SmmuReg.Cr0AtsChk : 0;
        followed &= SetCr0(enables);
        unit.Write32(SmmuReg.IrqCtrl, 0);
        unit.Write32(SmmuReg.IrqCtrl,
            SmmuReg.IrqEvtq | SmmuReg.IrqGerror | (Features.Pri ? SmmuReg.IrqPriq : 0));
        return followed & SetCr0(enables | SmmuReg.Cr0SmmuEn);
    }

    private void SetQueue(int baseRegister, int prod, int cons, ulong table, int log2)
    {
        unit.Write64(baseRegister, SmmuReg.QueueBaseRwa | table | (uint)log2);
        unit.Write32(prod, 0);
        unit.Write32(cons, 0);
    }

    private bool SetCr0(uint value)
    {
        unit.Write32(SmmuReg.Cr0, value);
        return unit.Read32(SmmuReg.Cr0Ack) == value;
    }
}
