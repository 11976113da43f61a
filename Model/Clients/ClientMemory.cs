using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients;

/// <summary>
/// The memory that a client maps: <see cref="Pages"/> CPU pages, named by byte offsets, pinned from the
/// beginning. The lower half is scattered in memory, never more than four pages in a row; the upper half is
/// one piece, aligned to its size, so that large pages fit.
/// </summary>
/// <param name="cpuPageShift">Log2 of the CPU page size in bytes.</param>
public sealed class ClientMemory(int cpuPageShift)
{
    /// <summary>CPU pages in all.</summary>
    public const int Pages = 2048;

    private const int Half = Pages / 2;
    private const int InARow = 4;
    private const int Rows = Half / InARow;

    /// <summary>Odd, so that it permutes the rows; above 1, so that neighbours come apart.</summary>
    private const int Stride = 37;

    /// <summary>Above what units use for themselves, below what any of them cannot address.</summary>
    private const ulong Base = 0x4000_0000;

    /// <summary>
    /// Where a process of a real kernel has byte 0: below every address space that a kernel gives, and
    /// aligned to every huge page. The memory of the same size behind it can never be pinned.
    /// </summary>
    public const ulong UserAddress = 0x10_0000_0000;

    /// <summary>Bytes of a transparent huge page: one table of eight-byte entries.</summary>
    public ulong HugePageSize => PageSize << (cpuPageShift - 3);

    /// <summary>The first byte behind the memory: pages that are the kernel's own.</summary>
    public PhysAddr Behind => new(Base + Size);

    /// <summary>Bytes in all.</summary>
    public ulong Size => (ulong)Pages << cpuPageShift;

    /// <summary>Bytes of a CPU page.</summary>
    public ulong PageSize => 1UL << cpuPageShift;

    /// <summary>All of a range lies in the memory, and it is not empty.</summary>
    public bool Holds(MemoryOffset at, ulong size) =>
        size != 0 && at.Value < Size && size <= Size - at.Value;

    /// <summary>Physical address of a byte below <see cref="Size"/>.</summary>
    public PhysAddr PaOf(MemoryOffset at)
    {
        var page = (int)(at.Value >> cpuPageShift);
        var frame = page >= Half
            ? page
            : ((page / InARow * Stride) % Rows * InARow) + (page % InARow);
        return new PhysAddr(Base + ((ulong)frame << cpuPageShift) + (at.Value & (PageSize - 1)));
    }

    /// <summary>The byte at a physical address, null when it is none of the client's.</summary>
    public MemoryOffset? OffsetOf(PhysAddr pa)
    {
        if (pa.Value < Base || pa.Value - Base >= Size)
        {
            return null;
        }

        var frame = (int)((pa.Value - Base) >> cpuPageShift);
        var page = frame >= Half
            ? frame
            : (RowOf(frame / InARow) * InARow) + (frame % InARow);
        return new MemoryOffset(((ulong)page << cpuPageShift) + (pa.Value & (PageSize - 1)));
    }

    /// <summary>Pieces of a range that are contiguous in physical memory, ascending.</summary>
    public IEnumerable<(MemoryOffset At, PhysAddr Pa, ulong Size)> Runs(MemoryOffset at, ulong size)
    {
        var first = at.Value;
        var end = first + size;
        while (first < end)
        {
            var pa = PaOf(new MemoryOffset(first)).Value;
            var next = Math.Min(end, (first | (PageSize - 1)) + 1);
            while (next < end && PaOf(new MemoryOffset(next)).Value == pa + (next - first))
            {
                next = Math.Min(end, next + PageSize);
            }

            yield return (new MemoryOffset(first), new PhysAddr(pa), next - first);
            first = next;
        }
    }

    /// <summary>The row that <see cref="Stride"/> sends to a given one.</summary>
    private static int RowOf(int target)
    {
        for (var row = 0; row < Rows; row++)
        {
            if (row * Stride % Rows == target)
            {
                return row;
            }
        }

        throw new InvalidOperationException("the stride does not permute the rows");
    }
}
