using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Rules;

/// <summary>R21, R22, R54, R55.</summary>
internal static class ContainerCases
{
    private const Prot Both = Prot.Read | Prot.Write;

    private static readonly DomainId Second = new(RuleBench.User.Serial + 1);
    private static readonly int Own = ClientSlots.Vfio(1).Packed;
    private static readonly int Shared = ClientSlots.Vfio(0).Packed;

    public static readonly RuleCase[] All =
    [
        new(21, "the invalidation comes first",
            b => Unmapping(b).ClientUnmap(0x1000, 0x1000).ClientSync().Unpinned(0x9000, 0x1000).ClientEnd(),
            b => Unmapping(b).ClientUnmap(0x1000, 0x1000).Unpinned(0x9000, 0x1000).ClientSync().ClientEnd(),
            b => Mapped(b).ClientEnd()),
        new(21, "the unmap comes first",
            b => Unmapping(b).ClientUnmap(0x1000, 0x1000).ClientSync().Unpinned(0x9000, 0x1000).ClientEnd(),
            b => Unmapping(b).Unpinned(0x9000, 0x1000).ClientUnmap(0x1000, 0x1000).ClientSync().ClientEnd(),
            b => Unmapping(b).Pinned(0x9000, 0x1000, writes: true).Unpinned(0x9000, 0x1000).ClientEnd()),
        new(22, "what is asked for reading",
            b => b.Container().UserMap(0x1000, 0x9000, 0x1000, Prot.Read, Prot.Read),
            b => b.Container().UserMap(0x1000, 0x9000, 0x1000, Prot.Read, Both),
            b => b.Container().UserMap(0x1000, 0x9000, 0x1000, Both, Both)),
        new(22, "in a domain that comes later",
            b => Later(b, Prot.Read).ClientMap(0x1000, 0x9000, 0x1000, Prot.Read).ClientEnd(),
            b => Later(b, Prot.Read).ClientMap(0x1000, 0x9000, 0x1000, Both).ClientEnd(),
            b => Later(b, Both).ClientMap(0x1000, 0x9000, 0x1000, Both).ClientEnd()),
        new(22, "a device does not write it",
            b => b.Container().UserMap(0x1000, 0x9000, 0x1000, Prot.Read, Prot.Read)
                .Dma(0, 0x1000, null, write: true),
            b => b.Container().UserMap(0x1000, 0x9000, 0x1000, Prot.Read, Prot.Read)
                .Dma(0, 0x1000, 0x9000, write: true),
            b => Mapped(b).Dma(0, 0x1000, 0x9000, write: true)),
        new(54, "refused",
            b => Cutting(b, 2).ClientEnd(Errno.EINVAL),
            b => Cutting(b, 2).ClientUnmap(0x1000, 0x1000).ClientSync().ClientEnd(),
            b => Cutting(b, 1).ClientUnmap(0x1000, 0x2000).ClientSync().ClientEnd()),
        new(55, "detach and attach",
            b => Sharing(b).Calls(Op.DetachGroup, Own).Move(0, RuleBench.Blocked, must: true).End()
                .Calls(Op.AttachGroup, Shared).Move(0, RuleBench.User).End().ClientEnd(),
            b => Sharing(b).Calls(Op.Replace, Shared).Move(0, RuleBench.User).End().ClientEnd(),
            b => Sharing(b).ClientEnd()),
    ];

    private static RuleBench Mapped(RuleBench b) => b.Container().UserMap(0x1000, 0x9000, 0x1000, Both, Both);

    private static RuleBench Unmapping(RuleBench b) =>
        Mapped(b).ClientBegin(Op.VfioUnmap, iova: 0x1000, size: 0x1000);

    /// <summary>A mapping is made, and a second group comes to the container.</summary>
    private static RuleBench Later(RuleBench b, Prot prot) => b.Container()
        .ClientBegin(Op.VfioMap, iova: 0x1000, size: 0x1000, extra: (uint)prot)
        .Pinned(0x9000, 0x1000, writes: (prot & Prot.Write) != 0)
        .ClientEnd()
        .ClientBegin(Op.VfioSetContainer, b: 1);

    /// <summary>The first page of a mapping of two is to be unmapped.</summary>
    private static RuleBench Cutting(RuleBench b, uint version) => b.Container(version)
        .UserMap(0x1000, 0x9000, 0x2000, Both, Both)
        .ClientBegin(Op.VfioUnmap, iova: 0x1000, size: 0x1000);

    /// <summary>g0 comes to c0 with a domain of its own, and is on it.</summary>
    private static RuleBench Sharing(RuleBench b) => b.Start()
        .ClientBegin(Op.VfioSetIommu).Calls(Op.Alloc, Shared).Alloc(RuleBench.User, DomainType.Unmanaged)
        .End().ClientEnd().Claim().ClientBegin(Op.VfioSetContainer)
        .Calls(Op.Alloc, Own).Alloc(Second, DomainType.Unmanaged).End()
        .Calls(Op.AttachGroup, Own).Move(0, Second).End();
}
