using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// Single steps of the driver that a specimen may get wrong. This class does each as Linux does.
/// </summary>
public class SmmuSteps
{
    public static readonly SmmuSteps Normal = new();

    /// <summary>CMD_SYNC closes a batch of TLB and ATC invalidations.</summary>
    public virtual bool SendsSync => true;

    /// <summary>The table library's flush-all when a domain is freed.</summary>
    public virtual bool FlushesAtFree => true;

    /// <summary>7.2: an ASID or VMID that lost its last device is flushed.</summary>
    public virtual bool FlushesAtLastUser => true;

    /// <summary>The flush before a table page is freed covers leaves only.</summary>
    public virtual bool WalkFlushIsLeafOnly => false;

    /// <summary>CFGI_STE for one stream, and waits.</summary>
    public virtual void SyncStreamEntry(SmmuDevice smmu, uint sid)
    {
        smmu.Queue.Add(SmmuCommand.CfgiSte(sid, leaf: true));
        smmu.Queue.SyncConfig();
    }

    /// <summary>How many of the device's streams get a new entry, from the first.</summary>
    public virtual int StreamsToUpdate(SmmuMaster master) => master.Streams.Count;

    /// <summary>The ASID written to context descriptors and commands.</summary>
    public virtual uint AsidOf(uint allocated) => allocated;

    /// <summary>NUM field of a range command for this many units.</summary>
    public virtual uint RangeNum(uint units) => units - 1;

    /// <summary>What a device of another unit is told.</summary>
    public virtual Errno OtherUnit(Errno refusal) => refusal;

    /// <summary>The VTCR of a stage-2 entry.</summary>
    public virtual ulong VtcrOf(ArmLpaeLayout layout, bool coherent) => layout.Vtcr(coherent);

    public virtual ArmLpaeTable CreateTable(PhysicalMemory memory, ArmLpaeConfig config, ArmLpaeLayout layout,
        ArmLpaeRules rules, IArmLpaeFlush flush) => new(memory, config, layout, rules, flush);
}
