using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R50. What a HWPT shows is what iommu_map and iommu_unmap have left in its domain.</summary>
public sealed class R50AreasAreShown : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(50),
        RuleFamily.Clients,
        "Every area of an IOAS is present in every paging HWPT linked to it, at all times after the HWPT was "
            + "made.",
        "iommufd/io_pagetable.c: iopt_map_pages, iopt_table_add_domain; core.md 7.2, 7.3",
        "v6.6",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.ClientEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        foreach (var ioas in context.Ledger.Ioas)
        {
            if (ioas.Areas.Count == 0 || ioas.Hwpts.Count == 0)
            {
                continue;
            }

            Hold();
            foreach (var link in ioas.Hwpts)
            {
                if (Missing(context.Ledger, link.Domain, ioas) is { } at)
                {
                    Break(context, index, $"{ioas} has memory at 0x{at:x}, and {link.Domain}, which shows "
                        + $"it, has not");
                }
            }
        }
    }

    /// <summary>The first IOVA of an area that a domain does not translate to the area's memory.</summary>
    private static ulong? Missing(TraceLedger ledger, DomainId id, IoasFacts ioas)
    {
        if (ledger.Domain(id) is not { } domain)
        {
            return null;
        }

        foreach (var run in ioas.Areas)
        {
            for (var at = run.First; ;)
            {
                if (!domain.Map.TryFind(at, out var entry) || entry.Kind != EntryKind.Live
                    || entry.Pa + (at - entry.Start) != run.Pa + (at - run.First))
                {
                    return at;
                }

                if (entry.Last >= run.Last)
                {
                    break;
                }

                at = entry.Last + 1;
            }
        }

        return null;
    }
}

/// <summary>R51. A command that fails with -EADDRINUSE leaves areas, HWPTs and attachments alone.</summary>
public sealed class R51AreasKeepOutOfReserved : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(51),
        RuleFamily.Clients,
        "No area ever intersects a reserved range; adding a device that would violate this fails with "
            + "-EADDRINUSE and no state change.",
        "iommufd/io_pagetable.c: iopt_check_iova, iopt_reserve_iova; core.md 7.2, 7.3",
        "v6.6",
        SecurityRelevant: false);

    private bool areasChanged;
    private int hwpts;
    private int attached;

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
    [
        EventKind.ClientBegin, EventKind.IoasArea, EventKind.IoasReserved, EventKind.HwptLinked,
        EventKind.HwptAttached, EventKind.ClientEnd,
    ];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        switch (e.Kind)
        {
            case EventKind.ClientBegin:
                areasChanged = false;
                hwpts = attached = 0;
                break;
            case EventKind.IoasArea:
                areasChanged = true;
                CheckArea(e, index, context);
                break;
            case EventKind.IoasReserved:
                CheckReserved(e, index, context);
                break;
            case EventKind.HwptLinked:
                hwpts += e.Flag ? 1 : -1;
                break;
            case EventKind.HwptAttached:
                attached += e.Flag ? 1 : -1;
                break;
            default:
                CheckRefusal(e, index, context);
                break;
        }
    }

    private void CheckArea(in TraceEvent e, int index, RuleContext context)
    {
        var ioas = context.Ledger.Ioas[(int)e.A];
        if (!e.Flag || ioas.Reserved.Count == 0)
        {
            return;
        }

        Hold();
        var (first, last) = (e.B, unchecked(e.B + e.C - 1));
        var hit = ioas.Reserved.FindIndex(range => range.First <= last && first <= range.Last);
        if (hit >= 0)
        {
            Break(context, index, $"{ioas} gets an area 0x{first:x}..0x{last:x} over the reserved "
                + $"{Text(ioas.Reserved[hit])}");
        }
    }

    private void CheckReserved(in TraceEvent e, int index, RuleContext context)
    {
        var ioas = context.Ledger.Ioas[(int)e.A];
        if (!e.Flag || ioas.Areas.Count == 0)
        {
            return;
        }

        Hold();
        var (first, last) = (e.B, e.C);
        var hit = ioas.Areas.FindIndex(area => area.First <= last && first <= area.Last);
        if (hit >= 0)
        {
            Break(context, index, $"0x{first:x}..0x{last:x} of {ioas} is reserved although there is an area "
                + $"0x{ioas.Areas[hit].First:x}..0x{ioas.Areas[hit].Last:x}");
        }
    }

    private void CheckRefusal(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Errno != Errno.EADDRINUSE)
        {
            return;
        }

        Hold();
        if (areasChanged || hwpts != 0 || attached != 0)
        {
            Break(context, index, $"{context.Ledger.Client} fails with -EADDRINUSE and leaves "
                + $"{hwpts} HWPTs and {attached} attachments more than before"
                + (areasChanged ? ", and other areas" : ""));
        }
    }

    private static string Text(in ReservedRange range) =>
        $"0x{range.First:x}..0x{range.Last:x} of {(range.Device >= 0 ? $"d{range.Device}" : range.Domain)}";
}
