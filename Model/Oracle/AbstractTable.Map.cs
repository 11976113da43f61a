using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <content>Map: the tests, the entry sizes, and what happens over a live translation.</content>
internal sealed partial class AbstractTable
{
    /// <summary>
    /// The page-wise op. Adds the bytes done to <paramref name="mapped"/>, on errors too. -EINVAL for a page
    /// size the domain lacks or a misaligned address; the rest is the profile's.
    /// </summary>
    public Errno Map(ulong iova, ulong pa, ulong pageSize, ulong count, Prot prot, ref ulong mapped)
    {
        if (!Sizes.Contains(pageSize) || ((iova | pa) & (pageSize - 1)) != 0)
        {
            return Errno.EINVAL;
        }

        var size = pageSize * count;
        foreach (var check in mapChecks)
        {
            var errno = check switch
            {
                MapCheck.Iova => CheckIova(iova, profile.ClipsAtLimit ? 1 : size),
                MapCheck.Pa => pa > profile.PaLast ? profile.PaOutside : Errno.OK,
                _ => Permission(prot, out _),
            };
            if (errno != Errno.OK)
            {
                return errno;
            }
        }

        Permission(prot, out var granted);
        var leaf = profile.PartialUnmap == PartialUnmapRule.NotApplicable ? Sizes.Min : pageSize;
        if ((profile.Masks & IovaMasking.Tables) != 0)
        {
            return PlaceMasked(iova, pa, size, granted, leaf, ref mapped);
        }

        var last = iova + size - 1;
        if (!InLimits(iova, size))
        {
            var inside = limitLast - iova + 1;
            var result = Place(RunOf(iova, pa, inside, granted, leaf), ref mapped);
            return result == Errno.OK ? profile.IovaOutside : result;
        }

        top = top is { } mark && mark > last ? mark : last;
        return Place(RunOf(iova, pa, size, granted, leaf), ref mapped);
    }

    /// <summary>
    /// The op of a generic page table, which is given the whole range: the tests of core.md 5.1 in their
    /// order, then the leaves of 5.2.
    /// </summary>
    public Errno MapRange(ulong iova, ulong pa, ulong size, Prot prot, ref ulong mapped)
    {
        var errno = CheckRange(iova, pa, size, prot, out var granted);
        while (errno == Errno.OK && size > 0)
        {
            // A tail below the smallest size is out of contract; the last entry then covers more than was
            // asked.
            var leaf = Sizes.Choose(iova, pa, Math.Max(size, Sizes.Min), out var count);
            var step = leaf * count;
            errno = Place(RunOf(iova, pa, step, granted, leaf), ref mapped);
            iova += step;
            pa += step;
            size -= Math.Min(size, step);
        }

        return errno;
    }

    private static AddressRun RunOf(ulong iova, ulong pa, ulong size, Prot prot, ulong leaf) =>
        new(iova, iova + size - 1, pa, prot, (byte)ShiftOf(leaf));

    private Errno CheckIova(ulong iova, ulong size) =>
        (profile.Masks & IovaMasking.Tables) != 0 || InLimits(iova, size) ? Errno.OK : profile.IovaOutside;

    private Errno CheckRange(ulong iova, ulong pa, ulong size, Prot prot, out Prot granted)
    {
        granted = Prot.None;
        if ((prot & (Prot.Read | Prot.Write)) == 0 && profile.NoPermission != Errno.OK)
        {
            return profile.NoPermission;
        }

        if (pa > profile.PaLast)
        {
            return profile.PaOutside;
        }

        var errno = Permission(prot, out granted);
        if (errno != Errno.OK)
        {
            return errno;
        }

        if (size == 0)
        {
            return Errno.EINVAL;
        }

        if (iova + size - 1 < iova)
        {
            return Errno.EOVERFLOW;
        }

        if (((iova | pa) & (Sizes.Min - 1)) != 0 || size < Sizes.Min)
        {
            return Errno.ENXIO;
        }

        return InLimits(iova, size) ? Errno.OK : profile.IovaOutside;
    }

    /// <summary>Whether a combination of READ and WRITE is taken, and what it becomes.</summary>
    private Errno Permission(Prot prot, out Prot granted)
    {
        granted = prot & (Prot.Read | Prot.Write);
        switch (granted)
        {
            case Prot.None:
                granted = profile.NoPermissionBecomes;
                return profile.NoPermission;
            case Prot.Read:
                return profile.ReadOnly;
            case Prot.Write when profile.WriteOnly == WriteOnlyRule.Refuse:
                return Errno.EINVAL;
            case Prot.Write when profile.WriteOnly == WriteOnlyRule.BecomesReadWrite:
                granted = Prot.Read | Prot.Write;
                return Errno.OK;
            default:
                return Errno.OK;
        }
    }

    private Errno PlaceMasked(ulong iova, ulong pa, ulong size, Prot prot, ulong leaf, ref ulong mapped)
    {
        var errno = Errno.OK;
        while (size > 0 && errno == Errno.OK)
        {
            var at = iova & profile.IovaLast;
            var step = Math.Min(size - 1, profile.IovaLast - at) + 1;
            errno = Place(RunOf(at, pa, step, prot, leaf), ref mapped);
            iova += step;
            pa += step;
            size -= step;
        }

        return errno;
    }

    /// <summary>
    /// Writes entries of one size, from the start up to the first live translation that refuses.
    /// </summary>
    private Errno Place(in AddressRun wanted, ref ulong mapped)
    {
        var at = wanted.Start;
        while (true)
        {
            if (!Space.TryFindAtOrAfter(at, out var old) || old.Start > wanted.Last)
            {
                Write(wanted.Part(at, wanted.Last), ref mapped);
                return Errno.OK;
            }

            var hit = Math.Max(at, wanted.LeafStart(old.Start));
            if (hit > at)
            {
                Write(wanted.Part(at, hit - 1), ref mapped);
            }

            var rule = RuleOver(old, wanted);
            if (rule == OverlapRule.Refuse)
            {
                return profile.OverlapErrno;
            }

            // As far as the old run reaches, in whole entries of the new size.
            var last = Math.Min(wanted.LeafLast(old.Last), wanted.Last);
            if (rule == OverlapRule.KeepOldAndSucceed)
            {
                mapped += last - hit + 1;
            }
            else
            {
                Take(hit, last, wanted.LeafSize, stale: rule == OverlapRule.ReplaceUntilFlushed);
                Write(wanted.Part(hit, last), ref mapped);
            }

            if (last == wanted.Last)
            {
                return Errno.OK;
            }

            at = last + 1;
        }
    }

    private OverlapRule RuleOver(in AddressRun old, in AddressRun wanted)
    {
        if (old.LeafShift < wanted.LeafShift)
        {
            return profile.OverlapSmaller ?? profile.Overlap;
        }

        return old.LeafShift == wanted.LeafShift && wanted.LeafSize > Sizes.Min
            ? profile.OverlapLarge ?? profile.Overlap
            : profile.Overlap;
    }

    private void Write(in AddressRun run, ref ulong mapped)
    {
        Space.Insert(run);
        Shape?.LeavesWritten(run);
        mapped += run.Length;
    }
}
