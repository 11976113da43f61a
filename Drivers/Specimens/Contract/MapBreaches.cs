using Conformance.Model.Contract;

namespace Conformance.Drivers.Specimens;

/// <summary>iotlb_sync does nothing.</summary>
internal sealed class SyncsNothing : Spoil
{
    public override void IotlbSync(IommuDomain domain, IotlbGather gather)
    {
        // The caches keep what was unmapped.
    }
}

/// <summary>A map goes page by page and counts only when all are done.</summary>
internal sealed class HidesPartialMap : Spoil
{
    public override Errno MapPages(
        IommuDomain domain, Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        for (var i = 0UL; i < pgcount; i++)
        {
            var ignored = 0UL;
            var at = new Iova(iova.Value + (i * pgsize));
            var to = new PhysAddr(pa.Value + (i * pgsize));
            var result = domain.MapPages(at, to, pgsize, 1, prot, ref ignored);
            if (result != Errno.OK)
            {
                return result;
            }
        }

        mapped += pgsize * pgcount;
        return Errno.OK;
    }
}

/// <summary>What may be read may be written.</summary>
internal sealed class IgnoresReadOnly : Spoil
{
    public override Errno MapPages(
        IommuDomain domain,
        Iova iova,
        PhysAddr pa,
        ulong pgsize,
        ulong pgcount,
        Prot prot,
        ref ulong mapped) =>
        domain.MapPages(iova, pa, pgsize, pgcount, prot | Prot.Write, ref mapped);
}

/// <summary>The last page of several is counted and not mapped.</summary>
internal sealed class CountsOneMore : Spoil
{
    public override Errno MapPages(
        IommuDomain domain, Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        if (pgcount == 1)
        {
            return domain.MapPages(iova, pa, pgsize, pgcount, prot, ref mapped);
        }

        var result = domain.MapPages(iova, pa, pgsize, pgcount - 1, prot, ref mapped);
        mapped += result == Errno.OK ? pgsize : 0;
        return result;
    }
}

/// <summary>A map leaves a second leaf, one GiB away.</summary>
internal sealed class LeavesStrayLeaf : Spoil
{
    private const ulong Distance = 1UL << 30;

    public override Errno MapPages(
        IommuDomain domain, Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        var result = domain.MapPages(iova, pa, pgsize, pgcount, prot, ref mapped);
        if (result == Errno.OK)
        {
            var stray = 0UL;
            domain.MapPages(new Iova(iova.Value ^ Distance), pa, pgsize, 1, prot, ref stray);
        }

        return result;
    }
}

/// <summary>
/// An unmap ends before each eighth page, where a table would end, and does not begin there either.
/// </summary>
internal sealed class StopsAtTable : Spoil
{
    private const ulong PagesPerTable = 8;

    public override ulong UnmapPages(
        IommuDomain domain, Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather)
    {
        var index = iova.Value / pgsize % PagesPerTable;
        return index == 0 && iova.Value != 0
            ? 0
            : domain.UnmapPages(iova, pgsize, Math.Min(pgcount, PagesPerTable - index), gather);
    }
}

/// <summary>An unmap removes the page after the range as well.</summary>
internal sealed class TakesNeighbour : Spoil
{
    public override ulong UnmapPages(
        IommuDomain domain, Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather)
    {
        var removed = domain.UnmapPages(iova, pgsize, pgcount, gather);
        if (removed != 0)
        {
            domain.UnmapPages(new Iova(iova.Value + removed), pgsize, 1, gather);
        }

        return removed;
    }
}

/// <summary>An unmap counts one page more than it removed.</summary>
internal sealed class CountsNeighbour : Spoil
{
    public override ulong UnmapPages(
        IommuDomain domain, Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather)
    {
        var removed = domain.UnmapPages(iova, pgsize, pgcount, gather);
        return removed == 0 ? 0 : removed + pgsize;
    }
}

/// <summary>A look-up gives the page's address without the offset in it.</summary>
internal sealed class DropsOffset : Spoil
{
    public override PhysAddr IovaToPhys(IommuDomain domain, Iova iova)
    {
        var page = domain.PageSizes.Min;
        var found = domain.IovaToPhys(iova).Value;
        return new PhysAddr(found & ~(page - 1));
    }
}

/// <summary>A look-up of a hole follows the absent table.</summary>
internal sealed class CrashesInHole : Spoil
{
    public override PhysAddr IovaToPhys(IommuDomain domain, Iova iova)
    {
        var found = domain.IovaToPhys(iova);
        return found.Value != 0
            ? found
            : throw new InvalidOperationException($"iova_to_phys: NULL entry dereferenced at {iova}");
    }
}
