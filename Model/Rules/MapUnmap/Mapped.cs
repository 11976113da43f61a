using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>
/// R39. Ranges mapped while the domain was attached to nothing are R46's; what an unmap does beside its range
/// is R41's.
/// </summary>
public sealed class R39MapTranslates : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(39),
        RuleFamily.MapUnmap,
        "For a successful map every address in the range translates to pa + offset; addresses outside the "
            + "range do not "
            + "change.",
        "iommu.c: iommu_map; core.md 5.1, 9 (39)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapped | DmaTopics.Mapping;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        if (view.Entry.Kind == EntryKind.Live)
        {
            Inside(view, index, context);
            return;
        }

        var map = context.Ledger.Now.Map;
        if (map.Wraps || map.Domain != view.Domain!.Id || map.Errno != Errno.OK
            || !IsAligned(map, view.Domain) || view.Entry.Kind == EntryKind.Stale || map.Holds(view.At)
            || !view.Domain.Type.IsPaging())
        {
            return;
        }

        Hold();
        if (view.Landed)
        {
            Break(context, index, $"{view}, outside the map of 0x{map.Iova:x} size 0x{map.Size:x}");
        }
    }

    private void Inside(in DmaView view, int index, RuleContext context)
    {
        const EntryFlags others = EntryFlags.Unsynced | EntryFlags.Doubtful;
        var loose = (view.Entry.Flags & EntryFlags.Loose) != 0 && view.Entry.IsCertain;
        if (loose || (view.Entry.Flags & others) != 0 || !view.Permitted || !Mapped.IsReachable(view)
            || IsBesideUnmap(view, context.Ledger.Now.Unmap))
        {
            return;
        }

        Hold();
        if (!view.LandedRight)
        {
            Break(context, index, $"{view}; {view.Domain} maps it to 0x{view.Entry.PaOf(view.At):x}");
        }
    }

    /// <summary>
    /// Whole pages. A generic page table takes what is not, and then maps more than was asked (7.2
    /// iommu_map_nosync leaves the test to it).
    /// </summary>
    private static bool IsAligned(in Request map, DomainFacts domain) =>
        domain.Profile is not { } profile || ((map.Iova | map.Size) & (profile.PageSizes.Min - 1)) == 0;

    private static bool IsBesideUnmap(in DmaView view, in Request unmap) =>
        unmap.Domain == view.Domain!.Id && !unmap.Wraps && !unmap.Holds(view.At) && view.Entry.IsCertain;
}

/// <summary>R46.</summary>
public sealed class R46MapBeforeAttach : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(46),
        RuleFamily.MapUnmap,
        "A domain that was mapped while attached to nothing shows the same translations once attached.",
        "iommu.c: iommu_map (no attach is asked for), iommu_setup_default_domain; core.md 2.5 (5), 5.1, 9 "
            + "(46)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapped;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        if ((view.Entry.Flags & EntryFlags.Loose) == 0 || !view.Entry.IsCertain || !view.Permitted
            || !Mapped.IsReachable(view))
        {
            return;
        }

        Hold();
        if (!view.LandedRight)
        {
            Break(context, index, $"{view}; {view.Domain} was mapped before it was attached, the address to "
                + $"0x{view.Entry.PaOf(view.At):x}");
        }
    }
}

/// <summary>R44.</summary>
public sealed class R44LookupAgrees : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(44),
        RuleFamily.MapUnmap,
        "iova_to_phys agrees with DMA for mapped addresses and returns 0 for unmapped ones in paging "
            + "domains.",
        "iommu.c: iommu_iova_to_phys; core.md 5.5, 9 (44)",
        "v5.19",
        SecurityRelevant: false);

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.CoreIovaToPhys, EventKind.Dma];

    public override DmaTopics Topics => DmaTopics.Mapping;

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.Dma)
        {
            Access(index, context);
            return;
        }

        if (context.Ledger.Domain(e.Domain) is not { } domain || !domain.Type.IsPaging())
        {
            return;
        }

        var at = e.A & LookupMask(domain.Profile);
        domain.Map.TryFind(at, out var entry);
        const EntryFlags unsure = EntryFlags.Unsynced | EntryFlags.Disputed | EntryFlags.Doubtful;
        if ((entry.Flags & unsure) != 0)
        {
            return;
        }

        Hold();
        var expected = entry.Kind == EntryKind.Live ? entry.PaOf(at) : 0;
        if (e.B != expected)
        {
            Break(context, index, $"iova_to_phys of 0x{e.A:x} in {domain} gives 0x{e.B:x}, expected "
                + $"0x{expected:x}");
        }
    }

    private static ulong LookupMask(DriverProfile? profile)
    {
        if (profile is null)
        {
            return ulong.MaxValue;
        }

        return (profile.Masks & IovaMasking.Lookup) != 0 ? profile.IovaLast : profile.IovaMask;
    }

    private void Access(int index, RuleContext context)
    {
        ref readonly var view = ref context.Ledger.Dma;
        var lookup = context.Ledger.Now.Lookup;
        if (lookup.Domain != view.Domain!.Id || lookup.Iova != view.Iova || !view.Landed
            || !view.Entry.IsCertain || context.Ledger.Now.Op != Op.IovaToPhys)
        {
            return;
        }

        Hold();
        if (view.Pa != lookup.Bytes)
        {
            Break(context, index, $"{view}; iova_to_phys gives 0x{lookup.Bytes:x}");
        }
    }
}

/// <summary>What rules of mapped addresses ask alike.</summary>
internal static class Mapped
{
    /// <summary>The fabric lets the device use the address at all.</summary>
    public static bool IsReachable(in DmaView view) => view.Device.Addresses.IsInWindow(view.Iova);
}
