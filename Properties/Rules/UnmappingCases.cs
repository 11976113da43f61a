using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>R12, R40 to R42.</summary>
internal static class UnmappingCases
{
    private const ulong Large = 0x20_0000;
    private static readonly int Slot = DomainRef.Slot(0).Packed;

    public static readonly RuleCase[] All =
    [
        new(12, "strict",
            b => Two(b).Unmap(0x1000, 0x1000).Dma(0, 0x1000, null),
            b => Two(b).Unmap(0x1000, 0x1000).Dma(0, 0x1fff, 0x9fff),
            b => Two(b).Dma(0, 0x1000, 0x9000)),
        new(12, "after the sync of a fast unmap",
            b => Two(b).Unmap(0x1000, 0x1000, fast: true).Dma(0, 0x1000, 0x9000)
                .Begin(Op.Sync, Slot).End().Dma(0, 0x1000, null),
            b => Two(b).Unmap(0x1000, 0x1000, fast: true).Begin(Op.Sync, Slot).End().Dma(0, 0x1000, 0x9000),
            b => Two(b).Unmap(0x1000, 0x1000, fast: true).Dma(0, 0x1000, 0x9000)),
        new(12, "after a full flush",
            b => Two(b).Unmap(0x1000, 0x1000, fast: true).Begin(Op.FlushAll, Slot)
                .OfDomain(EventKind.FlushIotlbAll, RuleBench.User).End().Dma(0, 0x1000, null),
            b => Two(b).Unmap(0x1000, 0x1000, fast: true).Begin(Op.FlushAll, Slot)
                .OfDomain(EventKind.FlushIotlbAll, RuleBench.User).End().Dma(0, 0x1000, 0x9000),
            b => Two(b).Unmap(0x1000, 0x1000, fast: true)),
        new(40, "all removed bytes fault",
            b => Two(b).Unmap(0x1000, 0x2000).Dma(0, 0x2000, null),
            b => Two(b).Unmap(0x1000, 0x2000).Dma(0, 0x2000, 0xa000),
            b => Two(b).Dma(0, 0x2000, 0xa000)),
        new(40, "stops at a hole",
            b => Two(b).Unmap(0x1000, 0x4000, 0x2000),
            b => Two(b).Unmap(0x1000, 0x2000, 0x1000),
            b => Two(b)),
        new(40, "counts a hole",
            b => Two(b).Unmap(0x1000, 0x4000, 0x4000).Dma(0, 0x4000, null),
            b => Two(b).Unmap(0x1000, 0x4000, 0),
            b => Two(b)),
        new(40, "large page stays",
            b => Big(b).Unmap(Large, 0x1000, 0),
            b => Big(b).Unmap(Large, Large, 0),
            b => Big(b)),
        new(40, "large page goes whole",
            b => Big(b).Unmap(Large, 0x1000, Large).Dma(0, Large + 0x5000, null),
            b => Big(b).Unmap(Large, 0x1000, Large).Dma(0, Large + 0x5000, 0x40_5000),
            b => Big(b)),
        new(41, "neighbour",
            b => Two(b).Unmap(0x1000, 0x1000).Dma(0, 0x2000, 0xa000),
            b => Two(b).Unmap(0x1000, 0x1000).Dma(0, 0x2000, null),
            b => Two(b).Unmap(0x1000, 0x1000).Dma(0, 0x1000, null)),
        new(41, "split large page",
            b => Big(b).Unmap(Large, 0x1000, 0x1000).Dma(0, Large + 0x1000, 0x40_1000),
            b => Big(b).Unmap(Large, 0x1000, 0x1000).Dma(0, Large + 0x1000, null),
            b => Big(b).Unmap(Large, 0x1000, Large).Dma(0, Large + 0x1000, null)),
        new(41, "claims more than a page",
            b => Two(b).Unmap(0x1000, 0x1000).Dma(0, 0x2000, 0xa000),
            b => Two(b).Unmap(0x1000, 0x1000, 0x2000).Dma(0, 0x2000, null),
            b => Two(b).Unmap(0x1000, 0x1000)),
        new(42, "exact",
            b => Two(b).Unmap(0x1000, 0x2000).Dma(0, 0x1000, null),
            b => Two(b).Unmap(0x1000, 0x2000, 0x4000),
            b => Two(b).Unmap(0x1000, 0x1000)),
        new(42, "two maps side by side",
            b => Two(b).Map(0x3000, 0x1_0000, 0x1000).Unmap(0x1000, 0x3000),
            b => Two(b).Map(0x3000, 0x1_0000, 0x1000).Unmap(0x1000, 0x3000, 0x2000),
            b => Two(b).Map(0x3000, 0x1_0000, 0x2000).Unmap(0x1000, 0x3000)),
    ];

    /// <summary>Slot 0 is attached and maps two pages from 0x1000 to 0x9000.</summary>
    private static RuleBench Two(RuleBench b) =>
        b.Start().AllocSlot().AttachSlot().Map(0x1000, 0x9000, 0x2000);

    /// <summary>Slot 0 is attached and maps one 2 MiB page to 0x400000.</summary>
    private static RuleBench Big(RuleBench b) =>
        b.Start().AllocSlot().AttachSlot().Map(Large, 0x40_0000, Large, page: Large);
}
