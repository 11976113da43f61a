using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>What differs between the trees in values only.</summary>
/// <param name="Lpae">The table library of the tree.</param>
/// <param name="FreshEntriesCarryShare">Abort and bypass entries always have SHCFG incoming.</param>
/// <param name="EatsIsSafe">EATS may change in a live entry without a decisive word.</param>
/// <param name="CollapsesLargeRanges">Without range commands, many pages become one whole flush.</param>
/// <param name="PadsSinglePage">A table flush of one odd page is made two, to keep clear of a reserved
/// code.</param>
/// <param name="UsesIntermediateBits">Sizes come from <c>smmu-&gt;ias</c> and not from the output size
/// alone.</param>
/// <param name="AliasedStream">probe_device when the StreamID belongs to another device.</param>
/// <param name="OtherUnit">attach_dev of a domain that lives on another unit.</param>
public sealed record SmmuTree(
    ArmLpaeRules Lpae,
    bool FreshEntriesCarryShare,
    bool EatsIsSafe,
    bool CollapsesLargeRanges,
    bool PadsSinglePage,
    bool UsesIntermediateBits,
    Errno AliasedStream,
    Errno OtherUnit)
{
    public static readonly SmmuTree V6_1 = new(
        ArmLpaeRules.V6_1,
        FreshEntriesCarryShare: true,
        EatsIsSafe: false,
        CollapsesLargeRanges: false,
        PadsSinglePage: false,
        UsesIntermediateBits: true,
        AliasedStream: Errno.EINVAL,
        OtherUnit: Errno.ENXIO);

    public static readonly SmmuTree V6_12 = V6_1 with
    {
        Lpae = ArmLpaeRules.V6_12,
        FreshEntriesCarryShare = false,
        OtherUnit = Errno.EINVAL,
    };

    public static readonly SmmuTree V7_2 = new(
        ArmLpaeRules.V7_2,
        FreshEntriesCarryShare: false,
        EatsIsSafe: true,
        CollapsesLargeRanges: true,
        PadsSinglePage: true,
        UsesIntermediateBits: false,
        AliasedStream: Errno.ENODEV,
        OtherUnit: Errno.EINVAL);

    public static SmmuTree Of(KernelTree tree) => tree switch
    {
        KernelTree.V6_1 => V6_1,
        KernelTree.V6_12 => V6_12,
        _ => V7_2,
    };
}

/// <summary>Identifiers from 1 upward, always the lowest free one (xa_alloc, ida_alloc_range). 0 is
/// reserved.</summary>
public sealed class SmmuIds(int bits)
{
    private readonly SortedSet<uint> freed = [];
    private uint next = 1;

    /// <summary>0 when none is left.</summary>
    public uint Take()
    {
        if (freed.Count > 0)
        {
            var lowest = freed.Min;
            freed.Remove(lowest);
            return lowest;
        }

        return next >> bits != 0 ? 0 : next++;
    }

    public void Give(uint id) => freed.Add(id);
}
