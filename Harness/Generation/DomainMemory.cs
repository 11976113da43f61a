using System.Runtime.InteropServices;

namespace Conformance.Harness.Generation;

/// <summary>A range that was probably mapped.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct MappedRange(ulong Iova, ulong Pa, ulong Size)
{
    /// <summary>First byte behind; wraps at the top.</summary>
    public ulong End => Iova + Size;
}

/// <summary>
/// What was lately mapped into one domain and unmapped from it, as far as the generator knows.
/// </summary>
internal sealed class DomainMemory
{
    private const int LiveMax = 48;
    private const int GoneMax = 12;

    public List<MappedRange> Live { get; } = [];

    public List<MappedRange> Gone { get; } = [];

    /// <summary>An <c>unmap-fast</c> waits for its sync.</summary>
    public bool Pending { get; set; }

    /// <summary>Bytes in <see cref="Live"/>.</summary>
    public ulong Bytes { get; private set; }

    public void Clear()
    {
        Live.Clear();
        Gone.Clear();
        Pending = false;
        Bytes = 0;
    }

    public void Map(MappedRange range)
    {
        if (range.Size == 0)
        {
            return;
        }

        if (Live.Count == LiveMax)
        {
            Forget(0);
        }

        Live.Add(range);
        Bytes += range.Size;
    }

    /// <summary>Some live range shares a byte with [iova, iova + size).</summary>
    public bool Overlaps(ulong iova, ulong size) =>
        Live.Exists(range => range.Iova - iova < size || iova - range.Iova < range.Size);

    /// <summary>The live range that holds [iova, iova + size), or null.</summary>
    public MappedRange? Holding(ulong iova, ulong size)
    {
        foreach (var range in Live)
        {
            if (iova - range.Iova < range.Size && size <= range.Size - (iova - range.Iova))
            {
                return range;
            }
        }

        return null;
    }

    /// <summary>Everything goes.</summary>
    public void UnmapAll()
    {
        while (Live.Count > 0)
        {
            Forget(Live.Count - 1);
        }
    }

    /// <summary>Every range that begins inside goes; ranges that stick out stay remembered.</summary>
    public void Unmap(ulong iova, ulong size)
    {
        for (var i = Live.Count - 1; i >= 0; i--)
        {
            if (Live[i].Iova - iova < size && Live[i].Size <= size - (Live[i].Iova - iova))
            {
                Forget(i);
            }
        }
    }

    private void Forget(int index)
    {
        if (Gone.Count == GoneMax)
        {
            Gone.RemoveAt(0);
        }

        Gone.Add(Live[index]);
        Bytes -= Live[index].Size;
        Live.RemoveAt(index);
    }
}
