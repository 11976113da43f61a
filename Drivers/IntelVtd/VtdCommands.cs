namespace Conformance.Drivers.IntelVtd;

/// <summary>The words of one queue descriptor; the upper half of a wide one is zero.</summary>
internal readonly record struct VtdDescriptor(ulong Q0, ulong Q1);

/// <summary>Encoding of invalidation commands, for the queue and for the two register pairs.</summary>
internal static class VtdCommands
{
    public const int Context = 1;
    public const int Iotlb = 2;
    public const int DeviceTlb = 3;
    public const int Wait = 5;
    public const int PasidIotlb = 6;
    public const int PasidCache = 7;
    public const int PasidDeviceTlb = 8;

    public const uint Global = 1;
    public const uint DomainSelective = 2;

    /// <summary>Device-selective for contexts, page-selective for the IOTLB.</summary>
    public const uint Selective = 3;

    public const uint PasidCacheDomain = 0;
    public const uint PasidCacheOne = 1;
    public const uint PasidCacheGlobal = 3;
    public const uint PasidIotlbAll = 2;
    public const uint PasidIotlbPages = 3;

    /// <summary>What a wait descriptor writes to memory when all before it is done.</summary>
    public const uint Done = 2;

    /// <summary>Address mask of a device-TLB invalidation of everything (64 bits less 12).</summary>
    public const int WholeDeviceTlb = 52;

    private const ulong LeafOnly = 1UL << 6;

    public static VtdDescriptor ContextInv(uint granularity, ushort did, ushort sid) =>
        new(Context | ((ulong)granularity << 4) | ((ulong)did << 16) | ((ulong)sid << 32), 0);

    /// <param name="granularity">Global, domain or pages.</param>
    /// <param name="did">Domain id.</param>
    /// <param name="address">First byte, aligned to the mask.</param>
    /// <param name="mask">2^mask pages.</param>
    /// <param name="leafOnly">Invalidation hint: no table above the leaf changed.</param>
    /// <param name="drain">The unit drains reads and writes (CAP 55:54).</param>
    public static VtdDescriptor IotlbInv(
        uint granularity, ushort did, ulong address, int mask, bool leafOnly, bool drain) =>
        new(Iotlb | ((ulong)granularity << 4) | (drain ? 0xc0UL : 0) | ((ulong)did << 16),
            address | (leafOnly ? LeafOnly : 0) | (uint)(mask & 0x3f));

    public static VtdDescriptor PasidIotlbInv(
        uint granularity, ushort did, uint pasid, ulong address, int mask, bool leafOnly) =>
        new(PasidIotlb | ((ulong)granularity << 4) | ((ulong)did << 16) | ((ulong)pasid << 32),
            address | (leafOnly ? LeafOnly : 0) | (uint)(mask & 0x3f));

    public static VtdDescriptor PasidCacheInv(uint granularity, ushort did, uint pasid) =>
        new(PasidCache | ((ulong)granularity << 4) | ((ulong)did << 16) | ((ulong)pasid << 32), 0);

    public static VtdDescriptor DeviceTlbInv(ushort sid, ulong address, int mask) =>
        new(DeviceTlb | ((ulong)sid << 32), SizedAddress(address, mask, 1));

    public static VtdDescriptor PasidDeviceTlbInv(ushort sid, uint pasid, ulong address, int mask) =>
        new(PasidDeviceTlb | ((ulong)sid << 16)
            | ((ulong)pasid << 32), SizedAddress(address, mask, 1UL << 11));

    public static VtdDescriptor WaitDescriptor(ulong statusAddress) =>
        new(Wait | (1UL << 5) | ((ulong)Done << 32), statusAddress);

    /// <summary>CCMD register value.</summary>
    public static ulong ContextRegister(uint granularity, ushort did, ushort sid) =>
        VtdReg.Go | ((ulong)granularity << 61) | ((ulong)sid << 16) | did;

    /// <summary>IOTLB register value; address, mask and hint go to IVA before.</summary>
    public static ulong IotlbRegister(uint granularity, ushort did) =>
        VtdReg.Go | ((ulong)granularity << 60) | (1UL << 48) | ((ulong)did << 32);

    /// <summary>More than one page: the size bit, and the lowest clear bit above 11 tells how many.</summary>
    private static ulong SizedAddress(ulong address, int mask, ulong sizeBit) => mask == 0
        ? address
        : (address & ~((1UL << (12 + mask)) - 1) & ~0xfffUL)
            | (((1UL << (12 + mask - 1)) - 1) & ~0xfffUL) | sizeBit;
}
