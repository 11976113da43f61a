using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R63. A static domain of the driver's own is always offered.</summary>
public sealed class R63OnlyOfferedTypes : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(63),
        RuleFamily.DriverContract,
        "A domain type that reaches attach_dev is a type the driver offered.",
        "include/linux/iommu.h: struct iommu_ops (domain_alloc), iommu.c: iommu_group_alloc_default_domain; "
            + "core.md 1.2, "
            + "2.1",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.AttachDev];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        Hold();
        var device = context.Ledger.Devices[e.Device];
        if (device.Profile.Knows(e.Type))
        {
            return;
        }

        if (context.Ledger.Domain(e.Domain) is not { Static: true })
        {
            Break(context, index, $"{device.Driver} gets attach_dev of {e.Domain} with type {e.Type.Text()} "
                + $"for {device} "
                + $"and returns {e.Errno.Text()}; it never offered that type");
        }
    }
}

/// <summary>
/// R64. Addresses that no physical memory has, and windows that are never translated, are left out.
/// </summary>
public sealed class R64IdentityPasses : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(64),
        RuleFamily.DriverContract,
        "Identity never blocks: DMA of a device on an IDENTITY domain lands at the address it names.",
        "include/linux/iommu.h: IOMMU_DOMAIN_IDENTITY; core.md 1.2",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Identity;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        if (view.Judgement == Judgement.Open)
        {
            return;
        }

        Hold();
        if (view.Judgement == Judgement.Differs)
        {
            Break(context, index, $"{view}; it is on identity domain {view.Domain}");
        }
    }
}

/// <summary>R65. An empty paging domain in the blocking role counts as well.</summary>
public sealed class R65BlockingBlocks : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(65),
        RuleFamily.DriverContract,
        "Blocking halts all DMA, whether the domain has the type BLOCKED or is the group's empty blocking "
            + "domain.",
        "include/linux/iommu.h: IOMMU_DOMAIN_BLOCKED; iommu.c: __iommu_group_alloc_blocking_domain; core.md "
            + "1.2, 1.3",
        "v5.19",
        SecurityRelevant: true);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Blocked;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        Hold();
        ref readonly var view = ref context.Ledger.Dma;
        if (view.Landed)
        {
            Break(context, index, $"{view}; it is on blocking domain {view.Domain}");
        }
    }
}

/// <summary>R70. An error that the scenario injected is the scenario's.</summary>
public sealed class R70DocumentedErrnos : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(70),
        RuleFamily.DriverContract,
        "attach_dev returns only documented errors: -EINVAL, -ENOMEM, -ENOSPC, -EBUSY, -ENODEV.",
        "include/linux/iommu.h: attach_dev; \"iommu: Add return value rules to attach_dev op and APIs\" "
            + "(v6.2, met by the drivers of 6.12 on); core.md 2.3",
        "v6.7",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.AttachDev];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Errno == Errno.OK || context.Ledger.IsInjected(e))
        {
            return;
        }

        Hold();
        if (e.Errno is not (Errno.EINVAL or Errno.ENOMEM or Errno.ENOSPC or Errno.EBUSY or Errno.ENODEV))
        {
            Break(context, index, $"attach_dev of {e.Domain} for d{e.Device} returns {e.Errno.Text()}");
        }
    }
}

/// <summary>R69. The message of what was thrown is in the trace's note.</summary>
public sealed class R69DriverGoesOn : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(69),
        RuleFamily.DriverContract,
        "The driver neither crashes nor stalls.",
        "include/linux/iommu.h: struct iommu_domain_ops (map_pages: no progress loops for ever); core.md 2.2",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.CommandBegin, EventKind.DriverThrew, EventKind.DriverStuck];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.CommandBegin)
        {
            Hold();
            return;
        }

        Break(context, index, e.Kind == EventKind.DriverThrew ? "the driver threw" : "the driver makes no "
            + "progress");
    }
}

/// <summary>What rules ask of a profile.</summary>
internal static class Claims
{
    /// <summary>The driver declares that it can carry out an attach of the type.</summary>
    public static bool Knows(this DriverProfile profile, DomainType type)
    {
        var types = profile.KnownTypes;
        for (var i = 0; i < types.Count; i++)
        {
            if (types[i] == type)
            {
                return true;
            }
        }

        return false;
    }
}
