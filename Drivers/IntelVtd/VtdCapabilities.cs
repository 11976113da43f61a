using System.Numerics;

namespace Conformance.Drivers.IntelVtd;

/// <summary>What a remapping unit tells of itself: the CAP (offset 0x08) and ECAP (0x10) registers.</summary>
/// <param name="Cap">Capability register.</param>
/// <param name="Ecap">Extended capability register.</param>
public sealed record VtdCapabilities(ulong Cap, ulong Ecap)
{
    public const ulong WriteBuffer = 1UL << 4;
    public const ulong Caching = 1UL << 7;
    public const ulong Large2M = 1UL << 34;
    public const ulong Large1G = 1UL << 35;
    public const ulong PageSelective = 1UL << 39;
    public const ulong Drain = 3UL << 54;
    public const ulong FirstStage1G = 1UL << 56;
    public const ulong FirstStage5Level = 1UL << 60;
    public const ulong RootInvalidates = 1UL << 63;

    public const ulong Coherent = 1;
    public const ulong Queue = 1UL << 1;
    public const ulong DeviceTlb = 1UL << 2;
    public const ulong PassThrough = 1UL << 6;
    public const ulong SnoopControl = 1UL << 7;
    public const ulong Nesting = 1UL << 26;
    public const ulong SecondStageDirty = 1UL << 45;
    public const ulong PasidSupport = 1UL << 40;
    public const ulong Scalable = 1UL << 43;
    public const ulong SecondStage = 1UL << 46;
    public const ulong FirstStage = 1UL << 47;
    public const ulong ScalableCoherent = 1UL << 48;

    /// <summary>Number of domain ids, 16 to 65536 (ND, CAP 2:0).</summary>
    public int DomainIds => 1 << (4 + (2 * (int)(Cap & 7)));

    /// <summary>Table depths: bit n stands for n + 2 levels (CAP 12:8).</summary>
    public uint Sagaw => (uint)(Cap >> 8) & 0x1f;

    /// <summary>Widest guest address in bits (CAP 21:16).</summary>
    public int Mgaw => (int)((Cap >> 16) & 0x3f) + 1;

    /// <summary>Offset of the first fault record (CAP 33:24).</summary>
    public uint FaultOffset => (uint)((Cap >> 24) & 0x3ff) * 16;

    /// <summary>Number of fault records (CAP 47:40).</summary>
    public int FaultRecords => (int)((Cap >> 40) & 0xff) + 1;

    /// <summary>Largest address mask of a page-selective invalidation: 2^n pages (CAP 53:48).</summary>
    public int MaxAddressMask => (int)((Cap >> 48) & 0x3f);

    /// <summary>Offset of the IVA register; IOTLB follows 8 bytes later (ECAP 17:8).</summary>
    public uint IotlbOffset => (uint)((Ecap >> 8) & 0x3ff) * 16;

    /// <summary>Number of PASIDs (PSS, ECAP 39:35), 0 without PASID support.</summary>
    public uint Pasids => Has(Ecap, PasidSupport) ? 2u << (int)((Ecap >> 35) & 0x1f) : 0;

    public bool HasWriteBuffer => Has(Cap, WriteBuffer);

    public bool IsCaching => Has(Cap, Caching);

    public bool HasPageSelective => Has(Cap, PageSelective);

    public bool HasQueue => Has(Ecap, Queue);

    public bool HasDeviceTlb => Has(Ecap, DeviceTlb);

    public bool HasPassThrough => Has(Ecap, PassThrough);

    public bool HasSnoopControl => Has(Ecap, SnoopControl);

    public bool IsScalable => Has(Ecap, Scalable);

    public bool HasSecondStage => !IsScalable || Has(Ecap, SecondStage);

    public bool HasFirstStage => IsScalable && Has(Ecap, FirstStage);

    public bool HasNesting => IsScalable && Has(Ecap, Nesting);

    /// <summary>Accessed and dirty bits in second-stage leaves (ssads_supported).</summary>
    public bool HasDirtyBits => IsScalable && Has(Ecap, SecondStageDirty) && Has(Ecap, ScalableCoherent);

    /// <summary>Root, context and PASID structures are read with snooping.</summary>
    public bool IsCoherent => Has(Ecap, Coherent);

    /// <summary>Paging structures are read with snooping (iommu_paging_structure_coherency).</summary>
    public bool IsPagingCoherent => Has(Ecap, IsScalable ? ScalableCoherent : Coherent);

    /// <summary>Second-stage large leaves: bit 0 2 MiB, bit 1 1 GiB (CAP 37:34).</summary>
    public uint LargePages => (uint)(Cap >> 34) & 0xf;

    public bool HasFirstStage1G => Has(Cap, FirstStage1G);

    public bool HasFirstStage5Level => Has(Cap, FirstStage5Level);

    public bool DropsCachesAtRoot => Has(Cap, RootInvalidates);

    /// <summary>The deepest supported table as an AW value; what 6.x calls agaw and msagaw.</summary>
    public int DeepestAw => BitOperations.Log2(Sagaw);

    /// <summary>Bits of IOVA a table of the deepest supported depth translates here.</summary>
    public int Width => Math.Min(WidthOfAw(DeepestAw), Mgaw);

    /// <summary>AW n: n + 2 levels, 30 + 9n bits.</summary>
    public static int WidthOfAw(int aw) => 30 + (9 * aw);

    public bool SupportsAw(int aw) => (Sagaw & (1u << aw)) != 0;

    /// <summary>
    /// Reserves offsets used by every variant here: fault records at 0x220, IOTLB registers at 0x100.
    /// </summary>
    internal static ulong CapOf(int nd, uint sagaw, int mgaw, ulong flags) =>
        (uint)nd | ((ulong)sagaw << 8) | ((ulong)(uint)(mgaw - 1) << 16) | (0x22UL << 24) | (7UL << 40)
        | (18UL << 48) | Drain | flags;

    internal static ulong EcapOf(ulong flags) => (0x10UL << 8) | flags;

    private static bool Has(ulong register, ulong bit) => (register & bit) != 0;
}
