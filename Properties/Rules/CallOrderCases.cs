using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Rules;

/// <summary>R30 and R31: which attach calls a move makes.</summary>
internal static class CallOrderCases
{
    private static readonly int Slot = DomainRef.Slot(0).Packed;

    public static readonly RuleCase[] All =
    [
        new(30, "rollback without the failing device",
            b => Attaching(b).RefusedMove(RuleBench.User).End(Errno.ENOMEM),
            b => Attaching(b).RefusedMove(RuleBench.User, alsoLast: true).End(Errno.ENOMEM),
            b => b.Start()),
        new(30, "rollback with the failing device",
            b => Attaching(b).RefusedMove(RuleBench.User, alsoLast: true).End(Errno.ENOMEM),
            b => Attaching(b).RefusedMove(RuleBench.User).End(Errno.ENOMEM),
            b => b.Start()) { Era = "v6.5" },
        new(30, "nothing is undone",
            b => Attaching(b).RefusedMove(RuleBench.User).End(Errno.ENOMEM),
            b => Attaching(b).SetBegin(0, RuleBench.User).Attach(0, RuleBench.User, old: RuleBench.Default)
                .Attach(1, RuleBench.User, Errno.ENOMEM, RuleBench.Default)
                .SetEnd(0, RuleBench.User, errno: Errno.ENOMEM).End(Errno.ENOMEM),
            b => b.Start()),
        new(30, "list order",
            b => Attaching(b).Move(0, RuleBench.User).End(),
            b => Attaching(b).SetBegin(0, RuleBench.User).Attach(1, RuleBench.User).Attach(0, RuleBench.User)
                .Note(0, r => r with { Domain = RuleBench.User }).SetEnd(0, RuleBench.User).End(),
            b => b.Start()),
        new(31, "every device once",
            b => b.Start().AllocSlot().AttachSlot().Detach(),
            b => Detaching(b).Attach(0, RuleBench.Default).Note(0, r => r with { Domain = RuleBench.Default })
                .SetEnd(0, RuleBench.Default, must: true).End(),
            b => b.Begin(Op.Sync).End()),
        new(31, "one rescue",
            b => Refusing(b).Attach(0, RuleBench.Blocked).Attach(1, RuleBench.Default)
                .Note(0, r => r with { Domain = RuleBench.Default })
                .SetEnd(0, RuleBench.Default, must: true, errno: Errno.ENOMEM).End(),
            b => Refusing(b).Attach(0, RuleBench.Blocked).Attach(0, RuleBench.Blocked)
                .Attach(1, RuleBench.Default).Note(0, r => r with { Domain = RuleBench.Default })
                .SetEnd(0, RuleBench.Default, must: true, errno: Errno.ENOMEM).End(),
            b => b.Begin(Op.Sync).End()),
    ];

    private static RuleBench Attaching(RuleBench b) => b.Start().AllocSlot().Begin(Op.AttachGroup, Slot, 0);

    private static RuleBench Detaching(RuleBench b) =>
        b.Start().AllocSlot().AttachSlot().Begin(Op.DetachGroup, Slot, 0)
            .SetBegin(0, RuleBench.Default, must: true);

    /// <summary>A blocking domain exists, and d0 refuses to go back to its default domain.</summary>
    private static RuleBench Refusing(RuleBench b) =>
        b.Start().Claim().ReleaseOwner().AllocSlot().AttachSlot().Begin(Op.DetachGroup, Slot, 0)
            .SetBegin(0, RuleBench.Default, must: true).Attach(0, RuleBench.Default, Errno.ENOMEM);
}
