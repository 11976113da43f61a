using Conformance.Model.Contract;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>One VFIO_IOMMU_MAP_DMA of a process (struct vfio_dma).</summary>
/// <param name="iova">First IOVA.</param>
/// <param name="prot">READ, WRITE or both.</param>
public sealed class Type1Mapping(ulong iova, Prot prot)
{
    public ulong Iova { get; } = iova;

    public Prot Prot { get; } = prot;

    /// <summary>Bytes that are mapped; grows run by run.</summary>
    public ulong Size { get; set; }

    public bool IsWritable => (Prot & Prot.Write) != 0;
}

/// <summary>The mappings of one container, ascending (dma_list).</summary>
public sealed class MappingList(MappingLookup lookup)
{
    private readonly List<Type1Mapping> sorted = [];

    public IReadOnlyList<Type1Mapping> All => sorted;

    public void Add(Type1Mapping mapping)
    {
        var at = sorted.FindIndex(other => other.Iova >= mapping.Iova);
        sorted.Insert(at < 0 ? sorted.Count : at, mapping);
    }

    public void Remove(Type1Mapping mapping) => sorted.Remove(mapping);

    /// <summary>vfio_find_dma: a mapping that meets a range of at least one byte.</summary>
    public Type1Mapping? Find(ulong start, ulong size) =>
        sorted.Find(mapping => !lookup.IsLeft(start, size, mapping) && !lookup.IsRight(start, mapping));

    /// <summary>
    /// The mappings that an unmap of a range comes to, ascending: from vfio_find_dma_first_node on as far as
    /// the loop of vfio_dma_do_unmap goes.
    /// </summary>
    public IEnumerable<Type1Mapping> Within(ulong start, ulong size) =>
        sorted.SkipWhile(mapping => lookup.IsRight(start, mapping))
            .TakeWhile(mapping => !lookup.IsLeft(start, size, mapping));

    /// <summary>How much of a mapping a loop over its pages sees.</summary>
    public ulong Walked(Type1Mapping mapping) => lookup.Walked(mapping);
}

/// <summary>Where a range lies in relation to a mapping, in the arithmetic of one kernel version.</summary>
public abstract class MappingLookup
{
    /// <summary>All of the range is below the mapping.</summary>
    public abstract bool IsLeft(ulong start, ulong size, Type1Mapping mapping);

    /// <summary>All of it is above.</summary>
    public abstract bool IsRight(ulong start, Type1Mapping mapping);

    /// <summary>Bytes of a mapping that a loop from its first address to its end goes over.</summary>
    public abstract ulong Walked(Type1Mapping mapping);
}

/// <summary>7.2: ends are last bytes, so the last page of the address space is like any other.</summary>
public sealed class InclusiveLookup : MappingLookup
{
    /// <remarks>
    /// Size <see cref="ulong.MaxValue"/> from 0 stands for everything; nothing that is aligned ends there.
    /// </remarks>
    public override bool IsLeft(ulong start, ulong size, Type1Mapping mapping) =>
        unchecked(start + (size - 1)) < mapping.Iova;

    public override bool IsRight(ulong start, Type1Mapping mapping) =>
        start > unchecked(mapping.Iova + (mapping.Size - 1));

    public override ulong Walked(Type1Mapping mapping) => mapping.Size;
}

/// <summary>
/// 6.1 and 6.12: ends are the bytes behind, and that of the last page of the address space is 0. A mapping
/// there is never found, neither to refuse another one nor to unmap it; no loop goes over it, so that another
/// domain does not get it and the first domain keeps it until it dies; a range that ends there meets nothing.
/// </summary>
public sealed class WrappingLookup : MappingLookup
{
    public override bool IsLeft(ulong start, ulong size, Type1Mapping mapping) =>
        unchecked(start + size) <= mapping.Iova;

    public override bool IsRight(ulong start, Type1Mapping mapping) =>
        start >= unchecked(mapping.Iova + mapping.Size);

    public override ulong Walked(Type1Mapping mapping) =>
        unchecked(mapping.Iova + mapping.Size) == 0 ? 0 : mapping.Size;
}
