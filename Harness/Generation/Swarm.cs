using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// How often each operation and each plan is drawn in one run: some are off, the rest weighted wildly, so
/// that runs differ in kind and not only in detail.
/// </summary>
internal sealed class Swarm
{
    /// <summary>Weight of an operation that the era lacks, or that the topology gives no meaning.</summary>
    private const int Idle = 3;

    private static readonly int[] Factors = [0, 0, 1, 2, 4, 4, 8, 8, 16, 32];

    private readonly int[] weights = new int[CommandShape.KernelOps + PlanDrawer.Count];

    public Swarm(Dice dice, Topology topology, string era)
    {
        for (var op = 0; op < CommandShape.KernelOps; op++)
        {
            var weight = Usual((Op)op) * dice.Pick<int>(Factors);
            weights[op] = EraOffer.Has(era, (Op)op) && HasMeaning(topology, (Op)op) ? weight : Idle;
        }

        for (var plan = 0; plan < PlanDrawer.Count; plan++)
        {
            weights[CommandShape.KernelOps + plan] =
                PlanDrawer.Usual((PlanKind)plan, topology, era) * dice.Pick<int>(Factors);
        }

        // Without these three the other commands have little to work on.
        foreach (var op in (ReadOnlySpan<Op>)[Op.Alloc, Op.AttachGroup, Op.Map])
        {
            weights[(int)op] = Math.Max(weights[(int)op], Usual(op));
        }
    }

    /// <summary>An operation, or (with <paramref name="plan"/> not null) a plan.</summary>
    public Op Draw(Dice dice, out PlanKind? plan)
    {
        var index = dice.Weighted(weights);
        plan = index < CommandShape.KernelOps ? null : (PlanKind)(index - CommandShape.KernelOps);
        return plan is null ? (Op)index : default;
    }

    private static bool HasMeaning(Topology topology, Op op) => op switch
    {
        Op.ResetPrepare or Op.ResetDone => topology.Devices.Any(d => d.Ats),
        Op.AttachPasid or Op.ReplacePasid or Op.DetachPasid => topology.Devices.Any(d => d.MaxPasids > 0),
        Op.DeferredAttach => topology.Kernel.Kdump,
        _ => true,
    };

    private static int Usual(Op op) => op switch
    {
        Op.Map => 60,
        Op.Unmap => 40,
        Op.Alloc or Op.AttachGroup => 20,
        Op.UnmapFast or Op.DetachGroup or Op.Replace => 12,
        Op.IovaToPhys or Op.Sync or Op.Dma or Op.ClaimGroup or Op.AttachPasid => 10,
        Op.Bind or Op.Unbind or Op.Free or Op.ClaimDevice or Op.ReleaseGroupOwner or Op.ResetPrepare
            or Op.ResetDone or Op.DeferredAttach or Op.SetType => 8,
        Op.Probe or Op.Release or Op.AttachDevice or Op.AttachHandle or Op.DetachHandle
            or Op.ReleaseDeviceOwner or Op.DetachPasid or Op.ReplacePasid => 6,
        Op.DetachDevice or Op.FlushAll or Op.FailAttach or Op.FailMap => 4,
        Op.FailAlloc => 3,
        _ => 1,
    };
}
