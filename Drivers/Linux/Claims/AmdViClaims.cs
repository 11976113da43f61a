using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Linux.Claims;

/// <summary>
/// What <c>drivers/iommu/amd</c> of 7.2 declares: for the oracle of real kernels. There is no simulated
/// AMD-Vi.
/// </summary>
internal sealed class AmdViClaims : IDriverClaims
{
    public static readonly AmdViClaims Instance = new();

    /// <summary>
    /// The word of a unit with v1 tables, NpCache (so strict), no PASIDs and no dirty tracking.
    /// </summary>
    public const string HostTable = "v1";

    private const ulong InterruptFirst = 0xfee0_0000;
    private const ulong InterruptLast = 0xfeef_ffff;

    public string Name => "amd-vi";

    public IReadOnlyList<string> Variants => [HostTable];

    /// <summary>
    /// Every power of two from 4 KiB but 2^39; sizes of half the space and more are hidden.
    /// </summary>
    private static PageSizes Sizes => new(((1UL << 62) - 0x1000) & ~(1UL << 39));

    public DriverProfile Profile(KernelTree tree, string variant) => new()
    {
        Driver = Name,
        Variant = variant,
        Tree = tree,
        Ops = IommuOps.DomainAllocPagingFlags | IommuOps.DefDomainType | IommuOps.Capable,
        PagingOps = DomainOps.Paging | DomainOps.FlushIotlbAll | DomainOps.IotlbSync | DomainOps.IotlbSyncMap
            | DomainOps.EnforceCacheCoherency,
        HasStaticBlocked = true,
        HasStaticIdentity = true,
        ReleasesToBlocked = true,
        KnownTypes = [DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq, DomainType.Identity,
            DomainType.Blocked],
        PageSizes = Sizes,
        Aperture = Aperture.OfBits(64),
        IovaLast = ulong.MaxValue,
        PaLast = (1UL << 52) - 1,
        IsGenericPageTable = true,
        ForcesStrict = true,
        OverlapErrno = Errno.EADDRINUSE,
        PartialUnmap = PartialUnmapRule.WholeFromStart,
        Untranslated = (InterruptFirst, InterruptLast),
        DriverRegions =
        [
            new(ResvType.Msi, new Iova(InterruptFirst), InterruptLast - InterruptFirst + 1, Prot.None),
            new(ResvType.Reserved, new Iova(0xfd_0000_0000), 0x3_0000_0000, Prot.None),
        ],
        ReportsRegions = [ResvType.Direct],
        Capabilities = Capabilities.CacheCoherency | Capabilities.EnforceCacheCoherency
            | Capabilities.DeferredFlush,
        Limits = new TopologyLimits { RequesterLast = 0xffff },
    };
}
