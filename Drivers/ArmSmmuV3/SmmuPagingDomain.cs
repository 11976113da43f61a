using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>What the paging domains of all trees share: the table, the ASID or VMID, map, unmap,
/// gather.</summary>
public abstract class SmmuPagingDomain : IommuDomain, IArmLpaeFlush
{
    private readonly ArmSmmuV3Driver driver;

    protected SmmuPagingDomain(ArmSmmuV3Driver driver)
    {
        this.driver = driver;
        Steps = driver.Steps;
        Faults = driver.Faults;
    }

    /// <summary>The one unit it lives on; null before it is finalised.</summary>
    public SmmuDevice? Unit { get; private set; }

    public ArmLpaeTable? Table { get; private set; }

    /// <summary>ASID or VMID, 0 before finalise.</summary>
    public uint Number { get; private set; }

    public SmmuSpace Space { get; private set; }

    public bool IsStage2 => Space == SmmuSpace.Vmid;

    protected SmmuSteps Steps { get; }

    protected FaultPlan Faults { get; }

    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped) =>
        Table is null ? Errno.ENODEV : Table.Map(iova.Value, pa.Value, pgsize, pgcount, prot, ref mapped);

    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather) =>
        Table is null ? 0 : Table.Unmap(iova.Value, pgsize, pgcount, gather);

    public override PhysAddr IovaToPhys(Iova iova) => new(Table is null ? 0 : Table.IovaToPhys(iova.Value));

    public override void FlushIotlbAll()
    {
        if (Unit is not null)
        {
            InvalidateAll();
        }
    }

    /// <summary>Nothing gathered by pages, nothing to do: tables were flushed at once.</summary>
    public override void IotlbSync(IotlbGather gather)
    {
        if (gather.PageSize != 0)
        {
            InvalidateRange(gather.Start, gather.End - gather.Start + 1, gather.PageSize, leaf: true);
        }
    }

    public override void Free()
    {
        Table?.Free();
        if (Number == 0)
        {
            return;
        }

        (IsStage2 ? Unit!.Vmids : driver.Asids).Give(Number);
        Number = 0;
    }

    void IArmLpaeFlush.TlbFlushAll()
    {
        if (Steps.FlushesAtFree)
        {
            InvalidateAll();
        }
    }

    void IArmLpaeFlush.TlbFlushWalk(ulong iova, ulong size, ulong granule) =>
        InvalidateRange(iova, size, granule, Steps.WalkFlushIsLeafOnly);

    void IArmLpaeFlush.TlbAddPage(IotlbGather gather, ulong iova, ulong granule)
    {
        if (gather.NeedsSyncBefore(iova, granule, granule))
        {
            IotlbSync(gather);
            gather.Reset();
        }

        gather.AddPage(iova, granule, granule);
    }

    /// <summary>A range of the table, and waits.</summary>
    protected abstract void InvalidateRange(ulong iova, ulong size, ulong granule, bool leaf);

    /// <summary>All of the table, and waits.</summary>
    protected abstract void InvalidateAll();

    /// <summary>The ASID as hardware sees it, or the VMID.</summary>
    protected uint VisibleId => IsStage2 ? Number : Steps.AsidOf(Number);

    protected int PageShift => Table!.Layout.GranuleShift;

    /// <summary>
    /// arm_smmu_domain_finalise: table, then identifier. Page sizes and aperture become final. -ENOMEM when
    /// the
    /// library refuses or (an exhausted number space) -ENOSPC.
    /// </summary>
    protected Errno Finalise(SmmuDevice unit, ArmLpaeQuirks quirks)
    {
        var stage2 = !unit.Features.Stage1;
        var layout = unit.Layout(stage2, quirks, driver.CpuPageShift, out var config);
        if (layout is null)
        {
            return Errno.ENOMEM;
        }

        var id = (stage2 ? unit.Vmids : driver.Asids).Take();
        if (id == 0)
        {
            return Errno.ENOSPC;
        }

        Number = id;
        Space = stage2 ? SmmuSpace.Vmid : unit.Features.E2h ? SmmuSpace.El2Asid : SmmuSpace.El1Asid;
        Table = Steps.CreateTable(unit.Memory, config, layout, unit.Tree.Lpae, this);
        Unit = unit;
        PageSizes = layout.PageSizes;
        Aperture = Aperture.OfBits(layout.InputBits);
        return Errno.OK;
    }

    /// <summary>6.1: an identity domain has no table but belongs to a unit all the same.</summary>
    protected void Bind(SmmuDevice unit) => Unit = unit;

    /// <summary>The context descriptor of the table.</summary>
    protected void MakeContext(Span<ulong> words) =>
        SmmuEntries.Context(words, Table!.Config, Table.Layout, Table.Root, VisibleId, stallEnabled: false);

    /// <summary>The stage-2 entry of the table.</summary>
    protected void MakeStage2(Span<ulong> words, bool ats) => SmmuEntries.Stage2(
        words, Steps.VtcrOf(Table!.Layout, Table.Config.CoherentWalk), Table.Root, Number, Unit!.Features,
            ats);
}
