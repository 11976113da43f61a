namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>One synthesis of the unit, as its identification registers tell, and the host it
/// serves.</summary>
/// <param name="Idr0">Features.</param>
/// <param name="Idr1">Sizes of ids and queues.</param>
/// <param name="Idr3">More features.</param>
/// <param name="Idr5">Granules and output size.</param>
public sealed record SmmuBuild(uint Idr0, uint Idr1, uint Idr3, uint Idr5)
{
    // IDR0
    public const uint S2P = 1;
    public const uint S1P = 1 << 1;
    public const uint Aarch64 = 2 << 2;
    public const uint Coherent = 1 << 4;
    public const uint DirtyUpdate = 2 << 6;
    public const uint Hyp = 1 << 9;
    public const uint Ats = 1 << 10;
    public const uint Asid16 = 1 << 12;
    public const uint Sev = 1 << 14;
    public const uint Pri = 1 << 16;
    public const uint Vmid16 = 1 << 18;
    public const uint TwoLevelCd = 1 << 19;
    public const uint LittleEndian = 2 << 21;
    public const uint NoStall = 1 << 24;
    public const uint TwoLevelStreams = 1 << 27;

    // IDR1
    public const uint AttributeOverride = 1 << 27;
    public const uint Queues = (8 << 21) | (7 << 16) | (7 << 11);

    // IDR3
    public const uint RangeInvalidation = 1 << 10;

    // IDR5
    public const uint Output48 = 5;
    public const uint Granule4K = 1 << 4;
    public const uint Granule16K = 1 << 5;
    public const uint Granule64K = 1 << 6;

    private const uint Common = Aarch64 | Coherent | Sev | Asid16 | Vmid16 | LittleEndian | NoStall;

    /// <summary>
    /// The unit may use the level hint of a range invalidation to skip entries of other levels, as the
    /// architecture
    /// permits for a wrong hint.
    /// </summary>
    public bool TrustsLevelHint { get; init; }

    /// <summary>The host kernel runs at EL2 (VHE), so streams use the EL2-E2H regime.</summary>
    public bool HostAtEl2 { get; init; }

    /// <summary>Stage 1, 4K granule, 16-bit StreamIDs in two levels, 16-bit SubstreamIDs, ATS, range
    /// invalidation.</summary>
    public static readonly SmmuBuild Stage1 = new(
        Common | S1P | DirtyUpdate | Hyp | Ats | Pri | TwoLevelCd | TwoLevelStreams,
        Queues | AttributeOverride | Sizes(sid: 16, ssid: 16),
        RangeInvalidation,
        Output48 | Granule4K);

    /// <summary>Stage 2 only.</summary>
    public static readonly SmmuBuild Stage2 = new(
        Common | S2P | Ats | TwoLevelStreams, Queues | Sizes(sid: 16, ssid: 0), RangeInvalidation,
        Output48 | Granule4K);

    /// <summary>8-bit StreamIDs in one table, linear CD tables, one command a page.</summary>
    public static readonly SmmuBuild Linear = new(
        Common | S1P, Queues | Sizes(sid: 8, ssid: 5), 0, Output48 | Granule4K);

    /// <summary>64K granule under a host at EL2.</summary>
    public static readonly SmmuBuild Granule64 = new(
        Common | S1P | Hyp | TwoLevelStreams, Queues | Sizes(sid: 16, ssid: 8), RangeInvalidation,
        Output48 | Granule64K)
    {
        HostAtEl2 = true,
    };

    /// <summary>Walks do not snoop the CPU caches; no hint to wake a waiting CPU.</summary>
    public static readonly SmmuBuild NonCoherent = new(
        (Common & ~(Coherent | Sev)) | S1P | TwoLevelStreams, Queues | Sizes(sid: 16, ssid: 4),
        RangeInvalidation, Output48 | Granule4K);

    /// <summary>IDR1: bits of StreamID and SubstreamID.</summary>
    public static uint Sizes(uint sid, uint ssid) => sid | (ssid << 6);

    public bool Has(uint idr0) => (Idr0 & idr0) == idr0;

    public int StreamIdBits => (int)(Idr1 & 0x3f);

    public int SubstreamIdBits => (int)((Idr1 >> 6) & 0x1f);
}
