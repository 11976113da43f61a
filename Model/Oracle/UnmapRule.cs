using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>What an unmap removes and how much it says it removed; chosen once from a profile.</summary>
internal abstract class UnmapRule(PartialUnmapRule partial)
{
    public static UnmapRule Of(DriverProfile profile) => profile.Hole switch
    {
        HoleRule.StopAtEntry => new UnmapEntries(profile.PartialUnmap),
        HoleRule.CountToEntryEnd => new UnmapToEntryEnd(),
        HoleRule.CountAfterFirst => new UnmapUnits(profile),
        _ => new UnmapLeaves(profile),
    };

    /// <param name="table">What to remove from.</param>
    /// <param name="iova">First byte.</param>
    /// <param name="size">Bytes, not 0.</param>
    /// <param name="pageSize">The page size the core chose, or <paramref name="size"/> when none.</param>
    /// <returns>Bytes counted as removed from the start; may exceed <paramref name="size"/>.</returns>
    public abstract ulong Unmap(AbstractTable table, ulong iova, ulong size, ulong pageSize);

    /// <summary>The last byte of a range, or of the address space where the range wraps.</summary>
    protected static ulong LastOf(ulong iova, ulong size)
    {
        var last = iova + size - 1;
        return last < iova ? ulong.MaxValue : last;
    }

    /// <summary>
    /// Removes what of a run lies in <c>[at, last]</c>, with the rule for leaves that are cut. False: nothing
    /// goes and the unmap stops here. <paramref name="done"/> is the last byte removed.
    /// </summary>
    protected bool TryTakeLeaves(
        AbstractTable table, in AddressRun run, ulong at, ulong last, ulong pageSize, out ulong done)
    {
        done = Math.Min(run.Last, last);
        var first = at;
        var unit = run.LeafSize;
        switch (partial)
        {
            case PartialUnmapRule.Refuse when pageSize < run.LeafSize:
            case PartialUnmapRule.WholeFromStart when at != run.LeafStart(at):
                return false;
            case PartialUnmapRule.Whole:
                first = run.LeafStart(at);
                done = run.LeafLast(done);
                break;
            case PartialUnmapRule.WholeFromStart:
                done = run.LeafLast(done);
                break;
            default:
                unit = Math.Min(unit, pageSize);
                break;
        }

        table.TakeForUnmap(first, done, unit);
        return true;
    }
}

/// <summary>Looks at leaves only; a hole stops the unmap or counts.</summary>
internal sealed class UnmapLeaves(DriverProfile profile) : UnmapRule(profile.PartialUnmap)
{
    private readonly bool countsHoles = profile.Hole == HoleRule.Count;

    public override ulong Unmap(AbstractTable table, ulong iova, ulong size, ulong pageSize)
    {
        if (profile.UnmapOutsideRefused && !table.InLimits(iova, size))
        {
            return 0;
        }

        var last = LastOf(iova, size);
        var at = iova;
        while (table.Space.TryFindAtOrAfter(at, out var run) && run.Start <= last)
        {
            if (run.Start > at)
            {
                if (!countsHoles)
                {
                    return at - iova;
                }

                at = run.Start;
            }

            if (!TryTakeLeaves(table, run, at, last, pageSize, out var done))
            {
                return at - iova;
            }

            if (done >= last)
            {
                return done - iova + 1;
            }

            at = done + 1;
        }

        return countsHoles ? size : at - iova;
    }
}

/// <summary>
/// Units of the chosen page size stand for themselves: the first base page decides, the rest of the unit
/// counts whatever is there.
/// </summary>
internal sealed class UnmapUnits(DriverProfile profile) : UnmapRule(profile.PartialUnmap)
{
    private readonly bool zeroIsHole = profile.UnmapTakesPhysicalZeroForHole;

    public override ulong Unmap(AbstractTable table, ulong iova, ulong size, ulong pageSize)
    {
        var last = LastOf(iova, size);
        var at = iova;
        while (table.Space.TryFind(at, out var run) && !(zeroIsHole && IsZero(run, at)))
        {
            // All units that begin inside the run can go at once.
            var units = ((Math.Min(run.Last, last) - at) / pageSize) + 1;
            if (profile.UnmapOutsideRefused)
            {
                units = Math.Min(units, table.UnitsInLimits(at, pageSize));
            }

            if (units == 0)
            {
                break;
            }

            var done = at + (units * pageSize) - 1;
            table.TakeForUnmap(at, done, table.Sizes.Min);
            if (done >= last)
            {
                return done - iova + 1;
            }

            at = done + 1;
        }

        return at - iova;
    }

    private static bool IsZero(in AddressRun run, ulong iova) => run.PaOf(run.LeafStart(iova)) == 0;
}

/// <summary>
/// Looks at entries of the chosen page size: a leaf goes, a table goes whole, an absent entry stops.
/// </summary>
internal sealed class UnmapEntries(PartialUnmapRule partial) : UnmapRule(partial)
{
    public override ulong Unmap(AbstractTable table, ulong iova, ulong size, ulong pageSize)
    {
        var last = LastOf(iova, size);
        var at = iova;
        while (TryUnmapFrom(table, at, last, pageSize, out var done))
        {
            if (done >= last)
            {
                return done - iova + 1;
            }

            at = done + 1;
        }

        return at - iova;
    }

    private bool TryUnmapFrom(AbstractTable table, ulong at, ulong last, ulong pageSize, out ulong done)
    {
        if (table.Space.TryFind(at, out var run) && run.LeafSize >= pageSize)
        {
            return TryTakeLeaves(table, run, at, last, pageSize, out done);
        }

        if (!table.Shape!.TryTables(pageSize, at, out done))
        {
            return false;
        }

        done = Math.Min(done, last);
        table.TakeForUnmap(at, done, pageSize);
        table.Shape.Cleared(at, done, pageSize);
        return true;
    }
}

/// <summary>Clears a whole range, lengthened to the entry at which the walk to its start ends.</summary>
internal sealed class UnmapToEntryEnd() : UnmapRule(PartialUnmapRule.WholeFromStart)
{
    public override ulong Unmap(AbstractTable table, ulong iova, ulong size, ulong pageSize)
    {
        var shape = table.Shape!;
        if (iova > shape.Last)
        {
            return 0;
        }

        var leafShift = table.Space.TryFind(iova, out var run) ? run.LeafShift : -1;
        size = Math.Max(size, shape.WalkEnd(iova, leafShift));
        var last = iova + size - 1;
        if (last < iova || last > shape.Last)
        {
            // The kernel warns and clears nothing, but counts all the same.
            return size;
        }

        ClearWholeLeaves(table, iova, last);
        shape.Cleared(iova, last, ulong.MaxValue);
        return size;
    }

    private static void ClearWholeLeaves(AbstractTable table, ulong first, ulong last)
    {
        var at = first;
        while (table.Space.TryFindAtOrAfter(at, out var run) && run.Start <= last)
        {
            var from = Math.Max(at, run.Start);
            var to = Math.Min(last, run.Last);
            var cutHead = from != run.LeafStart(from);
            var cutTail = to != run.LeafLast(to);
            if (run.LeafStart(from) != run.LeafStart(to) || (!cutHead && !cutTail))
            {
                var wholeFrom = cutHead ? run.LeafLast(from) + 1 : from;
                TakeIfAny(table, wholeFrom, cutTail ? run.LeafStart(to) - 1 : to, run);
            }

            if (to == last)
            {
                return;
            }

            at = to + 1;
        }
    }

    private static void TakeIfAny(AbstractTable table, ulong first, ulong last, in AddressRun run)
    {
        if (first <= last)
        {
            table.TakeForUnmap(first, last, run.LeafSize);
        }
    }
}
