using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R16. Premise: the default domain of the group was chosen in the same command; a device added to a group
/// that has one already cannot change it.
/// </summary>
public sealed class R16UntrustedIsStrict : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(16),
        RuleFamily.Isolation,
        "An untrusted device's default domain is DMA (not identity, not DMA-FQ) right after probe.",
        "iommu.c: iommu_get_default_domain_type; \"iommu: Reorganize iommu_get_default_domain_type() to "
            + "respect "
            + "def_domain_type()\" (v6.7); core.md 3.3, 9 (16)",
        "v6.7",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        foreach (var joined in ledger.Now.Joined)
        {
            var device = ledger.Devices[joined];
            if (!device.Spec.Untrusted || ledger.GroupOf(device) is not { } group
                || group.DefaultSince != ledger.Now.Number || ledger.Domain(group.Default) is not { } domain)
            {
                continue;
            }

            Hold();
            if (domain.Type != DomainType.Dma)
            {
                Break(context, index, $"{device} is untrusted and its default domain is {domain}, expected "
                    + "DMA");
            }
        }
    }
}

/// <summary>
/// R17. What a caller maps or unmaps in the default domain himself is his affair. The refusal of blocking
/// holds from v6.6 on; rescue, release, first deferred attach and reset staging go round it (core.md 3.6).
/// </summary>
public sealed class R17DirectStaysMapped : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(17),
        RuleFamily.Isolation,
        "A device with a DIRECT region never loses its 1:1 mapping in the default domain and (v6.6 on) never "
            + "accepts the "
            + "blocking domain through an ordinary attach or claim.",
        "iommu.c: iommu_create_device_direct_mappings, __iommu_device_set_domain; \"iommu: Prevent "
            + "RESV_DIRECT devices "
            + "from blocking domains\" (v6.6); core.md 3.5, 3.6, 9 (17)",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.AttachDev, EventKind.SetDomainEnd, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Direct;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.Dma)
        {
            Access(index, context);
        }
        else if (context.Order < EraOrder.V6_6)
        {
            return;
        }
        else if (e.Kind == EventKind.AttachDev)
        {
            Attach(e, index, context);
        }
        else
        {
            EndSet(e, index, context);
        }
    }

    private void Access(int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        var domain = view.Domain!;
        var isDefault = view.Group is { } group && group.Default == domain.Id
            && (domain.Type.IsDmaApi() || domain.Type == DomainType.Identity);
        if (!isDefault || view.Device.Trouble != Trouble.None || view.Device.DirectFailed.Contains(domain.Id)
            || view.Judgement == Judgement.Open || !IsInRegion(view))
        {
            return;
        }

        var entry = view.Entry;
        var callersAffair = entry.Kind is EntryKind.Gone or EntryKind.Stale
            || (entry.Kind == EntryKind.Live && entry.PaOf(view.At) != view.Iova)
            || (entry.Kind == EntryKind.Live && !view.Permitted);
        if (callersAffair)
        {
            return;
        }

        Hold();
        if (!view.Landed || view.Pa != view.Iova)
        {
            Break(context, index, $"{view}; the address is in a direct region, to be 1:1 in default domain "
                + $"{domain}");
        }
    }

    private static bool IsInRegion(in DmaView view)
    {
        var page = Math.Max(1, view.Device.Profile.PageSizes.Min);
        foreach (var range in view.Device.Direct)
        {
            var first = (range.Start + page - 1) & ~(page - 1);
            var granted = ((byte)range.Prot & (view.Write ? 2 : 1)) != 0;
            if (granted && view.Iova >= first && view.Iova <= range.Last)
            {
                return true;
            }
        }

        return false;
    }

    private void Attach(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var device = ledger.Devices[e.Device];
        if (!device.RequiresDirect || e.Errno != Errno.OK || ledger.HasFailed(e.Device)
            || ledger.GroupOf(device) is not { } group
            || (e.Type != DomainType.Blocked && e.Domain != group.Blocking))
        {
            return;
        }

        var ordinary = ledger.Set.Active
            ? !ledger.Set.Must && ledger.Set.Target == e.Domain
            : ledger.Now.Op is Op.Probe or Op.Register && group.Domain == e.Domain;
        if (ordinary)
        {
            Break(context, index, $"{device} has a direct region and accepts blocking domain {e.Domain}");
        }
    }

    private void EndSet(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        if (e.Flag || ledger.Set.Old == e.Domain || ledger.Group(e.Group) is not { } group
            || ledger.Domain(e.Domain) is not { } domain
            || (!domain.IsBlocked && group.Blocking != e.Domain))
        {
            return;
        }

        foreach (var member in group.Members)
        {
            if (ledger.Devices[member].RequiresDirect)
            {
                Hold();
                if (e.Errno == Errno.OK)
                {
                    Break(context, index, $"{group} goes to blocking domain {domain} although "
                        + $"{ledger.Devices[member]} has a direct region");
                }

                return;
            }
        }
    }
}
