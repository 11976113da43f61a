using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Tracing;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>Domains and devices join and leave (core.md 7.3).</summary>
public sealed partial class IoPageTable
{
    /// <summary>
    /// A domain joins (iopt_table_add_domain): -EINVAL when its smallest page is larger than the CPU's,
    /// -EADDRINUSE when areas or allowed ranges do not fit its alignment or aperture, then what mapping the
    /// areas gives; an error leaves nothing.
    /// </summary>
    public Errno AddDomain(Hwpt hwpt)
    {
        var alignment = Math.Max(SmallestPage(hwpt.Domain), Alignment);
        if (alignment > PageSize)
        {
            return Errno.EINVAL;
        }

        if (alignment != Alignment && !AreasFit(alignment))
        {
            return Errno.EADDRINUSE;
        }

        var result = ReserveOutside(hwpt);
        result = result == Errno.OK ? policy.Pages.FillDomain(this, pages, hwpt) : result;
        if (result != Errno.OK)
        {
            RemoveReserved(hwpt);
            return result;
        }

        Alignment = alignment;
        domains.Add(hwpt);
        return Errno.OK;
    }

    /// <summary>It leaves: the last domain takes its place in the order (iopt_table_remove_domain).</summary>
    public void RemoveDomain(Hwpt hwpt)
    {
        var at = domains.IndexOf(hwpt);
        domains[at] = domains[^1];
        domains.RemoveAt(domains.Count - 1);
        foreach (var area in areas)
        {
            RemoveArea(area, hwpt);
        }

        RemoveReserved(hwpt);
        Alignment = OwnAlignment();
    }

    /// <summary>
    /// A device joins: every region but the relaxable ones is reserved for it (core.md 1.4);
    /// -EADDRINUSE when an area or an allowed range is in the way. At attach two MSI windows of software, or
    /// one beside the hardware's, are -EINVAL (iopt_table_enforce_dev_resv_regions).
    /// </summary>
    public Errno Enforce(IommuDevice dev, bool countsMsi)
    {
        var regions = new List<ResvRegion>();
        IommuCore.DriverOf(dev).GetResvRegions(dev, regions);
        var result = Errno.OK;
        foreach (var region in regions)
        {
            result = region.Type == ResvType.DirectRelaxable
                ? Errno.OK
                : Reserve(region.Start.Value, region.End, dev);
            if (result != Errno.OK)
            {
                break;
            }
        }

        if (result == Errno.OK && countsMsi && HasStrangeMsi(regions))
        {
            events.Warn(WarnCode.BadRegions, dev);
            result = Errno.EINVAL;
        }

        if (result != Errno.OK)
        {
            RemoveReserved(dev);
        }

        return result;
    }

    /// <summary>
    /// Everything that an owner, a device or a HWPT, has reserved (iopt_remove_reserved_iova).
    /// </summary>
    public void RemoveReserved(object owner)
    {
        if (reserved.RemoveOf(owner))
        {
            events.Unreserved(slot, owner);
        }
    }

    private static bool HasStrangeMsi(List<ResvRegion> regions)
    {
        var software = regions.Count(region => region.Type == ResvType.SwMsi);
        return software > 1 || (software > 0 && regions.Exists(region => region.Type == ResvType.Msi));
    }

    /// <summary>
    /// iopt_reserve_iova: areas and allowed ranges are in the way, other reservations are not.
    /// </summary>
    private Errno Reserve(ulong first, ulong last, object owner)
    {
        if (policy.Ranges.ReservesOnlyUnused
            && (FirstArea(first, last) is not null || allowed.Intersects(first, last)))
        {
            return Errno.EADDRINUSE;
        }

        reserved.Add(first, last, owner);
        events.Reserved(slot, first, last, owner);
        return Errno.OK;
    }

    private Errno ReserveOutside(Hwpt hwpt)
    {
        var aperture = hwpt.Domain.Aperture;
        var result = aperture.Start == 0 ? Errno.OK : Reserve(0, aperture.Start - 1, hwpt);
        return result != Errno.OK || aperture.End == ulong.MaxValue
            ? result
            : Reserve(aperture.End + 1, ulong.MaxValue, hwpt);
    }

    /// <summary>iopt_unfill_domain, for one area.</summary>
    private void RemoveArea(IoptArea area, Hwpt hwpt)
    {
        if (domains.Count > 0)
        {
            area.Storage = area.Storage == hwpt ? domains[0] : area.Storage;
            pages.Unmap(area, hwpt, area.FirstPage, area.LastPage);
            return;
        }

        area.Pages.RemoveFilled(area);
        area.Storage = null;
        pages.Unfill(area, hwpt);
    }
}
