using System.Numerics;
using Conformance.Model.Contract;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>Where the kernel places a mapping that names no IOVA (iopt_alloc_iova).</summary>
/// <param name="Address">The user's address; its alignment is kept as far as the length goes.</param>
/// <param name="PageSize">Of the CPU.</param>
/// <param name="LargestAlignment">A huge page, or a page where the kernel has none.</param>
public readonly record struct Placement(ulong Address, ulong PageSize, ulong LargestAlignment)
{
    private ulong Offset => Address & (PageSize - 1);

    /// <summary>
    /// The lowest place that fits, from the second page on, so never 0: -EOVERFLOW for half of the address
    /// space or more, -EINVAL when the alignment falls below that of the table, -ENOSPC.
    /// </summary>
    public Errno Find(IoPageTable table, ulong length, out ulong iova)
    {
        iova = 0;
        if (length is 0 or >= ulong.MaxValue / 2)
        {
            return Errno.EOVERFLOW;
        }

        var alignment = BitOperations.RoundUpToPowerOf2(length);
        if (Address != 0)
        {
            alignment = Math.Min(alignment, 1UL << BitOperations.TrailingZeroCount(Address));
        }

        alignment = Math.Min(alignment, LargestAlignment);
        if (alignment < table.Alignment)
        {
            return Errno.EINVAL;
        }

        foreach (var (first, last) in table.AllowedRanges(PageSize, ulong.MaxValue - PageSize))
        {
            if (Fit(first, last, length, alignment) is not { } start)
            {
                continue;
            }

            foreach (var free in table.FreeRanges(start, last))
            {
                if (Fit(free.First, free.Last, length, alignment) is { } found)
                {
                    iova = found;
                    return Errno.OK;
                }
            }
        }

        return Errno.ENOSPC;
    }

    /// <summary>
    /// The first aligned address of a range, if the length follows it; a range of one byte never fits
    /// (__alloc_iova_check_range).
    /// </summary>
    private ulong? Fit(ulong first, ulong last, ulong length, ulong alignment)
    {
        if (first > ulong.MaxValue - (alignment - 1))
        {
            return null;
        }

        var start = ((first + alignment - 1) & ~(alignment - 1)) | Offset;
        return start >= last || last - start < length - 1 ? null : start;
    }
}
