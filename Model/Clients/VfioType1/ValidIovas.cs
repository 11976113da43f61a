using Conformance.Model.Contract;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>
/// Ranges of IOVA in which a container may map, ascending (iova_list): the apertures of its domains without
/// the reserved regions of its groups. Empty while there is no domain.
/// </summary>
public sealed class ValidIovas
{
    private readonly List<(ulong First, ulong Last)> ranges = [];

    public IReadOnlyList<(ulong First, ulong Last)> Ranges => ranges;

    public ValidIovas Copy()
    {
        var copy = new ValidIovas();
        copy.ranges.AddRange(ranges);
        return copy;
    }

    /// <summary>vfio_iommu_iova_dma_valid: one range has it all, or there is none.</summary>
    public bool Allows(ulong first, ulong last) =>
        ranges.Count == 0 || ranges.Exists(range => first >= range.First && last <= range.Last);

    /// <summary>
    /// vfio_iommu_aper_conflict: an aperture has nothing in common with this, or leaves out a mapping.
    /// </summary>
    public bool Conflicts(Aperture aperture, MappingList mappings)
    {
        if (ranges.Count == 0)
        {
            return false;
        }

        var first = ranges[0].First;
        var last = ranges[^1].Last;
        if (aperture.Start > last || aperture.End < first)
        {
            return true;
        }

        return (aperture.Start > first && mappings.Find(first, aperture.Start - first) is not null)
            || (aperture.End < last && mappings.Find(aperture.End + 1, last - aperture.End) is not null);
    }

    /// <summary>
    /// vfio_iommu_aper_resize: cut to an aperture; an empty list becomes it. A range of which the aperture
    /// would leave its first or last byte alone goes with it, as the kernel compares.
    /// </summary>
    public void Resize(Aperture aperture)
    {
        if (ranges.Count == 0)
        {
            ranges.Add((aperture.Start, aperture.End));
            return;
        }

        var start = aperture.Start;
        while (ranges.Count > 0 && start >= ranges[0].First)
        {
            if (start < ranges[0].Last)
            {
                ranges[0] = (start, ranges[0].Last);
                break;
            }

            ranges.RemoveAt(0);
        }

        for (var i = ranges.Count - 1; i >= 0 && aperture.End <= ranges[i].Last; i--)
        {
            if (aperture.End > ranges[i].First)
            {
                ranges[i] = (ranges[i].First, aperture.End);
            }
            else
            {
                ranges.RemoveAt(i);
            }
        }
    }

    /// <summary>vfio_iommu_resv_exclude: without the regions; false: nothing is left.</summary>
    public bool Exclude(IEnumerable<ResvRegion> regions)
    {
        foreach (var region in regions.Where(region => region.Type != ResvType.DirectRelaxable))
        {
            for (var i = ranges.Count - 1; i >= 0; i--)
            {
                Exclude(i, region.Start.Value, region.End);
            }
        }

        return ranges.Count > 0;
    }

    /// <summary>vfio_iommu_aper_expand: both ends as far as all domains of a container reach.</summary>
    public void Expand(IEnumerable<Type1Domain> domains)
    {
        if (ranges.Count == 0)
        {
            return;
        }

        var (start, end) = (0UL, ulong.MaxValue);
        foreach (var domain in domains)
        {
            start = Math.Max(start, domain.Domain.Aperture.Start);
            end = Math.Min(end, domain.Domain.Aperture.End);
        }

        ranges[0] = (start, ranges[0].Last);
        ranges[^1] = (ranges[^1].First, end);
    }

    /// <summary>
    /// vfio_iommu_resv_refresh: everything from first to last byte without given regions; false: nothing is
    /// left.
    /// </summary>
    public bool Refresh(IEnumerable<ResvRegion> regions)
    {
        if (ranges.Count == 0)
        {
            return false;
        }

        var whole = (ranges[0].First, ranges[^1].Last);
        ranges.Clear();
        ranges.Add(whole);
        return Exclude(regions);
    }

    private void Exclude(int at, ulong first, ulong last)
    {
        var range = ranges[at];
        if (first > range.Last || last < range.First)
        {
            return;
        }

        ranges.RemoveAt(at);
        if (last < range.Last)
        {
            ranges.Insert(at, (last + 1, range.Last));
        }

        if (first > range.First)
        {
            ranges.Insert(at, (range.First, first - 1));
        }
    }
}
