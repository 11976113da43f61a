using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>R9, R10, R26, R27, R35.</summary>
internal static class OwnershipCases
{
    private static readonly DomainId Next = new(9);

    public static readonly RuleCase[] All =
    [
        new(9, "bind under an owner",
            b => b.Start().Claim().Begin(Op.Bind, 0).End(Errno.EBUSY),
            b => b.Start().Claim().Bind(0),
            b => b.Start().Bind(0)),
        new(9, "claim over a driver",
            b => b.Start().Bind(0).Begin(Op.ClaimGroup, 1, 0).End(Errno.EPERM),
            b => b.Start().Bind(0).Claim(),
            b => b.Start().Bind(0).Unbind(0).Claim()),
        new(10, "second owner",
            b => b.Start().Claim().Begin(Op.ClaimDevice, 2, 1).End(Errno.EPERM),
            b => b.Start().Claim().Begin(Op.ClaimDevice, 2, 1).End(),
            b => b.Start().Claim()),
        new(10, "owner passed on",
            b => b.Start().Claim().Begin(Op.ClaimDevice, 2, 1).End(Errno.EPERM),
            b => b.Start().Claim().Begin(Op.Sync).Note(0, r => r with { Owner = 2 }).End(),
            b => b.Start().Claim().ReleaseOwner().Claim(2)),
        new(26, "claims counted",
            b => b.Start().Claim().Begin(Op.ClaimDevice, 1, 0).Note(0, r => r with { Count = 2 }).End(),
            b => b.Start().Claim().Begin(Op.ClaimDevice, 1, 0).Note(0, r => r with { Count = 3 }).End(),
            b => b.Start()),
        new(26, "binds counted",
            b => b.Start().Bind(0).Bind(1).Unbind(0),
            b => b.Start().Begin(Op.Bind, 0).End(),
            b => b.Start()),
        new(26, "group release drops all claims",
            b => b.Start().Claim().Begin(Op.ClaimDevice, 1, 0).Note(0, r => r with { Count = 2 }).End()
                .ReleaseOwner(),
            b => b.Start().Claim().Begin(Op.ReleaseGroupOwner, 0).Note(0, r => r with { Count = 0 })
                .Move(0, RuleBench.Default, must: true).End(),
            b => b.Start()),
        new(27, "bound drivers",
            b => b.Start().Bind(0),
            b => b.Start().Begin(Op.Sync).Note(0, r => r with { Count = 1 }).End(),
            b => b.Start().Claim()),
        new(35, "type change with a driver",
            b => b.Start().Bind(0).Begin(Op.SetType, 0).End(Errno.EPERM),
            b => ChangeType(b.Start().Bind(0)),
            b => ChangeType(b.Start())),
        new(35, "DMA to DMA-FQ",
            b => Relabel(b.Start().Bind(0), DomainType.DmaFq),
            b => Relabel(b.Start().Bind(0), DomainType.Identity),
            b => Relabel(b.Start(), DomainType.DmaFq)),
    ];

    private static RuleBench ChangeType(RuleBench b) =>
        b.Begin(Op.SetType, 0).Alloc(Next, DomainType.Identity).Move(0, Next)
            .Note(0, r => r with { Default = Next, Domain = Next })
            .OfDomain(EventKind.DomainFree, RuleBench.Default).End();

    private static RuleBench Relabel(RuleBench b, DomainType type) =>
        b.Begin(Op.SetType, 0).Event(EventKind.TypeRelabelled, (ref TraceEvent e) =>
            (e.Domain, e.Type) = (RuleBench.Default, type)).End();
}
