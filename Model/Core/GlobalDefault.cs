using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Core;

/// <summary>
/// The system-wide default type (iommu.c: iommu_subsys_init, iommu_set_def_domain_type; core.md 3.3).
/// </summary>
/// <param name="Type">IDENTITY, DMA or DMA_FQ.</param>
/// <param name="Strict">Invalidation at unmap.</param>
public sealed record GlobalDefault(DomainType Type, bool Strict)
{
    /// <summary>
    /// From the command line; without words on it the config gives translation and strictness.
    /// </summary>
    public static GlobalDefault Of(KernelOptions kernel)
    {
        var strict = kernel.Strict ?? true;
        if (kernel.Passthrough == true)
        {
            return new GlobalDefault(DomainType.Identity, strict);
        }

        return new GlobalDefault(strict ? DomainType.Dma : DomainType.DmaFq, strict);
    }

    /// <summary>A driver calls iommu_set_dma_strict.</summary>
    public GlobalDefault ForcedStrict() =>
        new(Type == DomainType.DmaFq ? DomainType.Dma : Type, Strict: true);
}

/// <summary>How DMA_FQ is told apart from DMA on the way to the driver.</summary>
public enum FlushQueuePolicy
{
    /// <summary>domain_alloc is asked for DMA_FQ; NULL falls back to DMA (up to v6.4).</summary>
    SeenByDriver,

    /// <summary>Allocated as DMA, tagged DMA_FQ before attach, demoted when the DMA ops are set up.</summary>
    TaggedThenDemoted,

    /// <summary>Allocated as DMA, tagged DMA_FQ only when the first device can defer flushes.</summary>
    OnlyWhereCapable,
}
