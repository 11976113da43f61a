using Conformance.Model.Contract;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>Every area in every domain: a new area, a new domain.</summary>
public class FillPolicy
{
    /// <summary>
    /// A new area into every domain, in their order; an error takes it out of those before
    /// (iopt_area_fill_domains). Without a domain nothing is pinned, so nothing fails.
    /// </summary>
    public virtual Errno FillDomains(AreaPages pages, IoptArea area, IReadOnlyList<Hwpt> domains)
    {
        if (domains.Count == 0)
        {
            return Errno.OK;
        }

        var batch = new PfnBatch();
        var result = pages.Read(area, batch);
        for (var i = 0; i < domains.Count && result == Errno.OK; i++)
        {
            result = pages.Map(area, domains[i], batch);
            for (var done = 0; done < i && result != Errno.OK; done++)
            {
                pages.Unmap(area, domains[done], area.FirstPage, area.LastPage);
            }
        }

        if (result != Errno.OK)
        {
            pages.ReleaseRead(area);
            return result;
        }

        area.Storage = domains[0];
        area.Pages.AddFilled(area);
        return Errno.OK;
    }

    /// <summary>
    /// Every area into a new domain, ascending; an error takes those before out of it (iopt_fill_domain).
    /// </summary>
    public virtual Errno FillDomain(IoPageTable table, AreaPages pages, Hwpt hwpt)
    {
        var batch = new PfnBatch();
        for (var i = 0; i < table.Areas.Count; i++)
        {
            var area = table.Areas[i];
            var result = pages.Read(area, batch);
            result = result == Errno.OK ? pages.Map(area, hwpt, batch) : result;
            if (result != Errno.OK)
            {
                pages.ReleaseRead(area);
                Undo(table, pages, hwpt, i);
                return result;
            }

            if (area.Storage is null)
            {
                area.Storage = hwpt;
                area.Pages.AddFilled(area);
            }
        }

        return Errno.OK;
    }

    private static void Undo(IoPageTable table, AreaPages pages, Hwpt hwpt, int count)
    {
        foreach (var area in table.Areas.Take(count))
        {
            if (table.Domains.Count == 0)
            {
                area.Pages.RemoveFilled(area);
                area.Storage = null;
            }

            pages.Unfill(area, hwpt);
        }
    }
}
