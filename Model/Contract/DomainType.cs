namespace Conformance.Model.Contract;

/// <summary>Type of a translation context, with the flag bits of include/linux/iommu.h.</summary>
[Flags]
public enum DomainType
{
    /// <summary>
    /// All DMA is refused. Zero, so a driver cannot wish for it through <c>def_domain_type</c>.
    /// </summary>
    Blocked = 0,

    /// <summary>Map and unmap work; used by VFIO, iommufd and kernel users of the API.</summary>
    Unmanaged = PagingBit,

    /// <summary>Used by the kernel DMA API, strict invalidation.</summary>
    Dma = PagingBit | DmaApiBit,

    /// <summary>DMA reaches the address it names, no translation.</summary>
    Identity = PassThroughBit,

    /// <summary>Used by the kernel DMA API, invalidation through the flush queue.</summary>
    DmaFq = PagingBit | DmaApiBit | FlushQueueBit,

    /// <summary>Shares the address space of a process.</summary>
    Sva = 1 << 4,

    /// <summary>Legacy: the driver has a DMA scheme of its own (v6.7 on).</summary>
    Platform = 1 << 5,

    /// <summary>User managed first stage over a kernel managed second stage.</summary>
    Nested = 1 << 6,

    /// <summary><c>__IOMMU_DOMAIN_PAGING</c>.</summary>
    PagingBit = 1 << 0,

    /// <summary><c>__IOMMU_DOMAIN_DMA_API</c>.</summary>
    DmaApiBit = 1 << 1,

    /// <summary><c>__IOMMU_DOMAIN_PT</c>.</summary>
    PassThroughBit = 1 << 2,

    /// <summary><c>__IOMMU_DOMAIN_DMA_FQ</c>.</summary>
    FlushQueueBit = 1 << 3,
}

/// <summary>Questions the core asks of a domain type.</summary>
public static class DomainTypes
{
    public static bool IsPaging(this DomainType type) => (type & DomainType.PagingBit) != 0;

    public static bool IsDmaApi(this DomainType type) => (type & DomainType.DmaApiBit) != 0;

    /// <summary>
    /// The word of the sysfs attribute <c>type</c> (iommu.c: iommu_group_show_type), or our own.
    /// </summary>
    public static string Text(this DomainType type) => type switch
    {
        DomainType.Blocked => "blocked",
        DomainType.Identity => "identity",
        DomainType.Unmanaged => "unmanaged",
        DomainType.Dma => "DMA",
        DomainType.DmaFq => "DMA-FQ",
        DomainType.Sva => "SVA",
        DomainType.Platform => "platform",
        DomainType.Nested => "nested",
        _ => $"unknown({(int)type})",
    };
}
