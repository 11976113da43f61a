using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>How the software half makes descriptor words (io-pgtable-arm.c: arm_lpae_prot_to_pte).</summary>
public static class ArmLpaeEntry
{
    public const ulong Block = 1;
    public const ulong Table = 3;
    public const ulong Page = 3;
    public const ulong TypeMask = 3;

    /// <summary>Software bit of table entries: already cleaned for a walker that does not snoop.</summary>
    public const ulong Synced = 1UL << 55;

    public const ulong AccessFlag = 1UL << 10;

    private const ulong AddressMask = 0x0000_ffff_ffff_f000;
    private const ulong InnerShareable = 3UL << 8;
    private const ulong OuterShareable = 2UL << 8;
    private const ulong NotGlobal = 1UL << 11;
    private const ulong Unprivileged = 1UL << 6;
    private const ulong ReadOnly = 1UL << 7;
    private const ulong DirtyModifier = 1UL << 51;
    private const ulong ExecuteNever = 3UL << 53;
    private const ulong NonSecureLeaf = 1UL << 5;
    private const ulong NonSecureTable = 1UL << 63;
    private const ulong Stage2Read = 1UL << 6;
    private const ulong Stage2Write = 1UL << 7;

    /// <summary>Everything of a leaf but type and address.</summary>
    public static ulong LeafBits(Prot prot, ArmLpaeConfig config)
    {
        var bits = config.IsStage2 ? Stage2Bits(prot, config.Quirks) : Stage1Bits(prot, config.Quirks);
        bits |= prot.HasFlag(Prot.Cache) ? InnerShareable : OuterShareable;
        bits |= prot.HasFlag(Prot.NoExec) ? ExecuteNever : 0;
        bits |= config.Quirks.HasFlag(ArmLpaeQuirks.NonSecure) ? NonSecureLeaf : 0;
        return bits | AccessFlag;
    }

    /// <summary>A pointer to a lower table.</summary>
    public static ulong Pointer(ulong table, ArmLpaeQuirks quirks) =>
        PackAddress(table) | Table | (quirks.HasFlag(ArmLpaeQuirks.NonSecure) ? NonSecureTable : 0);

    /// <summary>Bits 51:48 of an address lie in bits 15:12, which the 64K granule leaves free.</summary>
    public static ulong PackAddress(ulong pa) => (pa | (pa >> 36)) & AddressMask;

    public static ulong UnpackAddress(ulong entry, int granuleShift)
    {
        var low = entry & AddressMask;
        return granuleShift < 16 ? low : (low | (low << 36)) & (AddressMask << 4);
    }

    /// <summary>Type 3 at the last level, type 1 above it.</summary>
    public static bool IsLeaf(ulong entry, int level) =>
        (entry & TypeMask) == (level == 3 ? Page : Block);

    /// <summary>What a split block hands down: all but address and type.</summary>
    public static ulong KeepProt(ulong entry) => entry & ~(AddressMask | TypeMask);

    private static ulong Stage1Bits(Prot prot, ArmLpaeQuirks quirks)
    {
        var bits = NotGlobal;
        if ((prot & (Prot.Read | Prot.Write)) == Prot.Read)
        {
            bits |= ReadOnly;
        }
        else if (quirks.HasFlag(ArmLpaeQuirks.HardwareDirty))
        {
            bits |= DirtyModifier;
        }

        bits |= prot.HasFlag(Prot.Priv) ? 0 : Unprivileged;
        var index = prot.HasFlag(Prot.Mmio) ? 2UL : prot.HasFlag(Prot.Cache) ? 1UL : 0;
        return bits | (index << 2);
    }

    private static ulong Stage2Bits(Prot prot, ArmLpaeQuirks quirks)
    {
        var bits = (prot.HasFlag(Prot.Read) ? Stage2Read : 0) | (prot.HasFlag(Prot.Write) ? Stage2Write : 0);
        var writeBack = quirks.HasFlag(ArmLpaeQuirks.Stage2ForcedWriteBack) ? 6UL : 15UL;
        var attributes = prot.HasFlag(Prot.Mmio) ? 1UL : prot.HasFlag(Prot.Cache) ? writeBack : 5UL;
        return bits | (attributes << 2);
    }
}
