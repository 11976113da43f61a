using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>
/// All stale runs of a domain, kept apart by the invalidation that is sure to end them.
/// </summary>
/// <remarks>
/// Where unmap frees tables, an invalidation that another gather asked for may cover the addresses and still
/// leave the freed tables in the walker's caches (VT-d: the invalidation hint), so that they translate on.
/// </remarks>
internal sealed class StaleTranslations
{
    private readonly List<Gathered> gathered = [];

    /// <summary>What any invalidation of the addresses ends.</summary>
    public StaleRuns Common { get; } = new();

    /// <summary>What an invalidation has ended, but not in the caches inside devices.</summary>
    public StaleRuns InDevices { get; } = new();

    public bool IsEmpty =>
        Common.IsEmpty && InDevices.IsEmpty && gathered.TrueForAll(static g => g.Runs.IsEmpty);

    /// <summary>What only the sync of this gather, or a flush of all, ends.</summary>
    public StaleRuns Of(IotlbGather gather)
    {
        var free = -1;
        for (var i = 0; i < gathered.Count; i++)
        {
            if (gathered[i].Owner == gather)
            {
                return gathered[i].Runs;
            }

            free = gathered[i].Runs.IsEmpty ? i : free;
        }

        var runs = free < 0 ? new StaleRuns() : gathered[free].Runs;
        if (free < 0)
        {
            gathered.Add(new Gathered(gather, runs));
        }
        else
        {
            gathered[free] = new Gathered(gather, runs);
        }

        return runs;
    }

    /// <summary>The next invalidation of a range does not reach into devices.</summary>
    public void KeepInDevices(ulong first, ulong last)
    {
        Common.CopyTo(InDevices, first, last);
        foreach (var (_, runs) in gathered)
        {
            runs.CopyTo(InDevices, first, last);
        }
    }

    /// <summary>Everything has been invalidated.</summary>
    public void Clear()
    {
        Common.Clear();
        foreach (var (_, runs) in gathered)
        {
            runs.Clear();
        }
    }

    /// <summary>A sync of a gather has invalidated a range.</summary>
    public void Synced(IotlbGather gather, ulong first, ulong last)
    {
        Common.Remove(first, last);
        foreach (var (owner, runs) in gathered)
        {
            if (owner == gather)
            {
                runs.Remove(first, last);
            }
        }
    }

    /// <summary>An access may land at the physical address; some devices cache by themselves.</summary>
    public bool MayReach(ulong iova, DmaAccess access, ulong pa, bool cachesItself) =>
        Common.MayReach(iova, access, pa) || gathered.Exists(g => g.Runs.MayReach(iova, access, pa))
        || (cachesItself && InDevices.MayReach(iova, access, pa));

    /// <summary>An access may be refused by what was there before.</summary>
    public bool MayRefuse(ulong iova, DmaAccess access) =>
        Common.MayRefuse(iova, access) || gathered.Exists(g => g.Runs.MayRefuse(iova, access));

    private readonly record struct Gathered(IotlbGather Owner, StaleRuns Runs);
}
