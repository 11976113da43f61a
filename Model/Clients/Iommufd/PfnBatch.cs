namespace Conformance.Model.Clients.Iommufd;

/// <summary>
/// Page frame numbers in order, neighbours joined (struct pfn_batch). Large enough for the client's memory,
/// so it is never full.
/// </summary>
public sealed class PfnBatch
{
    private readonly List<(ulong Pfn, ulong Count)> runs = [];

    /// <summary>Runs of consecutive frames, in the order of the pages.</summary>
    public IReadOnlyList<(ulong Pfn, ulong Count)> Runs => runs;

    /// <summary>Pages in all.</summary>
    public ulong Total { get; private set; }

    public void Add(ulong pfn)
    {
        if (!TryExtend(pfn))
        {
            runs.Add((pfn, 1));
            Total++;
        }
    }

    /// <summary>Adds a frame only if it follows the last one.</summary>
    public bool TryExtend(ulong pfn)
    {
        if (runs.Count == 0 || unchecked(runs[^1].Pfn + runs[^1].Count) != pfn)
        {
            return false;
        }

        runs[^1] = (runs[^1].Pfn, runs[^1].Count + 1);
        Total++;
        return true;
    }

    public void Clear()
    {
        runs.Clear();
        Total = 0;
    }

    /// <summary>Keeps the last pages of the last run (batch_clear_carry).</summary>
    public void ClearCarry(ulong keep)
    {
        if (keep == 0)
        {
            Clear();
            return;
        }

        var (pfn, count) = runs[^1];
        runs.Clear();
        runs.Add((pfn + (count - keep), keep));
        Total = keep;
    }

    /// <summary>Drops carried pages from the front (batch_skip_carry).</summary>
    public void SkipCarry(ulong pages)
    {
        if (Total == 0)
        {
            return;
        }

        var skip = Math.Min(Total, pages);
        runs[0] = (runs[0].Pfn + skip, runs[0].Count - skip);
        Total -= skip;
    }
}
