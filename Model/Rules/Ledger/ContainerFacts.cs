using Conformance.Model.Contract;

namespace Conformance.Model.Rules;

/// <summary>One VFIO_IOMMU_MAP_DMA that succeeded: first and last byte.</summary>
public readonly record struct UserMapping(ulong First, ulong Last, Prot Prot);

/// <summary>What a process has done with a VFIO container, by its commands and their results.</summary>
public sealed class ContainerFacts(int index)
{
    public int Index { get; } = index;

    /// <summary>Groups in it.</summary>
    public int Groups { get; internal set; }

    public bool IsV2 { get; internal set; }

    public List<UserMapping> Mappings { get; } = [];

    /// <summary>Domains that its commands had allocated, freed ones too.</summary>
    public List<DomainId> Domains { get; } = [];

    internal void Empty()
    {
        IsV2 = false;
        Mappings.Clear();
        Domains.Clear();
    }

    internal void Reset()
    {
        Groups = 0;
        Empty();
    }

    public override string ToString() => $"c{Index}";
}
