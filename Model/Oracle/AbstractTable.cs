using System.Numerics;
using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>
/// What one paging domain translates, and how map and unmap change it by the rules of a profile. Arguments
/// are what the core passes: aligned to the smallest page size unless said otherwise.
/// </summary>
internal sealed partial class AbstractTable
{
    /// <summary>Entries of one table of every format that takes tables away with their mappings.</summary>
    private const ulong EntriesPerTable = 512;

    private DriverProfile profile;
    private UnmapRule unmapRule;
    private MapCheck[] mapChecks = [];
    private ulong limitFirst;
    private ulong limitLast;
    private ulong? top;
    private StaleRuns? staleOfUnmap;

    /// <param name="profile">What the domain follows.</param>
    /// <param name="final">Page sizes and limits are final; otherwise those "before" hold.</param>
    public AbstractTable(DriverProfile profile, bool final)
    {
        this.profile = profile;
        Shape = TableShape.Of(profile);
        unmapRule = UnmapRule.Of(profile);
        SetLimits(final);
        top = final && profile.MappedBeyond != Errno.OK ? limitLast : null;
    }

    public AddressSpace Space { get; } = new();

    public StaleTranslations Stale { get; } = new();

    public TableShape? Shape { get; private set; }

    /// <summary>Page sizes that map takes now.</summary>
    public PageSizes Sizes { get; private set; }

    public DriverProfile Profile => profile;

    /// <summary>
    /// Some device never hears of an invalidation; what is replaced stays in its cache too.
    /// </summary>
    public bool IsMissedByDevices { get; set; }

    private bool IsMasked => (profile.Masks & IovaMasking.Tables) != 0;

    /// <summary>Tables go with what they mapped, and are freed once the gather is synced.</summary>
    private bool UnmapFreesTables => profile.IsGenericPageTable || profile.Hole == HoleRule.CountToEntryEnd;

    /// <summary>An unmap is complete only after <c>iotlb_sync</c> or <c>flush_iotlb_all</c>.</summary>
    private bool UnmapNeedsSync => (profile.PagingOps & DomainOps.IotlbSync) != 0;

    /// <summary>The domain became final under a profile; what is mapped stays.</summary>
    public void Finalise(DriverProfile final)
    {
        profile = final;
        unmapRule = UnmapRule.Of(final);
        Shape = final.MapBeforeFinalise == Errno.OK ? Shape ?? TableShape.Of(final) : TableShape.Of(final);
        SetLimits(final: true);
    }

    /// <summary>The limits of map become those of the unit that the domain is put on.</summary>
    public void FitTo(DriverProfile unit)
    {
        limitLast = unit.IovaLast;
        Shape?.LimitTo(limitLast);
    }

    /// <summary>
    /// Bytes that one map or unmap call takes on: the driver may end it early, with success.
    /// </summary>
    public ulong BytesOfCall(ulong iova, ulong pageSize, ulong count)
    {
        var size = pageSize * count;
        var shift = profile.CallEntryBits == 0
            ? profile.CallShift
            : profile.CallEntryBits + ShiftOf(pageSize);
        if (shift is 0 or > 63)
        {
            return size;
        }

        var step = 1UL << shift;
        return Math.Min(size - 1, step - (iova & (step - 1)) - 1) + 1;
    }

    /// <summary>The highest mapping ever, as the driver remembers it, lies above an address.</summary>
    public bool ReachesAbove(ulong last) => top > last;

    /// <summary>
    /// Forgets everything; where hardware still points here, all that was mapped may still be reached.
    /// </summary>
    public void Free(bool isPointedTo)
    {
        if (isPointedTo)
        {
            foreach (var run in Space)
            {
                Stale.Common.Add(run);
            }
        }
        else
        {
            Stale.Clear();
        }

        Space.Clear();
        Shape?.Clear();
        top = null;
    }

    /// <summary>0 when nothing is mapped there.</summary>
    public PhysAddr IovaToPhys(ulong iova)
    {
        iova &= profile.IovaMask;
        if ((profile.Masks & (IovaMasking.Lookup | IovaMasking.Tables)) != 0)
        {
            iova &= profile.IovaLast;
        }

        var isOutside = profile.LooksUpInAperture && !profile.Aperture.Contains(iova);
        if (isOutside || !Space.TryFind(iova, out var run))
        {
            return default;
        }

        var pa = run.PaOf(iova);
        return new PhysAddr(profile.IovaToPhysIsPageBase ? pa & ~(Sizes.Min - 1) : pa);
    }

    /// <summary>
    /// Removes by the profile's rule and returns the bytes counted. The page-wise op gives the page size that
    /// the core chose; a whole range is one page of any size.
    /// </summary>
    public ulong Unmap(ulong iova, ulong size, ulong pageSize, IotlbGather gather)
    {
        iova &= profile.IovaMask;
        staleOfUnmap = !UnmapNeedsSync ? null : UnmapFreesTables ? Stale.Of(gather) : Stale.Common;
        if (IsMasked)
        {
            return UnmapMasked(iova, size, pageSize);
        }

        var removed = unmapRule.Unmap(this, iova, size, pageSize);
        if (removed != 0 && top is { } mark && mark == iova + removed - 1)
        {
            top = iova == 0 ? null : iova - 1;
        }

        if (removed != 0 && UnmapFreesTables)
        {
            NoteFreedTables(iova, iova + removed - 1);
        }

        return removed;
    }

    /// <summary>
    /// Until the sync, the walker may know the tables that hung below the whole entries of a range, and find
    /// in them nothing of what is mapped there next.
    /// </summary>
    private void NoteFreedTables(ulong first, ulong last)
    {
        var below = (Sizes.Min * EntriesPerTable) - 1;
        var from = (first + below) & ~below;
        var end = last == ulong.MaxValue ? 0 : (last + 1) & ~below;
        if (from >= first && (end > from || (end == 0 && last == ulong.MaxValue)))
        {
            staleOfUnmap?.Add(new AddressRun(from, end - 1, 0, Prot.None, 0));
        }
    }

    /// <summary><c>[iova, iova + size)</c> lies where map and unmap may work.</summary>
    public bool InLimits(ulong iova, ulong size)
    {
        var last = iova + size - 1;
        return last >= iova && ((iova >= limitFirst && last <= limitLast) || iova >= profile.IovaUpperFirst);
    }

    /// <summary>How many units of a size from an address on lie whole where unmap may work.</summary>
    public ulong UnitsInLimits(ulong iova, ulong unit)
    {
        if (!InLimits(iova, 1))
        {
            return 0;
        }

        var room = limitLast - iova;
        return (room / unit) + (room % unit == unit - 1 ? 1UL : 0UL);
    }

    /// <summary>
    /// Removes all of <c>[first, last]</c>, which is whole entries of <paramref name="unit"/> bytes. Larger
    /// leaves are split down to that size first, even where all of them goes.
    /// </summary>
    public void Take(ulong first, ulong last, ulong unit, StaleRuns? stale)
    {
        while (Space.TryFindAtOrAfter(first, out var run) && run.Start <= last)
        {
            var from = Math.Max(first, run.Start);
            var to = Math.Min(last, run.Last);
            stale?.Add(run.Part(from, to));
            if (stale is null && IsMissedByDevices)
            {
                Stale.InDevices.Add(run.Part(from, to));
            }

            if (run.LeafSize <= unit)
            {
                Space.Remove(from, to);
            }
            else
            {
                Split(run, from, to, unit);
            }

            if (to == last)
            {
                return;
            }

            first = to + 1;
        }
    }

    /// <summary>Removes for an unmap: stale until the sync where the driver has one.</summary>
    public void TakeForUnmap(ulong first, ulong last, ulong unit) => Take(first, last, unit, staleOfUnmap);

    private static int ShiftOf(ulong size) => BitOperations.Log2(size);

    /// <summary>
    /// Takes <c>[first, last]</c> out of leaves that reach further: what is left of them becomes leaves of
    /// the next smaller size, and of the next again nearer to the cut.
    /// </summary>
    private void Split(in AddressRun run, ulong first, ulong last, ulong unit)
    {
        var low = run.LeafStart(first);
        var high = run.LeafLast(last);
        var size = run.LeafSize;
        Space.Remove(low, high);
        while (size > unit)
        {
            Shape?.LeavesSplit(ShiftOf(size), low, high);
            size = NextSmaller(size);
            var part = run with { LeafShift = (byte)ShiftOf(size) };
            var nextLow = first & ~(size - 1);
            var nextHigh = last | (size - 1);
            if (low < nextLow)
            {
                Space.Insert(part.Part(low, nextLow - 1));
            }

            if (nextHigh < high)
            {
                Space.Insert(part.Part(nextHigh + 1, high));
            }

            (low, high) = (nextLow, nextHigh);
        }
    }

    private ulong NextSmaller(ulong size)
    {
        var smaller = Sizes.Bitmap & (size - 1);
        return smaller == 0
            ? throw new InvalidOperationException($"no page size below 0x{size:x} to split into")
            : 1UL << BitOperations.Log2(smaller);
    }

    private ulong UnmapMasked(ulong iova, ulong size, ulong pageSize)
    {
        var total = 0UL;
        while (size > 0)
        {
            var at = iova & profile.IovaLast;
            var step = Math.Min(size - 1, profile.IovaLast - at) + 1;
            var removed = unmapRule.Unmap(this, at, step, pageSize);
            total += removed;
            if (removed != step)
            {
                break;
            }

            iova += step;
            size -= step;
        }

        return total;
    }

    private void SetLimits(bool final)
    {
        mapChecks = [.. profile.MapChecks];
        Sizes = final ? profile.PageSizes : profile.PageSizesBefore;
        limitFirst = final ? profile.IovaFirst : profile.ApertureBefore.Start;
        limitLast = final ? profile.IovaLast : profile.ApertureBefore.End;
        if (final || profile.MapBeforeFinalise == Errno.OK)
        {
            Shape?.LimitTo(limitLast);
        }
    }
}
