using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// A paging domain of 6.1 and 6.12: half made at allocation (57 bits, 4 KiB only), the rest at each attach:
/// the width
/// becomes that of the unit attached last, large pages those that all active units have, the table loses top
/// levels
/// that a unit has not (intel/iommu.c: md_domain_init, prepare_domain_attach_device,
/// domain_update_iommu_cap).
/// </summary>
internal sealed class VtdClassicDomain : VtdPagingDomain
{
    private const int DefaultWidth = 57;
    private const int DefaultLevels = 5;
    private const ulong Size4K = 1UL << 12;

    private readonly VtdClassicTable table;
    private readonly Action<ulong, ulong> cleared;
    private int width = DefaultWidth;
    private ulong maxAddress;
    private bool hasMappings;

    public VtdClassicDomain(IntelVtdDriver driver, bool firstStage, AllocFlags flags = AllocFlags.None)
        : base(driver, firstStage)
    {
        Flags = flags;
        table = new VtdClassicTable(Memory, Rules.Format(firstStage), DefaultLevels) { Coherent = false };
        cleared = (iova, size) => FlushRange(iova, iova + size - 1, leafOnly: false);
        PageSizes = new PageSizes(Size4K);
        Aperture = Aperture.OfBits(DefaultWidth);
        NeedsSyncMap = true;
    }

    public override ulong Root => table.Root;

    public override int Levels => table.Levels;

    public override DomainOps Ops =>
        IntelVtdProfile.PagingOps(Rules.StaticDomains ? KernelTree.V6_12 : KernelTree.V6_1);

    /// <summary>
    /// 6.12, <c>domain_alloc_user</c>: final at allocation, from one unit; the width counts as used to its
    /// top.
    /// </summary>
    public void FinaliseFor(VtdUnit unit)
    {
        width = unit.Capabilities.Width;
        maxAddress = 1UL << width;
        while (table.Levels > unit.Capabilities.DeepestAw + 2)
        {
            table.DropTop();
        }

        table.Coherent = unit.Capabilities.IsPagingCoherent;
        table.LargeLevels = Driver.Machine.CommonLargeLevels(IsFirstStage);
        UpdateGeometry();
    }

    /// <summary>
    /// Mappings beyond the unit's width are refused; note that the highest address counts for as long as no
    /// unmap
    /// ended exactly there.
    /// </summary>
    public override Errno Check(VtdUnit unit)
    {
        if (ForcesSnoop && !unit.Capabilities.HasSnoopControl)
        {
            return Rules.NoSnoop;
        }

        if (TracksDirty && !unit.Capabilities.HasDirtyBits)
        {
            return Errno.EINVAL;
        }

        if (maxAddress > 1UL << unit.Capabilities.Width)
        {
            return Rules.TooWide;
        }

        return Errno.OK;
    }

    /// <summary>
    /// The table takes the unit's width and loses the levels that the unit has not, before the last step that
    /// can
    /// fail.
    /// </summary>
    public override void Fit(VtdUnit unit)
    {
        width = unit.Capabilities.Width;
        while (unit.Capabilities.DeepestAw + 2 < table.Levels)
        {
            table.DropTop();
        }
    }

    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        if (pgsize is not (1UL << 12) and not (1UL << 21) and not (1UL << 30)
            || ((iova.Value | pa.Value) & (pgsize - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        var size = pgsize * pgcount;
        var end = iova.Value + size;
        if (maxAddress < end)
        {
            if (1UL << width < end)
            {
                return Errno.EFAULT;
            }

            maxAddress = end;
        }

        //// Page numbers do not wrap where byte addresses do.
        if (!table.Supports(iova.Value)
            || !table.Supports((iova.Value + size - 1) | (end < iova.Value && end != 0
            ? ulong.MaxValue : 0)))
        {
            return BeyondTable(Errno.EINVAL);
        }

        if ((prot & (Prot.Read | Prot.Write)) == 0 || (IsNestParent && (prot & Prot.Write) == 0))
        {
            return Errno.EINVAL;
        }

        hasMappings = true;
        table.Map(iova.Value, pa.Value, size, prot, cleared);
        mapped += size;
        return Errno.OK;
    }

    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather)
    {
        if (!table.Supports(iova.Value) || table.UnmapLeavesTable(iova.Value, pgsize * pgcount))
        {
            BeyondTable(Errno.OK);
        }

        var size = table.Unmap(iova.Value, pgsize * pgcount, gather.Freelist);
        if (size == 0)
        {
            return 0;
        }

        if (maxAddress == iova.Value + size)
        {
            maxAddress = iova.Value;
        }

        if (!gather.Queued)
        {
            GatherPage(gather, iova.Value, size);
        }

        Retire(gather.Freelist);
        return size;
    }

    public override PhysAddr IovaToPhys(Iova iova) => table.IovaToPhys(iova.Value);

    public override void Free() => table.FreeAll();

    /// <summary>
    /// The 1:1 table of the machine's memory, for units without pass-through (6.1: si_domain_init).
    /// </summary>
    public void MapIdentity(ulong first, ulong last)
    {
        var size = (last | 0xfff) + 1 - (first & ~0xfffUL);
        table.Map(first & ~0xfffUL, first & ~0xfffUL, size, Prot.Read | Prot.Write, cleared);
    }

    protected override bool SnoopsFromNowOn()
    {
        if (!IsFirstStage && Rules.SnoopBeforeMappings && hasMappings)
        {
            return false;
        }

        table.Snoop = !IsFirstStage;
        return true;
    }

    /// <summary>
    /// Capabilities follow the units in use, large pages those of all active units; page sizes are never
    /// lost. The
    /// first unit that does not snoop finds what the processor has written back since; that the kernel does
    /// not wait
    /// for it is a race that is not played here.
    /// </summary>
    protected override void UnitsChanged()
    {
        var coherent = Driver.AllCoherent(IsOn);
        if (table.Coherent && !coherent && Steps.CleansTables)
        {
            table.WriteBack();
        }

        table.Coherent = coherent || !Steps.CleansTables;
        table.LargeLevels = Driver.Machine.CommonLargeLevels(IsFirstStage);
        UpdateGeometry();
    }

    private void UpdateGeometry()
    {
        var large = table.LargeLevels switch { 0 => 0UL, 1 => 1UL << 21, _ => (1UL << 21) | (1UL << 30) };
        PageSizes = new PageSizes(PageSizes.Bitmap | large);
        Aperture = Aperture.OfBits(IsFirstStage ? width - 1 : width);
    }

    /// <summary>
    /// Pages of another size or place are synced first, as iommu_iotlb_gather_add_page does.
    /// </summary>
    private void GatherPage(IotlbGather gather, ulong iova, ulong size)
    {
        if (gather.NeedsSyncBefore(iova, size, size))
        {
            var queued = gather.Queued;
            IotlbSync(gather);
            gather.Reset();
            gather.Queued = queued;
        }

        gather.AddPage(iova, size, size);
    }

    /// <summary>6.1 stops with BUG; 6.12 warns and goes on with an error.</summary>
    private Errno BeyondTable(Errno errno) => Rules.BugBeyondTable
        ? throw new InvalidOperationException("kernel BUG: address beyond the depth of the page table")
        : errno;
}
