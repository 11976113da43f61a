using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>Formats of the long-descriptor table library (io-pgtable-arm.c).</summary>
public enum ArmLpaeFormat
{
    /// <summary>ARM_64_LPAE_S1.</summary>
    Aarch64Stage1,

    /// <summary>ARM_64_LPAE_S2.</summary>
    Aarch64Stage2,

    /// <summary>ARM_32_LPAE_S1: input at most 32 bits, output at most 40, 4K granule.</summary>
    Aarch32Stage1,

    /// <summary>ARM_32_LPAE_S2: input and output at most 40 bits, 4K granule.</summary>
    Aarch32Stage2,
}

/// <summary>Quirks a driver may ask for (include/linux/io-pgtable.h: IO_PGTABLE_QUIRK_*).</summary>
[Flags]
public enum ArmLpaeQuirks
{
    None = 0,

    /// <summary>Non-secure bit in every entry.</summary>
    NonSecure = 1,

    /// <summary>The table serves the upper half of the address space.</summary>
    Ttbr1 = 2,

    /// <summary>Non-coherent walker whose outer cache is write-back.</summary>
    OuterWriteBack = 4,

    /// <summary>Writable leaves get DBM so that the hardware keeps dirty state (6.12 on).</summary>
    HardwareDirty = 8,

    /// <summary>No warning on a live or absent entry (7.2).</summary>
    NoWarn = 16,

    /// <summary>Stage 2 forces write-back (7.2).</summary>
    Stage2ForcedWriteBack = 32,
}

/// <summary>What a driver asks of the library (struct io_pgtable_cfg).</summary>
public sealed record ArmLpaeConfig
{
    public required ArmLpaeFormat Format { get; init; }

    /// <summary>Every size the unit can do; trimmed to one granule.</summary>
    public required PageSizes PageSizes { get; init; }

    /// <summary>Input address bits.</summary>
    public required int InputBits { get; init; }

    /// <summary>Output address bits: 32, 36, 40, 42, 44, 48 or 52.</summary>
    public required int OutputBits { get; init; }

    /// <summary>The walker snoops the CPU caches; else every entry is cleaned to memory.</summary>
    public bool CoherentWalk { get; init; } = true;

    public ArmLpaeQuirks Quirks { get; init; }

    public bool IsStage2 => Format is ArmLpaeFormat.Aarch64Stage2 or ArmLpaeFormat.Aarch32Stage2;
}

/// <summary>Invalidation callbacks of the library (struct iommu_flush_ops).</summary>
public interface IArmLpaeFlush
{
    /// <summary>Everything of the table, now.</summary>
    void TlbFlushAll();

    /// <summary>Leaf and table entries of a range, now, before the caller frees tables.</summary>
    void TlbFlushWalk(ulong iova, ulong size, ulong granule);

    /// <summary>One leaf, at the next <c>iotlb_sync</c> of the gather.</summary>
    void TlbAddPage(IotlbGather gather, ulong iova, ulong granule);
}

/// <summary>How the library of one tree behaves where the trees differ.</summary>
/// <param name="ConcatenatesWherePossible">
/// Stage 2 drops a level-0 top of at most 16 entries always (6.1, 6.12); else only where the architecture
/// demands it (7.2: arm_lpae_concat_mandatory).
/// </param>
/// <param name="SplitsBlocks">Unmap inside a block splits it (6.1, 6.12); else nothing goes (7.2).</param>
/// <param name="ClearsInBulk">Leaves go in one write and tables are gathered too (6.12, 7.2).</param>
/// <param name="Stage1Quirks">Quirks accepted for stage 1.</param>
/// <param name="Stage2Quirks">Quirks accepted for stage 2.</param>
public sealed record ArmLpaeRules(
    bool ConcatenatesWherePossible,
    bool SplitsBlocks,
    bool ClearsInBulk,
    ArmLpaeQuirks Stage1Quirks,
    ArmLpaeQuirks Stage2Quirks)
{
    private const ArmLpaeQuirks Old = ArmLpaeQuirks.NonSecure | ArmLpaeQuirks.Ttbr1
        | ArmLpaeQuirks.OuterWriteBack;

    public static readonly ArmLpaeRules V6_1 = new(
        ConcatenatesWherePossible: true, SplitsBlocks: true, ClearsInBulk: false, Old, ArmLpaeQuirks.None);

    public static readonly ArmLpaeRules V6_12 = V6_1 with
    {
        ClearsInBulk = true,
        Stage1Quirks = Old | ArmLpaeQuirks.HardwareDirty,
    };

    public static readonly ArmLpaeRules V7_2 = new(
        ConcatenatesWherePossible: false,
        SplitsBlocks: false,
        ClearsInBulk: true,
        Old | ArmLpaeQuirks.HardwareDirty | ArmLpaeQuirks.NoWarn,
        ArmLpaeQuirks.Stage2ForcedWriteBack | ArmLpaeQuirks.NoWarn);

    public static ArmLpaeRules Of(KernelTree tree) => tree switch
    {
        KernelTree.V6_1 => V6_1,
        KernelTree.V6_12 => V6_12,
        _ => V7_2,
    };
}
