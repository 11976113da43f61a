using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.S390;

/// <summary>A paging domain: <c>struct s390_domain</c>. What is common to all trees.</summary>
public abstract class S390Domain(S390Driver driver, int rootLevel) : IommuDomain
{
    /// <summary>The tables; the root exists from allocation on.</summary>
    public S390PageTable Table { get; } = new(driver.Zpci.Memory, rootLevel);

    /// <summary>Functions whose anchor is this domain's.</summary>
    public List<S390Function> Functions { get; } = [];

    protected S390Driver Driver { get; } = driver;

    public sealed override Errno AttachDev(IommuDevice dev, IommuDomain? old) => Driver.Attach(dev, this);

    /// <summary>Page base without the offset in the page; 0 when unmapped or outside the aperture.</summary>
    public override PhysAddr IovaToPhys(Iova iova) =>
        Aperture.Contains(iova.Value) ? new PhysAddr(Table.Lookup(iova.Value)) : default;

    /// <summary>The kernel warns if functions remain and frees the tables all the same.</summary>
    public override void Free() => Table.Free();

    /// <summary>Sets what a map may use. 6.1: from the first function; later: from the root.</summary>
    public void SetAperture(ulong first, ulong last) => Aperture = new Aperture(first, last, Force: true);
}

/// <summary>
/// 6.1: no bounds before the first attach, any power of two from 4 KiB up as page size, refresh instructions
/// inside map and unmap.
/// </summary>
public class S390Domain61 : S390Domain
{
    public S390Domain61(S390Driver driver)
        : base(driver, S390Format.RegionThird)
    {
        PageSizes = new PageSizes(S390Format.PageAddress);
        Aperture = default;
    }

    public override DomainOps Ops => DomainOps.Paging | DomainOps.DetachDev;

    public sealed override void DetachDev(IommuDevice dev) => Driver.SetPlatformDmaOps(dev);

    /// <summary>
    /// The op of 6.1 took one page of the chosen size per call; so each stands for itself here.
    /// </summary>
    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        if ((prot & Prot.Read) == 0) return Errno.EINVAL;
        var isReadOnly = (prot & Prot.Write) == 0;
        for (var i = 0UL; i < pgcount; i++)
        {
            var errno = MapUnit(iova.Value + (i * pgsize), pa.Value + (i * pgsize), pgsize, isReadOnly);
            if (errno != Errno.OK) return errno;
            mapped += pgsize;
        }

        return Errno.OK;
    }

    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather)
    {
        var removed = 0UL;
        while (removed < pgsize * pgcount && UnmapUnit(iova.Value + removed, pgsize))
        {
            removed += pgsize;
        }

        return removed;
    }

    /// <summary>
    /// The kernel's test takes the inclusive end for the first byte behind, so the last page is always
    /// outside.
    /// </summary>
    /// <remarks>
    /// The kernel's sum wraps for a page that ends at 2^64 and lets it pass; here it is outside.
    /// </remarks>
    protected virtual bool IsOutside(ulong iova, ulong size) =>
        iova < Aperture.Start || iova >= Aperture.End || size > Aperture.End - iova;

    private Errno MapUnit(ulong iova, ulong pa, ulong size, bool isReadOnly)
    {
        if (IsOutside(iova, size)) return Errno.EINVAL;
        Table.Validate(iova, pa, size >> S390Format.PageShift, isReadOnly);
        var errno = Refresh(iova, size);
        if (errno != Errno.OK) Table.Invalidate(iova, size >> S390Format.PageShift);
        return errno;
    }

    /// <summary>A page mapped to physical address 0 looks like a hole here.</summary>
    private bool UnmapUnit(ulong iova, ulong size)
    {
        if (IovaToPhys(new Iova(iova)).Value == 0 || IsOutside(iova, size)) return false;
        Table.Invalidate(iova, size >> S390Format.PageShift);
        return Refresh(iova, size) == Errno.OK;
    }

    private Errno Refresh(ulong iova, ulong size)
    {
        foreach (var function in Functions)
        {
            var errno = Driver.Zpci.Instructions.Refresh(function.Handle, iova, size);
            if (errno != Errno.OK) return errno;
        }

        return Errno.OK;
    }
}

/// <summary>6.12 and 7.2: bounds from the root table, 4 KiB pages, invalidation at sync.</summary>
public class S390Domain612 : S390Domain
{
    public S390Domain612(S390Driver driver, int rootLevel)
        : base(driver, rootLevel)
    {
        PageSizes = new PageSizes(S390Format.PageSize);
        SetAperture(0, S390Firmware.TableLast(rootLevel));
    }

    public override DomainOps Ops =>
        DomainOps.Paging | DomainOps.FlushIotlbAll | DomainOps.IotlbSync | DomainOps.IotlbSyncMap;

    /// <summary>Without WRITE read-only, with it read-write; READ is not looked at.</summary>
    public override Errno MapPages(
        Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        var size = pgsize * pgcount;
        if (pgsize != S390Format.PageSize || IsOutside(iova.Value, size)
            || ((iova.Value | pa.Value) & (pgsize - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        Table.Validate(iova.Value, pa.Value, pgcount, isReadOnly: (prot & Prot.Write) == 0);
        mapped += size;
        return Errno.OK;
    }

    /// <summary>A hole counts in full; it even gets its tables.</summary>
    public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather)
    {
        var size = pgsize * pgcount;
        if (IsOutside(iova.Value, size)) return 0;
        Table.Invalidate(iova.Value, pgcount);
        gather.AddRange(iova.Value, size);
        return size;
    }

    public override void FlushIotlbAll()
    {
        foreach (var function in Functions) RefreshAll(function);
    }

    /// <summary>
    /// Only functions that cache "not valid" need it. Out of resources: the hypervisor is offered everything
    /// instead, and its second answer counts.
    /// </summary>
    public override Errno IotlbSyncMap(Iova iova, ulong size)
    {
        foreach (var function in Functions)
        {
            if (!function.Firmware.TlbRefresh) continue;
            var errno = Driver.Zpci.Instructions.Refresh(function.Handle, iova.Value, size);
            if (errno == Errno.ENOMEM) errno = RefreshAll(function);
            if (errno != Errno.OK) return errno;
        }

        return Errno.OK;
    }

    public override void IotlbSync(IotlbGather gather)
    {
        if (IsNothingGathered(gather)) return;
        foreach (var function in Functions)
        {
            Driver.Zpci.Instructions.Refresh(function.Handle, gather.Start, gather.End - gather.Start + 1);
        }
    }

    protected virtual bool IsNothingGathered(IotlbGather gather) => gather.End == 0;

    /// <summary>The aperture test.</summary>
    /// <remarks>
    /// The kernel's sum wraps for a range across 2^64, which may pass and be written under low address bits;
    /// no caller in the tree asks for one (VFIO, iommufd and the DMA API refuse it), so here it is outside.
    /// </remarks>
    protected virtual bool IsOutside(ulong iova, ulong size) =>
        iova < Aperture.Start || iova > Aperture.End || size - 1 > Aperture.End - iova;

    private Errno RefreshAll(S390Function function) => Driver.Zpci.Instructions.Refresh(
        function.Handle, function.StartDma, function.EndDma - function.StartDma + 1);
}

/// <summary>A static domain: its attach is an act of the driver on a function.</summary>
public sealed class S390StaticDomain : IommuDomain
{
    private readonly Func<IommuDevice, Errno> attach;

    public S390StaticDomain(DomainType type, Func<IommuDevice, Errno> attach)
    {
        Type = type;
        this.attach = attach;
    }

    public override DomainOps Ops => DomainOps.AttachDev;

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old) => attach(dev);
}
