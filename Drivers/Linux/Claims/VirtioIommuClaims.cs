using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Linux.Claims;

/// <summary>
/// What <c>drivers/iommu/virtio-iommu.c</c> of 7.2 declares over the device that QEMU shows: for the oracle
/// of
/// real kernels. There is no simulated virtio-iommu.
/// </summary>
internal sealed class VirtioIommuClaims : IDriverClaims
{
    public static readonly VirtioIommuClaims Instance = new();

    /// <summary>A device with the bypass byte in its configuration space and 39 bits of input.</summary>
    public const string BypassConfig = "bypass-config";

    private const int AddressBits = 39;

    public string Name => "virtio-iommu";

    public IReadOnlyList<string> Variants => [BypassConfig];

    public DriverProfile Profile(KernelTree tree, string variant) => new()
    {
        Driver = Name,
        Variant = variant,
        Tree = tree,
        Ops = IommuOps.DomainAllocPaging | IommuOps.DomainAllocIdentity | IommuOps.Capable,
        PagingOps = DomainOps.Paging | DomainOps.FlushIotlbAll | DomainOps.IotlbSync | DomainOps.IotlbSyncMap,
        KnownTypes = [DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq, DomainType.Identity],
        PageSizes = new PageSizes(~0xfffUL),
        Aperture = Aperture.OfBits(AddressBits),
        IovaLast = ulong.MaxValue,
        PaLast = ulong.MaxValue,
        NoPermission = Errno.OK,
        Overlap = OverlapRule.KeepOldAndSucceed,
        PartialUnmap = PartialUnmapRule.WholeFromStart,
        DmaWindow = (0, (1UL << AddressBits) - 1),
        CheckAttach = static (first, device, type) =>
            type.IsPaging() && first is not null && first.Instance != device.Instance ? Errno.EINVAL
                : Errno.OK,
        ChecksBeforeChange = true,
        ReleaseLeaves = RefusedAttach.Bypass,
        Untranslated = (0xfee0_0000, 0xfeef_ffff),
        DriverRegions =
            [new(ResvType.Msi, new Iova(0xfee0_0000), 0x10_0000, Prot.None)],
        ReportsRegions = [ResvType.Direct, ResvType.DirectRelaxable, ResvType.Reserved, ResvType.Msi],
        Capabilities = Capabilities.CacheCoherency | Capabilities.DeferredFlush,
        Limits = new TopologyLimits { RequesterLast = 0xffff },
    };
}
