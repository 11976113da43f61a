namespace Conformance.Model.Contract;

/// <summary>
/// Protection flags of a mapping (include/linux/iommu.h); the core passes them through unchanged.
/// </summary>
[Flags]
public enum Prot : byte
{
    None = 0,
    Read = 1,
    Write = 2,
    Cache = 4,
    NoExec = 8,
    Mmio = 16,
    Priv = 32,
}

/// <summary>Flags of <c>domain_alloc_paging_flags</c>.</summary>
[Flags]
public enum AllocFlags : byte
{
    None = 0,
    NestParent = 1,
    DirtyTracking = 2,
    Pasid = 4,
}

/// <summary>What a client may ask of a device through <c>capable</c>; a set.</summary>
[Flags]
public enum Capabilities : byte
{
    None = 0,
    CacheCoherency = 1,
    NoExec = 2,
    PreBootProtection = 4,
    EnforceCacheCoherency = 8,
    DeferredFlush = 16,
    DirtyTracking = 32,
    InterruptRemap = 64,
    PciAts = 128,
}

/// <summary>Kind of a reserved region (include/linux/iommu.h: enum iommu_resv_type).</summary>
public enum ResvType : byte
{
    Direct,
    DirectRelaxable,
    Reserved,
    Msi,
    SwMsi,
}

/// <summary>A range of IOVA a device's firmware or bridge lays claim to.</summary>
/// <param name="Type">What the region asks of the core.</param>
/// <param name="Start">First byte.</param>
/// <param name="Length">Bytes, at least 1.</param>
/// <param name="Prot">Protection of the 1:1 mapping of a direct region.</param>
public readonly record struct ResvRegion(ResvType Type, Iova Start, ulong Length, Prot Prot)
{
    /// <summary>Last byte, inclusive.</summary>
    public ulong End => Start.Value + Length - 1;
}
