using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>What VFIO type1 does with a container that has the first domain a user may have.</summary>
internal sealed partial class RuleBench
{
    private static readonly int Type1 = ClientSlots.Vfio(0).Packed;

    /// <summary>g0 is in c0, whose backend has one domain; g0 is on it.</summary>
    public RuleBench Container(uint version = 2)
    {
        Start().Claim().ClientBegin(Op.VfioSetContainer).ClientEnd();
        ClientBegin(Op.VfioSetIommu, extra: version);
        Calls(Op.Alloc, Type1).Alloc(User, DomainType.Unmanaged).End();
        return Calls(Op.AttachGroup, Type1).Move(0, User).End().ClientEnd();
    }

    /// <summary>
    /// A map of the process with what it asks for; the client maps <paramref name="mapped"/>.
    /// </summary>
    public RuleBench UserMap(ulong iova, ulong pa, ulong size, Prot asked, Prot mapped) =>
        ClientBegin(Op.VfioMap, iova: iova, size: size, extra: (uint)asked)
            .Pinned(pa, size, (asked & Prot.Write) != 0)
            .ClientMap(iova, pa, size, mapped)
            .ClientEnd();

    public RuleBench Pinned(ulong pa, ulong size, bool writes) =>
        Pin(EventKind.PagesPinned, pa, size, writes);

    public RuleBench Unpinned(ulong pa, ulong size) => Pin(EventKind.PagesUnpinned, pa, size, writes: true);

    /// <summary>iommu_map by the client.</summary>
    public RuleBench ClientMap(ulong iova, ulong pa, ulong size, Prot prot) => Calls(Op.Map, Type1)
        .Pages(EventKind.MapPages, User, iova, pa, 0x1000, size / 0x1000, size)
        .Event(EventKind.CoreMap, (ref TraceEvent e) =>
            (e.Domain, e.A, e.B, e.C, e.Extra) = (User, iova, pa, size, (byte)prot))
        .End();

    /// <summary>iommu_unmap_fast by the client.</summary>
    public RuleBench ClientUnmap(ulong iova, ulong size) => Calls(Op.UnmapFast, Type1)
        .Pages(EventKind.UnmapPages, User, iova, 0, 0x1000, size / 0x1000, size)
        .Event(EventKind.CoreUnmap, (ref TraceEvent e) =>
            (e.Domain, e.A, e.C, e.E, e.Flag) = (User, iova, size, size, true))
        .End();

    public RuleBench ClientSync() => Calls(Op.Sync, Type1).End();

    private RuleBench Pin(EventKind kind, ulong pa, ulong size, bool writes) =>
        Event(kind, (ref TraceEvent e) => (e.B, e.C, e.Flag) = (pa, size, writes));
}
