using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>The type1 backend of one container (struct vfio_iommu; core.md 8.2, 8.3).</summary>
/// <remarks>
/// Left out: mediated devices, dirty pages, VFIO_DMA_MAP_FLAG_VADDR, the limit of 65535 mappings, and the
/// cookie for the software MSI window, which shows only when an interrupt is set up. Taken for granted:
/// interrupts are isolated or <c>allow_unsafe_interrupts</c> is set, and locked memory has no limit.
/// </remarks>
public sealed partial class Type1
{
    private readonly ClientMemory memory;
    private readonly bool isV2;
    private readonly List<Type1Domain> domains = [];
    private ValidIovas valid = new();
    private PageSizes pageSizes;

    public Type1(KernelCalls kernel, ClientMemory memory, bool isV2)
    {
        Kernel = kernel;
        this.memory = memory;
        this.isV2 = isV2;
        Policy = kernel.Era.Vfio;
        Pins = new PinAccount(kernel, memory);
        Mappings = new MappingList(Policy.Lookup);
        UpdatePageSizes();
    }

    public KernelCalls Kernel { get; }

    public PinAccount Pins { get; }

    /// <summary>The last one first; the first one is asked for physical addresses.</summary>
    public IReadOnlyList<Type1Domain> Domains => domains;

    public MappingList Mappings { get; }

    /// <summary>Ranges that may be mapped, as VFIO_IOMMU_GET_INFO tells them.</summary>
    public IReadOnlyList<(ulong First, ulong Last)> Valid => valid.Ranges;

    /// <summary>Bytes of a CPU page.</summary>
    public ulong PageSize => memory.PageSize;

    private Type1Policy Policy { get; }

    /// <summary>
    /// Bytes from an address on that are contiguous in memory by what a domain answers page by page, at most
    /// a given number.
    /// </summary>
    public ulong ContiguousFrom(Type1Domain domain, ulong iova, ulong pa, ulong most)
    {
        var size = PageSize;
        while (size < most && Kernel.IovaToPhys(domain.Name, unchecked(iova + size)) == pa + size)
        {
            size += PageSize;
        }

        return size;
    }

    /// <summary>vfio_iommu_type1_release: what is still mapped goes, then what is still attached.</summary>
    public void Release()
    {
        RemoveAll();
        foreach (var domain in domains)
        {
            foreach (var group in domain.Groups)
            {
                Kernel.DetachGroup(domain.Name, group.Id);
            }

            Kernel.Free(domain.Name);
        }

        domains.Clear();
    }

    private void Remove(Type1Mapping mapping)
    {
        Policy.Unmapping.Run(this, mapping);
        Mappings.Remove(mapping);
    }

    private void RemoveAll()
    {
        while (Mappings.All.Count > 0)
        {
            Remove(Mappings.All[0]);
        }
    }

    /// <summary>
    /// Sizes that all domains have; smaller ones than a CPU page make that one stand for them
    /// (vfio_update_pgsize_bitmap).
    /// </summary>
    private void UpdatePageSizes()
    {
        var common = domains.Aggregate(ulong.MaxValue, (sizes, d) => sizes & d.Domain.PageSizes.Bitmap);
        var small = PageSize - 1;
        pageSizes = new PageSizes((common & small) != 0 ? (common & ~small) | PageSize : common);
    }

    /// <summary>
    /// Regions of all devices of a group. The kernel joins neighbours of one type, which changes nothing
    /// here.
    /// </summary>
    private static List<ResvRegion> RegionsOf(Group group)
    {
        var regions = new List<ResvRegion>();
        foreach (var member in group.Devices)
        {
            IommuCore.DriverOf(member.Device).GetResvRegions(member.Device, regions);
        }

        return regions;
    }
}
