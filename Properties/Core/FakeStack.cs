using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Core;

/// <summary>
/// A driver that accepts everything and maps nowhere: for tests that look only at which calls the core makes.
/// All ops of
/// the tree it plays in are present.
/// </summary>
internal sealed class FakeStack(DriverContext context) : IDriverStack, IIommuDriver
{
    private readonly bool hasStatics = context.Tree != KernelTree.V6_1;

    public IIommuDriver Driver => this;

    public string Name => "fake";

    public IommuOps Ops => IommuOps.IsAttachDeferred | IommuOps.DefDomainType | IommuOps.Capable
        | context.Tree switch
        {
            KernelTree.V6_1 => IommuOps.DomainAlloc | IommuOps.SetPlatformDmaOps | IommuOps.DetachDev,
            KernelTree.V6_12 => IommuOps.DomainAllocPaging,
            _ => IommuOps.DomainAllocPaging | IommuOps.DomainAllocPagingFlags,
        };

    public IommuDomain? BlockedDomain => hasStatics ? Blocked : null;

    public IommuDomain? IdentityDomain => hasStatics ? Identity : null;

    public IommuDomain? ReleaseDomain => BlockedDomain;

    public IommuDomain? DefaultDomain => null;

    private FakeDomain Blocked { get; } = new(DomainType.Blocked, context.Faults);

    private FakeDomain Identity { get; } = new(DomainType.Identity, context.Faults);

    public Errno StartInstance(InstanceId instance) => Errno.OK;

    public DmaOutcome Dma(Requester requester, Pasid pasid, Iova iova, DmaAccess access) =>
        DmaOutcome.Refused(0);

    public void Walk(Requester requester, Pasid pasid, Action<TranslationRun> sink)
    {
        // Nothing is ever translated.
    }

    /// <summary>PASIDs that an instance can tell apart.</summary>
    public const uint InstancePasids = 4;

    public Errno ProbeDevice(IommuDevice dev)
    {
        dev.MaxPasids = InstancePasids;
        return Errno.OK;
    }

    public int DeviceGroup(IommuDevice dev) => dev.Spec.Group;

    public bool IsAttachDeferred(IommuDevice dev) => dev.Spec.Deferred && context.Topology.Kernel.Kdump;

    public void GetResvRegions(IommuDevice dev, List<ResvRegion> regions) =>
        regions.AddRange(dev.Spec.Regions);

    public DomainType? DefDomainType(IommuDevice dev) => dev.Spec.Wish switch
    {
        DeviceWish.Identity => DomainType.Identity,
        DeviceWish.Dma => DomainType.Dma,
        _ => null,
    };

    public AllocResult DomainAlloc(DomainType type) => AllocResult.Of(new FakeDomain(type, context.Faults));

    public AllocResult DomainAllocPaging(IommuDevice dev) => DomainAlloc(DomainType.Unmanaged);

    public AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags) =>
        flags == AllocFlags.None ? DomainAllocPaging(dev) : AllocResult.Error(Errno.EOPNOTSUPP);

    public AllocResult DomainAllocIdentity(IommuDevice dev) => AllocResult.Null;

    public void ProbeFinalize(IommuDevice dev)
    {
        // The core's call is all that counts.
    }

    public void ReleaseDevice(IommuDevice dev)
    {
        // The core's call is all that counts.
    }

    public void SetPlatformDmaOps(IommuDevice dev)
    {
        // The core's call is all that counts.
    }

    public Capabilities Capable(IommuDevice dev) => Capabilities.None;

    private sealed class FakeDomain : IommuDomain
    {
        private readonly FaultPlan faults;

        public FakeDomain(DomainType type, FaultPlan faults)
        {
            this.faults = faults;
            Type = type;
            PageSizes = new PageSizes(type.IsPaging() ? 0x1000UL : 0);
            Aperture = Aperture.OfBits(48);
        }

        public override DomainOps Ops => Type.IsPaging()
            ? DomainOps.Paging | DomainOps.DetachDev | DomainOps.SetDevPasid
            : DomainOps.AttachDev | DomainOps.SetDevPasid | DomainOps.Free;

        public override Errno SetDevPasid(IommuDevice dev, Pasid pasid, IommuDomain? old) => Errno.OK;

        public override Errno AttachDev(IommuDevice dev, IommuDomain? old) =>
            Type.IsPaging() && faults.TakeAttach(dev, out var errno) ? errno : Errno.OK;

        public override void DetachDev(IommuDevice dev)
        {
            // The core's call is all that counts.
        }

        public override Errno MapPages(
            Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
        {
            mapped += pgsize * pgcount;
            return Errno.OK;
        }

        public override ulong UnmapPages(Iova iova, ulong pgsize, ulong pgcount, IotlbGather gather) =>
            pgsize * pgcount;

        public override PhysAddr IovaToPhys(Iova iova) => default;

        public override void Free()
        {
            // The core's call is all that counts.
        }
    }
}
