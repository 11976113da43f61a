using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Rules;

/// <summary>R50 to R53, R61.</summary>
internal static class ClientCases
{
    private static readonly DomainId First = RuleBench.User;
    private static readonly DomainId Second = new(RuleBench.User.Serial + 1);
    private static readonly int ByIoas = PageTableRef.Ioas(0).Packed;
    private static readonly int ByHwpt = PageTableRef.Hwpt(0).Packed;

    private static readonly BenchSetting WithWindow = new BenchSetting() is var plain
        ? plain with
        {
            Profile = plain.Profile with
            {
                DriverRegions =
                    [new ResvRegion(ResvType.Msi, new Iova(0xfee0_0000), 0x10_0000, Prot.None)],
            },
        }
        : plain;

    public static readonly RuleCase[] All =
    [
        new(50, "in the right place",
            b => Shown(b).Area(0x1000, 0x9000, 0x1000).ClientEnd(),
            b => Shown(b).Area(0x1000, 0x8000, 0x1000).ClientEnd(),
            b => b.Start().ClientBegin(Op.IoasMap).Area(0x1000, 0x9000, 0x1000).ClientEnd()),
        new(50, "to its end",
            b => Shown(b).Area(0x1800, 0x9800, 0x800).ClientEnd(),
            b => Shown(b).Area(0x1000, 0x9000, 0x2000).ClientEnd(),
            b => Shown(b).ClientEnd()),
        new(51, "area over reserved",
            b => b.Start().ClientBegin(Op.IoasMap).Reserved(0, 0x8000, 0x8fff).Area(0x9000, 0, 0x1000)
                .ClientEnd(),
            b => b.Start().ClientBegin(Op.IoasMap).Reserved(0, 0x8000, 0x8fff).Area(0x7000, 0, 0x2000)
                .ClientEnd(),
            b => b.Start().ClientBegin(Op.IoasMap).Area(0x7000, 0, 0x2000).ClientEnd()),
        new(51, "reserved over area",
            b => b.Start().ClientBegin(Op.FdAttach).Area(0x9000, 0, 0x1000).Reserved(0, 0x8000, 0x8fff)
                .ClientEnd(),
            b => b.Start().ClientBegin(Op.FdAttach).Area(0x8000, 0, 0x1000).Reserved(0, 0, 0x8000)
                .ClientEnd(),
            b => b.Start().ClientBegin(Op.FdAttach).Reserved(0, 0, 0x8000).ClientEnd()),
        new(51, "a refusal changes nothing",
            b => b.Start().ClientBegin(Op.FdAttach, ByIoas).OnHwpt(0, First)
                .OnHwpt(0, First, attached: false).ClientEnd(Errno.EADDRINUSE),
            b => b.Start().ClientBegin(Op.FdAttach, ByIoas).OnHwpt(0, First).ClientEnd(Errno.EADDRINUSE),
            b => b.Start().ClientBegin(Op.FdAttach, ByIoas).OnHwpt(0, First).ClientEnd()),
        new(52, "replace",
            b => Replace(OnFirst(b)).Calls(Op.Replace, Slot(1)).Move(0, Second).End().ClientEnd(),
            b => Replace(OnFirst(b)).Calls(Op.DetachGroup, Slot(0)).Move(0, RuleBench.Blocked, must: true)
                .End().Calls(Op.AttachGroup, Slot(1)).Move(0, Second).End().ClientEnd(),
            b => Replace(b.Start().AllocSlot().Claim()).Calls(Op.AttachGroup, Slot(0)).Move(0, First).End()
                .ClientEnd()),
        new(53, "search",
            b => Search(b).Tried(0, First, Errno.EINVAL).Tried(0, Second).ClientEnd(),
            b => Search(b).Tried(0, First, Errno.ENOMEM).Tried(0, Second).ClientEnd(),
            b => Search(b).ClientEnd()),
        new(53, "a new one only after refusals",
            b => Search(b).Tried(0, First, Errno.EINVAL).Tried(0, Second, Errno.EINVAL)
                .Calls(Op.Alloc, 5).Alloc(new DomainId(9), DomainType.Unmanaged).End().ClientEnd(),
            b => Search(b).Tried(0, First, Errno.EINVAL)
                .Calls(Op.Alloc, 5).Alloc(new DomainId(9), DomainType.Unmanaged).End().ClientEnd(),
            b => b.Start().ClientBegin(Op.FdAttach, ByIoas)
                .Calls(Op.Alloc, 5).Alloc(new DomainId(9), DomainType.Unmanaged).End().ClientEnd()),
        new(53, "the last answer is the result",
            b => Search(b).Tried(0, First, Errno.ENOMEM).ClientEnd(Errno.ENOMEM),
            b => Search(b).Tried(0, First, Errno.ENOMEM).ClientEnd(),
            b => Search(b).ClientEnd(Errno.ENOMEM)),
        new(53, "only automatic ones",
            b => Search(b).Tried(0, Second).ClientEnd(),
            b => Search(b).Tried(0, new DomainId(8)).ClientEnd(),
            b => Search(b).ClientEnd()),
        new(61, "of the attached",
            b => b.Start().ClientBegin(Op.FdAttach).Reserved(0, 0xfee0_0000, 0xfeef_ffff).OnHwpt(0, First)
                .ClientEnd(),
            b => b.Start().ClientBegin(Op.FdAttach).Reserved(1, 0xfee0_0000, 0xfeef_ffff).OnHwpt(0, First)
                .ClientEnd(),
            b => b.Start().ClientBegin(Op.FdDetach).OnHwpt(0, First).OnHwpt(0, First, attached: false)
                .ClientEnd())
        {
            Setting = WithWindow,
        },
    ];

    /// <summary>A domain with 0x1000 at 0x9000 shows A0; a command of the client has begun.</summary>
    private static RuleBench Shown(RuleBench b) =>
        b.Start().AllocSlot().Map(0x1000, 0x9000, 0x1000).ClientBegin(Op.IoasMap).Linked(First);

    /// <summary>g0 is owned and on the first domain, to which d0 is attached as to a HWPT.</summary>
    private static RuleBench OnFirst(RuleBench b) =>
        b.Start().AllocSlot().AllocSlot(1).Claim().ClientBegin(Op.FdAttach, ByHwpt)
            .Calls(Op.AttachGroup, Slot(0)).Move(0, First).End().OnHwpt(0, First).ClientEnd();

    private static RuleBench Replace(RuleBench b) => b.ClientBegin(Op.FdAttach, ByHwpt);

    /// <summary>An attach of d0 by IOAS with two automatic HWPTs has begun.</summary>
    private static RuleBench Search(RuleBench b) =>
        b.Start().AllocSlot().AllocSlot(1).ClientBegin(Op.IoasAlloc).Linked(First, automatic: true)
            .Linked(Second, automatic: true).ClientEnd().ClientBegin(Op.FdAttach, ByIoas);

    private static int Slot(int index) => DomainRef.Slot(index).Packed;
}
