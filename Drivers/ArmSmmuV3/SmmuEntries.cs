using Conformance.Drivers.PageTables;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// Words of stream table entries and context descriptors (arm-smmu-v3.c: arm_smmu_make_*_ste,
/// arm_smmu_make_s1_cd).
/// Eight 64-bit words each; the caller's buffer is filled whole.
/// </summary>
public static class SmmuEntries
{
    public const int Words = 8;
    public const int Bytes = 64;

    public const ulong SteValid = 1;
    public const ulong CdValid = 1UL << 31;

    /// <summary>S1DSS values.</summary>
    public const int DssTerminate = 0;
    public const int DssBypass = 1;
    public const int DssContext0 = 2;

    /// <summary>STE.SHCFG: shareability as it comes in.</summary>
    public const ulong IncomingShare = 1UL << 44;

    public const ulong EatsFull = 1UL << 28;
    public const ulong StallDisable = 1UL << 27;
    public const ulong ConfigMask = 7UL << 1;

    /// <summary>6.1 fills SHCFG in abort entries too.</summary>
    public static void Abort(Span<ulong> words, bool incoming)
    {
        words.Clear();
        words[0] = SteValid;
        words[1] = incoming ? IncomingShare : 0;
    }

    public static void Bypass(Span<ulong> words, bool incoming)
    {
        words.Clear();
        words[0] = SteValid | ((ulong)SmmuConfig.Bypass << 1);
        words[1] = incoming ? IncomingShare : 0;
    }

    /// <summary>Stage 1 through a CD table.</summary>
    /// <param name="words">Eight words.</param>
    /// <param name="table">CD table: address, format, log2 of contexts.</param>
    /// <param name="features">E2H, stall and attribute features of the unit.</param>
    /// <param name="defaultSubstream">S1DSS.</param>
    /// <param name="ats">EATS full.</param>
    /// <param name="stallEnabled">The device may stall.</param>
    public static void Stage1(Span<ulong> words, SmmuCdTable table, SmmuFeatures features,
        int defaultSubstream,
        bool ats, bool stallEnabled)
    {
        words.Clear();
        words[0] = SteValid | ((ulong)SmmuConfig.Stage1 << 1) | ((ulong)table.Format << 4) | table.Address
            | ((ulong)table.Bits << 59);
        words[1] = (uint)defaultSubstream | (1UL << 2) | (1UL << 4) | (3UL << 6)
            | (features.Stalls && !stallEnabled ? StallDisable : 0)
            | (ats ? EatsFull : 0)
            | (features.E2h ? 2UL << 30 : 0);
        if (features.AttributeOverride && defaultSubstream == DssBypass)
        {
            words[1] |= IncomingShare;
        }
    }

    /// <summary>Stage 2.</summary>
    /// <param name="words">Eight words.</param>
    /// <param name="vtcr">The table's shape: T0SZ, SL0, cacheability, TG, PS from bit 0 up.</param>
    /// <param name="root">VTTBR.</param>
    /// <param name="vmid">1 or more.</param>
    /// <param name="features">Attribute features.</param>
    /// <param name="ats">EATS full.</param>
    public static void Stage2(Span<ulong> words, ulong vtcr, ulong root, uint vmid, SmmuFeatures features,
        bool ats)
    {
        words.Clear();
        words[0] = SteValid | ((ulong)SmmuConfig.Stage2 << 1);
        words[1] = (ats ? EatsFull : 0) | (features.AttributeOverride ? IncomingShare : 0);
        words[2] = Stage2Control(vtcr, vmid);
        words[3] = root & 0x000f_ffff_ffff_fff0;
    }

    /// <summary>Third word of a stage-2 entry: VMID, VTCR, AA64, PTW, R.</summary>
    public static ulong Stage2Control(ulong vtcr, uint vmid) =>
        vmid | (vtcr << 32) | (1UL << 51) | (1UL << 54) | (1UL << 58);

    /// <summary>A context descriptor for the lower table.</summary>
    /// <param name="words">Eight words.</param>
    /// <param name="config">Coherency and quirks of the table.</param>
    /// <param name="layout">Its shape.</param>
    /// <param name="root">TTBR.</param>
    /// <param name="asid">1 or more.</param>
    /// <param name="stallEnabled">The device may stall.</param>
    public static void Context(Span<ulong> words, ArmLpaeConfig config, ArmLpaeLayout layout, ulong root,
        uint asid,
        bool stallEnabled)
    {
        var (sh, inner, outer) = ArmLpaeLayout.Cacheability(config.CoherentWalk, config.Quirks);
        words.Clear();
        words[0] = (uint)layout.T0Sz | ((ulong)layout.Tg0 << 6) | ((ulong)inner << 8) | ((ulong)outer << 10)
            | ((ulong)sh << 12)
            | (1UL << 30) | CdValid
            | ((ulong)layout.PhysicalSize << 32)
            | (1UL << 41)
            | (config.Quirks.HasFlag(ArmLpaeQuirks.HardwareDirty) ? 3UL << 42 : 0)
            | (stallEnabled ? 1UL << 44 : 0)
            | (1UL << 45) | (1UL << 46) | (1UL << 47)
            | ((ulong)asid << 48);
        words[1] = root & 0x000f_ffff_ffff_fff0;
        words[3] = ArmLpaeLayout.Mair;
    }
}
