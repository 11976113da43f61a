using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R43. Contiguity is looked at in map and unmap commands, which are one request each. A call that an
/// injected fault takes the place of (no page asked) is none.
/// </summary>
public sealed class R43OnePageSizePerCall : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(43),
        RuleFamily.MapUnmap,
        "Each driver map or unmap call uses one supported page size, aligned iova and pa, a count of at "
            + "least 1, and the "
            + "calls of one request are contiguous and ascending.",
        "iommu.c: iommu_pgsize, iommu_map_nosync, __iommu_unmap; core.md 5.2, 9 (43)",
        "v5.19",
        SecurityRelevant: false);

    private (bool Known, ulong Iova, ulong Pa) map;
    private (bool Known, ulong Iova) unmap;

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.CommandBegin, EventKind.MapPages, EventKind.UnmapPages];

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        map = default;
        unmap = default;
    }

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.CommandBegin)
        {
            map = default;
            unmap = default;
            return;
        }

        var isMap = e.Kind == EventKind.MapPages;
        var injected = isMap && e.D == 0 && e.E == 0 && e.Errno != Errno.OK;
        if (injected || context.Ledger.Domain(e.Domain)?.Profile is not { } profile)
        {
            return;
        }

        Hold();
        var sizes = new PageSizes(profile.PageSizes.Bitmap | profile.PageSizesBefore.Bitmap);
        var addresses = isMap ? e.A | e.B : e.A;
        if (!sizes.Contains(e.C) || (addresses & (e.C - 1)) != 0 || e.D == 0)
        {
            Break(context, index, $"{e.Kind} of 0x{e.A:x} (pa 0x{e.B:x}) with {e.D} pages of "
                + $"0x{e.C:x}, page sizes are {sizes}");
        }

        Follow(e, isMap, index, context);
    }

    private void Follow(in TraceEvent e, bool isMap, int index, RuleContext context)
    {
        if (context.Ledger.Now.Op is not (Op.Map or Op.Unmap or Op.UnmapFast))
        {
            return;
        }

        var follows = isMap
            ? !map.Known || (map.Iova == e.A && map.Pa == e.B)
            : !unmap.Known || unmap.Iova == e.A;
        if (!follows)
        {
            Break(context, index, $"the calls of one request are not contiguous: 0x{e.A:x} follows, expected "
                + $"0x{(isMap ? map.Iova : unmap.Iova):x}");
        }

        if (isMap)
        {
            map = (true, e.A + e.E, e.B + e.E);
        }
        else
        {
            unmap = (true, e.A + e.E);
        }
    }
}

/// <summary>R45.</summary>
public sealed class R45OnlyPagingMaps : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(45),
        RuleFamily.MapUnmap,
        "Mapping into BLOCKED, IDENTITY, NESTED, SVA or PLATFORM domains returns an error without a driver "
            + "call.",
        "iommu.c: iommu_map; core.md 1.2, 5.1, 9 (45)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.CoreMap, EventKind.MapPages, EventKind.MapRange];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (context.Ledger.Domain(e.Domain) is not { } domain || domain.Type.IsPaging())
        {
            return;
        }

        if (e.Kind != EventKind.CoreMap)
        {
            Break(context, index, $"the driver is asked to map into {domain}");
            return;
        }

        Hold();
        if (e.Errno == Errno.OK)
        {
            Break(context, index, $"map into {domain} succeeds");
        }
    }
}

/// <summary>R62. Before v7.2 every unmap was followed by a sync, also when nothing was gathered.</summary>
public sealed class R62NoEmptySync : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(62),
        RuleFamily.MapUnmap,
        "iotlb_sync is never called with an empty gather, and always before pages on its freelist are "
            + "reused.",
        "iommu.c: iommu_iotlb_sync, __iommu_unmap; core.md 2.2, 5.3, 9 (62)",
        "v7.2",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.IotlbSync];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        Hold();
        if (e.Flag || e.A >= e.B)
        {
            Break(context, index, $"iotlb_sync of {e.Domain} with an empty gather");
        }
    }
}
