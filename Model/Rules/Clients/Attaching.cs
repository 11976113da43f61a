using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R52. Once a device has refused, the core may park another one on the blocking domain: that is no part of
/// the way.
/// </summary>
public sealed class R52ReplaceIsDirect : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(52),
        RuleFamily.Clients,
        "A replace by iommufd never passes through the blocking domain.",
        "iommufd/device.c: iommufd_hwpt_replace_device; iommu.c: iommu_replace_group_handle; core.md 7.5",
        "v6.6",
        SecurityRelevant: false);

    private bool replaces;
    private bool refused;

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.ClientBegin, EventKind.ClientEnd, EventKind.AttachDev];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind != EventKind.AttachDev)
        {
            var command = context.Command;
            replaces = e.Kind == EventKind.ClientBegin && command.Op == Op.FdAttach
                && context.Ledger.Devices[command.B].Hwpt != DomainId.None;
            refused = false;
            return;
        }

        if (!replaces || refused)
        {
            return;
        }

        Hold();
        refused = e.Errno != Errno.OK;
        var group = context.Ledger.Group(context.Ledger.Devices[e.Device].Group);
        if (context.Ledger.Domain(e.Domain) is { IsBlocked: true } || e.Domain == group?.Blocking)
        {
            Break(context, index, $"d{e.Device} is put on the blocking {e.Domain} on its way to another "
                + $"HWPT");
        }
    }

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        replaces = refused = false;
    }
}

/// <summary>R53. A HWPT that the process made is never chosen.</summary>
public sealed class R53AutomaticIsReused : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(53),
        RuleFamily.Clients,
        "An automatic HWPT is reused when its attach succeeds, and only -EINVAL makes the search continue.",
        "iommufd/device.c: iommufd_device_auto_get_domain; core.md 7.5",
        "v6.6",
        SecurityRelevant: false);

    private readonly List<(DomainId Domain, Errno Errno)> tried = [];
    private (DomainId Domain, Errno Errno) moved;

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
    [
        EventKind.ClientBegin, EventKind.SetDomainEnd, EventKind.HwptTried, EventKind.DomainAlloc,
        EventKind.ClientEnd,
    ];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        switch (e.Kind)
        {
            case EventKind.ClientBegin:
                Forget();
                break;
            case EventKind.SetDomainEnd when !e.Flag:
                moved = (e.Domain, e.Errno);
                break;
            case EventKind.HwptTried:
                CheckTry(e, index, context);
                break;
            case EventKind.DomainAlloc:
                CheckAlloc(e, index, context);
                break;
            case EventKind.ClientEnd:
                CheckEnd(e, index, context);
                break;
        }
    }

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        Forget();
    }

    private void Forget()
    {
        tried.Clear();
        moved = default;
    }

    private void CheckTry(in TraceEvent e, int index, RuleContext context)
    {
        Hold();
        var domain = e.Domain;
        var link = context.Ledger.Ioas[(int)e.A].Hwpts.Find(link => link.Domain == domain);
        if (!link.Automatic)
        {
            Break(context, index, $"d{e.Device} is tried on {domain}, no automatic HWPT of A{e.A}");
        }

        if (tried.Count > 0 && tried[^1].Errno != Errno.EINVAL)
        {
            Break(context, index, $"the search for d{e.Device} goes on to {domain} after {tried[^1].Domain} "
                + $"gave {tried[^1].Errno.Text()}");
        }

        if (moved.Domain == domain && moved.Errno != e.Errno)
        {
            Break(context, index, $"the attach to {domain} gave {moved.Errno.Text()}, taken for "
                + $"{e.Errno.Text()}");
        }

        tried.Add((domain, e.Errno));
    }

    /// <summary>A new domain only after all automatic ones have refused with -EINVAL.</summary>
    private void CheckAlloc(in TraceEvent e, int index, RuleContext context)
    {
        var command = context.Ledger.Client;
        if (context.Command.Op != Op.Alloc || command.Op != Op.FdAttach || command.Table.IsHwpt)
        {
            return;
        }

        foreach (var link in context.Ledger.Ioas[command.Table.Index].Hwpts)
        {
            if (!link.Automatic)
            {
                continue;
            }

            Hold();
            if (!tried.Contains((link.Domain, Errno.EINVAL)))
            {
                Break(context, index, $"{e.Domain} is allocated for d{e.Device} although {link.Domain} of "
                    + $"A{command.Table.Index} has not refused it");
            }
        }
    }

    private void CheckEnd(in TraceEvent e, int index, RuleContext context)
    {
        if (tried.Count > 0 && tried[^1].Errno != Errno.EINVAL && tried[^1].Errno != e.Errno)
        {
            Break(context, index, $"{context.Ledger.Client} gives {e.Errno.Text()} although the search ended "
                + $"with {tried[^1].Errno.Text()}");
        }
    }
}
