using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>
/// How often each operation and each plan is drawn in one scenario, as <see cref="Swarm"/>; mostly one of the
/// two clients rules, and now and then they meet.
/// </summary>
internal sealed class ClientSwarm
{
    private const int Plans = (int)ClientPlanKind.Reset + 1;

    private static readonly int[] Factors = [0, 1, 2, 4, 4, 8, 8, 16];

    private static readonly int Ops = CommandShape.All.Count;

    private readonly int[] weights = new int[Ops + Plans];

    public ClientSwarm(Dice dice, ClientPlace place, ClientOffer offer)
    {
        var ruling = Ruling(dice, offer);
        for (var op = 0; op < Ops; op++)
        {
            var factor = offer.Allows((Op)op) && HasMeaning(place, (Op)op) ? dice.Pick<int>(Factors) : 0;
            weights[op] = Usual((Op)op) * factor * (ruling.Allows((Op)op) ? 8 : 1);
        }

        for (var plan = 0; plan < Plans; plan++)
        {
            var needs = ClientPlans.Needs((ClientPlanKind)plan);
            var factor = offer.Has(needs) ? dice.Pick<int>(Factors) : 0;
            weights[Ops + plan] =
                ClientPlans.Usual((ClientPlanKind)plan, place) * factor * (ruling.Has(needs) ? 8 : 1);
        }

        // Without these the other commands have little to work on.
        foreach (var op in (ReadOnlySpan<Op>)[Op.IoasMap, Op.FdAttach, Op.VfioMap])
        {
            weights[(int)op] = Math.Max(weights[(int)op], ruling.Allows(op) && offer.Allows(op) ? 64 : 0);
        }
    }

    /// <summary>An operation, or (with <paramref name="plan"/> not null) a plan.</summary>
    public Op Draw(Dice dice, out ClientPlanKind? plan)
    {
        var index = dice.Weighted(weights);
        plan = index < Ops ? null : (ClientPlanKind)(index - Ops);
        return plan is null ? (Op)index : default;
    }

    private static ClientOffer Ruling(Dice dice, ClientOffer offer)
    {
        var beside = ~(ClientOffer.Iommufd | ClientOffer.Type1);
        var both = offer.Has(ClientOffer.Iommufd | ClientOffer.Type1);
        return !both ? offer : dice.Weighted([50, 35, 15]) switch
        {
            0 => ClientOffer.Iommufd | (offer & beside),
            1 => ClientOffer.Type1 | (offer & beside),
            _ => offer,
        };
    }

    /// <summary>Failures come with the plans that know what they can strike.</summary>
    private static bool HasMeaning(ClientPlace place, Op op) => op switch
    {
        Op.FailNth => false,
        Op.ResetPrepare or Op.ResetDone => place.Topology.Devices.Any(d => d.Ats),
        _ => !Make.IsFault(op),
    };

    private static int Usual(Op op) => op switch
    {
        Op.IoasMap => 50,
        Op.VfioMap => 50,
        Op.IoasUnmap or Op.VfioUnmap => 32,
        Op.FdAttach => 24,
        Op.Dma => 22,
        Op.IoasAlloc or Op.FdBind or Op.VfioSetContainer => 10,
        Op.HwptAlloc or Op.FdDetach or Op.DmaMemory or Op.VfioSetIommu => 8,
        Op.IoasCopy or Op.IoasMapAuto => 7,
        Op.VfioOpen or Op.VfioUnsetContainer or Op.HwptDestroy or Op.SetType => 5,
        Op.FdUnbind or Op.IoasRanges or Op.VfioClose or Op.Bind or Op.Unbind or Op.Probe => 4,
        Op.IoasDestroy or Op.IoasUnmapAll or Op.VfioUnmapAll or Op.ShowType or Op.Release => 3,
        _ => 2,
    };
}
