using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>A paging domain of 7.2: the shared page-table library, everything final at allocation.</summary>
internal sealed class VtdGenericDomain : VtdPagingDomain
{
    private readonly VtdGenericTable table;
    private readonly VtdTableShape shape;
    private readonly List<PhysAddr> dropped = [];

    /// <param name="driver">The driver.</param>
    /// <param name="unit">What the table is built for.</param>
    /// <param name="flags">Nest parents and dirty tracking need a second stage.</param>
    public VtdGenericDomain(IntelVtdDriver driver, VtdUnit unit, AllocFlags flags)
        : base(driver, unit.Capabilities.HasFirstStage && (flags & ~AllocFlags.Pasid) == 0)
    {
        Flags = flags;
        shape = VtdTableShape.Of(unit.Capabilities, IsFirstStage);
        table = new VtdGenericTable(Memory, Rules.Format(IsFirstStage), shape.Levels, shape.Width,
            IsFirstStage)
        {
            Coherent = unit.Capabilities.IsPagingCoherent || !Steps.CleansTables,
            Sizes = shape.Sizes,
            RefusesReadOnly = IsNestParent,
        };
        PageSizes = shape.Sizes;
        Aperture = Aperture.OfBits(IsFirstStage ? shape.Width - 1 : shape.Width);
        NeedsSyncMap = NeedsSync(unit.Capabilities, IsFirstStage);
        IsBuiltCoherent = unit.Capabilities.IsPagingCoherent;
    }

    public override ulong Root => table.Root;

    public override int Levels => shape.Levels;

    public override bool IsGenericPageTable => true;

    public override DomainOps Ops => IntelVtdProfile.PagingOps(KernelTree.V7_2);

    private bool IsBuiltCoherent { get; }

    /// <summary>
    /// A unit that wants to hear of fresh mappings: a write buffer, or caching mode over a second stage.
    /// </summary>
    public static bool NeedsSync(VtdCapabilities unit, bool firstStage) =>
        unit.HasWriteBuffer || (unit.IsCaching && !firstStage);

    /// <summary>
    /// Compatibility of the unit with a table that cannot change any more; -EINVAL otherwise.
    /// </summary>
    public override Errno Check(VtdUnit unit)
    {
        if (ForcesSnoop && !unit.Capabilities.HasSnoopControl && !IsFirstStage)
        {
            return Errno.EINVAL;
        }

        var fits = shape.Suits(unit.Capabilities, IsBuiltCoherent, NeedsSyncMap)
            && (!IsNestParent || unit.Capabilities.HasNesting)
            && (!TracksDirty || unit.Capabilities.HasDirtyBits);
        return fits ? Errno.OK : Errno.EINVAL;
    }

    public override Errno MapRange(Iova iova, PhysAddr pa, ulong size, Prot prot, ref ulong mapped)
    {
        var errno = table.Map(iova.Value, pa.Value, size, prot, dropped, ref mapped);
        if (dropped.Count > 0)
        {
            FlushRange(iova.Value, iova.Value + size - 1, leafOnly: false);
            FreePages(dropped);
            dropped.Clear();
        }

        return errno;
    }

    public override ulong UnmapRange(Iova iova, ulong size, IotlbGather gather)
    {
        var removed = table.Unmap(iova.Value, size, gather.Freelist);
        gather.AddRange(iova.Value, removed);
        Retire(gather.Freelist);
        return removed;
    }

    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped) =>
        MapRange(iova, pa, pgsize * pgcount, prot, ref mapped);

    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather) =>
        UnmapRange(iova, pgsize * pgcount, gather);

    public override PhysAddr IovaToPhys(Iova iova) => table.IovaToPhys(iova.Value);

    public override void Free()
    {
        table.FreeAll();
        FreePages(dropped);
    }

    protected override bool SnoopsFromNowOn()
    {
        table.Snoop = !IsFirstStage;
        return true;
    }
}
