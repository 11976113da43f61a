using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R32. Before v6.5 the core asked the driver anew at each use, and some paths did not ask.
/// </summary>
public sealed class R32DeferredWaits : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(32),
        RuleFamily.State,
        "A deferred device gets no attach call for the default domain until its first mapping; exactly one "
            + "then.",
        "iommu.c: __iommu_device_set_domain, iommu_deferred_attach; core.md 3.7, 9 (32)",
        "v6.5",
        SecurityRelevant: false);

    private bool wasDeferred;

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.CommandBegin, EventKind.AttachDev, EventKind.ProbeFinalize, EventKind.CommandEnd];

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        wasDeferred = false;
    }

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        switch (e.Kind)
        {
            case EventKind.CommandBegin:
                wasDeferred = context.Command.Op == Op.DeferredAttach
                    && (uint)context.Command.A < (uint)ledger.Devices.Length
                    && ledger.Devices[context.Command.A].Deferred;
                break;
            case EventKind.ProbeFinalize when ledger.Devices[e.Device].Deferred:
                Hold();
                break;
            case EventKind.AttachDev:
                Attach(e, index, context);
                break;
            case EventKind.CommandEnd when wasDeferred && !ledger.Now.NoOp:
                First(index, context);
                break;
        }
    }

    private void Attach(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var device = ledger.Devices[e.Device];
        if (!device.Deferred || ledger.Now.Op == Op.DeferredAttach || ledger.GroupOf(device) is not { } group)
        {
            return;
        }

        // A default domain in the making is the target before the record names it.
        var becomesDefault = ledger.Set.Active && ledger.Set.Target == e.Domain
            && (group.Default == DomainId.None || ledger.Now.Op == Op.SetType);
        if (e.Domain == group.Default || becomesDefault)
        {
            Break(context, index, $"{device} is deferred and gets its default domain {e.Domain} before any "
                + "mapping");
        }
    }

    private void First(int index, RuleContext context)
    {
        var now = context.Ledger.Now;
        var staged = context.Ledger.Devices[now.Device].Staged && now.Errno == Errno.EBUSY;
        var calls = 0;
        foreach (var call in now.Calls)
        {
            calls += call.Device == now.Device ? 1 : 0;
        }

        if (staged)
        {
            return;
        }

        Hold();
        if (calls != 1)
        {
            Break(context, index, $"the first mapping of d{now.Device} makes {calls} attach calls, expected "
                + "1");
        }
    }
}

/// <summary>
/// R33. Premise: the driver can map before attach, mapping was not refused, and no caller has unmapped the
/// region from the default domain before a deferred attach.
/// </summary>
public sealed class R33DirectBeforeAttach : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(33),
        RuleFamily.State,
        "The first attach of a device is preceded by the mapping of all its DIRECT and DIRECT_RELAXABLE "
            + "pages in a DMA "
            + "default domain, if the driver can map before attach.",
        "iommu.c: iommu_setup_default_domain; \"iommu: Do iommu_group_create_direct_mappings() before "
            + "attach\" (v6.5); "
            + "core.md 3.5, 9 (33)",
        "v6.5",
        SecurityRelevant: false);

    private readonly List<TranslationEntry> found = [];

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.AttachDev];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var ledger = context.Ledger;
        var device = ledger.Devices[e.Device];
        if (device.Tried || device.Direct.Count == 0 || !e.Type.IsDmaApi()
            || device.Profile.Finalise != FinaliseRule.AtAlloc || device.DirectFailed.Contains(e.Domain)
            || ledger.Domain(e.Domain) is not { } domain
            || (domain.AskedFor & (1UL << (device.Group & 63))) != 0)
        {
            return;
        }

        Hold();
        var page = Math.Max(1, device.Profile.PageSizes.Min);
        foreach (var range in device.Direct)
        {
            var first = (range.Start + page - 1) & ~(page - 1);
            var end = (range.Last + page) & ~(page - 1);
            if (first < end && !WasMapped(domain, first, end - 1))
            {
                Break(context, index, $"{device} is attached to {domain} before its direct region "
                    + $"0x{range.Start:x} to "
                    + $"0x{range.Last:x} is mapped");
                return;
            }
        }
    }

    private bool WasMapped(DomainFacts domain, ulong first, ulong last)
    {
        found.Clear();
        domain.Map.CopyRange(first, last, found);
        foreach (var entry in found)
        {
            if (entry.Kind == EntryKind.None || entry.Start != first)
            {
                return false;
            }

            if (entry.Last == last)
            {
                return true;
            }

            first = entry.Last + 1;
        }

        return false;
    }
}

/// <summary>R34. The release domain is attached by the core from v6.9 on (era v6.7).</summary>
public sealed class R34FinalizeAfterReleaseLast : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(34),
        RuleFamily.State,
        "probe_finalize comes after the first attach (or its deferral), release_device after the "
            + "release_domain attach.",
        "iommu.c: iommu_probe_device, bus_iommu_probe, iommu_deinit_device; core.md 3.2, 3.8, 9 (34)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.ProbeFinalize, EventKind.AttachDev, EventKind.ReleaseDevice];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var device = context.Ledger.Devices[e.Device];
        switch (e.Kind)
        {
            case EventKind.ProbeFinalize:
                Finalise(device, index, context);
                break;
            case EventKind.AttachDev when device.State == AttachState.Released:
                Break(context, index, $"{device} is attached to {e.Domain} after release_device");
                break;
            case EventKind.ReleaseDevice:
                Release(device, index, context);
                break;
        }
    }

    /// <summary>
    /// Before v6.5 hotplug attaches what the group is on, then the default domain unless the group has an
    /// owner. If the group was on nothing (a roll-back failed, and there was no default domain), its record
    /// names the new default domain and an owned device is attached to nothing (iommu_probe_device,
    /// iommu_group_alloc_default_domain).
    /// </summary>
    private static bool JoinsNothing(GroupFacts group, RuleContext context) =>
        context.Order < EraOrder.V6_5 && group.Owner != 0 && group.Domain == group.Default;

    private void Finalise(DeviceFacts device, int index, RuleContext context)
    {
        var mayWait = device.Deferred
            || (context.Order < EraOrder.V6_5 && device.Spec.Deferred && context.Topology.Kernel.Kdump);
        if (context.Ledger.GroupOf(device) is not { } group || group.Domain == DomainId.None
            || JoinsNothing(group, context))
        {
            return;
        }

        Hold();
        if (device.State == AttachState.Never && !device.Tried && !mayWait)
        {
            Break(context, index, $"probe_finalize of {device} before its first attach");
        }
    }

    private void Release(DeviceFacts device, int index, RuleContext context)
    {
        if (context.Order < EraOrder.V6_7 || !device.Profile.ReleasesToBlocked || !device.Joined
            || device.Deferred)
        {
            return;
        }

        Hold();
        var calls = context.Ledger.Now.Calls;
        var at = calls.Count - 1;
        while (at >= 0 && calls[at].Device != device.Index)
        {
            at--;
        }

        var domain = at < 0 ? null : context.Ledger.Domain(calls[at].Domain);
        if (domain is not { Static: true, Type: DomainType.Blocked or DomainType.Identity })
        {
            Break(context, index, $"release_device of {device} without attach of the release domain");
        }
    }
}
