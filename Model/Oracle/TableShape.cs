using System.Numerics;
using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>
/// Which table entries lead to a table, level by level, as intervals: all that unmap rules which look at
/// entries instead of translations need to know of a real table (<see cref="HoleRule.StopAtEntry"/>,
/// <see cref="HoleRule.CountToEntryEnd"/>).
/// </summary>
/// <remarks>Level 0 holds the smallest leaves and never leads to a table.</remarks>
internal sealed class TableShape
{
    private readonly int[] shifts;
    private readonly AddressSpace[] tables;
    private int levels;

    private TableShape(int[] shifts)
    {
        this.shifts = shifts;
        levels = shifts.Length;
        tables = new AddressSpace[shifts.Length];
        for (var level = 1; level < shifts.Length; level++)
        {
            tables[level] = new AddressSpace();
        }
    }

    /// <summary>
    /// Last address that the tables reach: that of a full top table, which may be beyond what map takes.
    /// </summary>
    public ulong Last
    {
        get
        {
            var step = levels > 1 ? shifts[levels - 1] - shifts[levels - 2] : 0;
            var bits = shifts[levels - 1] + step;
            return bits >= 64 ? ulong.MaxValue : (1UL << bits) - 1;
        }
    }

    /// <summary>Null when no rule of the profile looks at entries.</summary>
    public static TableShape? Of(DriverProfile profile)
    {
        if (profile.Hole is not (HoleRule.StopAtEntry or HoleRule.CountToEntryEnd))
        {
            return null;
        }

        return new TableShape(profile.EntryShifts.Count > 0
            ? [.. profile.EntryShifts]
            : [.. Enumerable.Range(0, 64).Where(bit => profile.PageSizes.Contains(1UL << bit))]);
    }

    /// <summary>
    /// The tables now express addresses up to <paramref name="last"/>: levels whose one entry covers more are
    /// gone from the top, with the tables beside the one that is left, and do not come back.
    /// </summary>
    public void LimitTo(ulong last)
    {
        while (levels > 1 && (1UL << shifts[levels - 1]) - 1 >= last)
        {
            levels--;
        }
    }

    public void Clear()
    {
        for (var level = 1; level < shifts.Length; level++)
        {
            tables[level].Clear();
        }
    }

    /// <summary>Leaves of one size were written: tables lead to them and none hang below them.</summary>
    public void LeavesWritten(in AddressRun run)
    {
        for (var level = 1; level < shifts.Length; level++)
        {
            if (shifts[level] > run.LeafShift)
            {
                AddTables(level, run.Start, run.Last);
            }
            else
            {
                tables[level].Remove(run.Start, run.Last);
            }
        }
    }

    /// <summary>
    /// Leaves of size 2^<paramref name="shift"/> were split: a table hangs below each entry of the range.
    /// </summary>
    public void LeavesSplit(int shift, ulong first, ulong last) =>
        AddTables(Array.IndexOf(shifts, shift), first, last);

    /// <summary>
    /// A range was cleared: tables below entries of up to <paramref name="size"/> bytes that lie in it whole
    /// are gone.
    /// </summary>
    public void Cleared(ulong first, ulong last, ulong size)
    {
        for (var level = 1; level < shifts.Length && 1UL << shifts[level] <= size; level++)
        {
            var below = (1UL << shifts[level]) - 1;
            var from = (first + below) & ~below;
            var end = (last + 1) & ~below;
            if (from >= first && (end > from || (end == 0 && last == ulong.MaxValue)))
            {
                tables[level].Remove(from, end - 1);
            }
        }
    }

    /// <summary>
    /// Entries of <paramref name="size"/> bytes from <paramref name="iova"/> on lead to tables, up to the
    /// entry that ends at <paramref name="last"/>.
    /// </summary>
    public bool TryTables(ulong size, ulong iova, out ulong last)
    {
        last = 0;
        var level = Array.IndexOf(shifts, BitOperations.Log2(size));
        if (level <= 0 || !tables[level].TryFind(iova, out var run))
        {
            return false;
        }

        last = run.Last;
        return true;
    }

    /// <summary>Bytes of the entry at which a walk to an address ends, absent or a leaf.</summary>
    /// <param name="iova">The address.</param>
    /// <param name="leafShift">Log2 of the leaf there, negative when nothing is mapped.</param>
    public ulong WalkEnd(ulong iova, int leafShift)
    {
        for (var level = levels - 1; level > 0; level--)
        {
            if (shifts[level] == leafShift || !tables[level].Overlaps(iova, iova))
            {
                return 1UL << shifts[level];
            }
        }

        return 1UL << shifts[0];
    }

    private void AddTables(int level, ulong first, ulong last)
    {
        var below = (1UL << shifts[level]) - 1;
        first &= ~below;
        last |= below;
        var space = tables[level];
        if (space.TryFind(first, out var run) && run.Last >= last)
        {
            return;
        }

        space.Remove(first, last);
        space.Insert(new AddressRun(first, last, first, Prot.None, 0));
    }
}
