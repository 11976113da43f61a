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

        iova &= profile.IovaMask;
        var size = BytesOfCall(iova, pageSize, count);
        foreach (var check in mapChecks)
        {
            var errno = check switch
            {
                MapCheck.Iova => CheckIova(iova, profile.ClipsAtLimit ? pageSize : size, size),
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
        var result = Errno.OK;
        for (var done = 0UL; done < size && result == Errno.OK;)
        {
            // Pages behind the first may lose physical address bits, so the run may fold back to 0.
            var at = profile.MasksPa ? (pa + done) & profile.PaLast : pa + done;
            var step = profile.MasksPa ? Math.Min(size - done - 1, profile.PaLast - at) + 1 : size;
            result = PlaceAt(RunOf(iova + done, at, step, granted, leaf), pageSize, ref mapped);
            done += step;
        }

        return result;
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

    /// <summary>
    /// Looks at the first <paramref name="tested"/> bytes of a map. From here on the range counts as mapped
    /// highest, whatever becomes of it.
    /// </summary>
    private Errno CheckIova(ulong iova, ulong tested, ulong size)
    {
        if (IsMasked)
        {
            return Errno.OK;
        }

        var last = iova + size - 1;
        var wraps = last < iova || last == ulong.MaxValue;
        if (!InLimits(iova, tested))
        {
            return wraps ? profile.IovaWraps ?? profile.IovaOutside : profile.IovaOutside;
        }

        top = top > last ? top : last;
        return profile.Hole == HoleRule.CountToEntryEnd && last > Shape!.Last
            ? profile.IovaWraps ?? profile.IovaOutside
            : Errno.OK;
    }

    /// <summary>Places a run as far as the address bits and limits let it.</summary>
    private Errno PlaceAt(in AddressRun run, ulong pageSize, ref ulong mapped)
    {
        if (IsMasked)
        {
            return PlaceMasked(run, ref mapped);
        }

        var size = run.Length;
        if (InLimits(run.Start, size))
        {
            return Place(run, ref mapped);
        }

        var inside = Math.Min(UnitsInLimits(run.Start, pageSize) * pageSize, size);
        var errno = inside == 0
            ? Errno.OK
            : Place(run with { Last = run.Start + inside - 1 }, ref mapped);
        return errno == Errno.OK ? profile.IovaOutside : errno;
    }

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

    private Errno PlaceMasked(in AddressRun wanted, ref ulong mapped)
    {
        var errno = Errno.OK;
        var (iova, pa, size) = (wanted.Start, wanted.Pa, wanted.Length);
        while (size > 0 && errno == Errno.OK)
        {
            var at = iova & profile.IovaLast;
            var step = Math.Min(size - 1, profile.IovaLast - at) + 1;
            errno = Place(wanted with { Start = at, Last = at + step - 1, Pa = pa }, ref mapped);
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
        var errno = profile.ChecksCallFirst ? ClearFor(wanted) : Errno.OK;
        if (errno != Errno.OK)
        {
            return errno;
        }

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
                Take(hit, last, wanted.LeafSize, StaleUnder(rule));
                Write(wanted.Part(hit, last), ref mapped);
            }

            if (last == wanted.Last)
            {
                return Errno.OK;
            }

            at = last + 1;
        }
    }

    /// <summary>
    /// Looks at all entries of a run before any is written: what may be replaced goes at once, up to the
    /// first that refuses.
    /// </summary>
    private Errno ClearFor(in AddressRun wanted)
    {
        var at = wanted.Start;
        while (Space.TryFindAtOrAfter(at, out var old) && old.Start <= wanted.Last)
        {
            var rule = RuleOver(old, wanted);
            var hit = Math.Max(at, wanted.LeafStart(old.Start));
            if (rule == OverlapRule.Refuse)
            {
                if (hit > wanted.Start && profile.OverlapSmaller is not (null or OverlapRule.Refuse))
                {
                    Shape?.Cleared(wanted.Start, hit - 1, wanted.LeafSize);
                }

                return profile.OverlapErrno;
            }

            var last = Math.Min(wanted.LeafLast(old.Last), wanted.Last);
            if (rule != OverlapRule.KeepOldAndSucceed)
            {
                Take(hit, last, wanted.LeafSize, StaleUnder(rule));
            }

            if (last == wanted.Last)
            {
                break;
            }

            at = last + 1;
        }

        return Errno.OK;
    }

    private StaleRuns? StaleUnder(OverlapRule rule) =>
        rule == OverlapRule.ReplaceUntilFlushed ? Stale.Common : null;

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
