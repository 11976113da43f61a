using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.S390;

/// <summary>
/// The driver <c>s390-iommu</c>: what 6.1, 6.12 and 7.2 share. One instance and one group per PCI function.
/// Source: drivers/iommu/s390-iommu.c.
/// </summary>
public abstract class S390Driver(S390Zpci zpci) : IIommuDriver
{
    public const string DriverName = "s390";

    public S390Zpci Zpci { get; } = zpci;

    public string Name => DriverName;

    public abstract IommuOps Ops { get; }

    public virtual IommuDomain? BlockedDomain => null;

    public virtual IommuDomain? IdentityDomain => null;

    public IommuDomain? ReleaseDomain => BlockedDomain;

    public IommuDomain? DefaultDomain => null;

    /// <summary>The instance has started; before this no function is enabled.</summary>
    public virtual void Start(S390Function function)
    {
    }

    /// <summary>-ENODEV when not PCI, then what the tree tests of the window.</summary>
    public Errno ProbeDevice(IommuDevice dev)
    {
        if (!dev.Spec.Pci || Zpci.FunctionOf(dev.Id) is not { } function) return Errno.ENODEV;
        var errno = Probe(function);
        dev.DriverData = errno == Errno.OK ? function : null;
        return errno;
    }

    public int DeviceGroup(IommuDevice dev) => dev.SingletonGroupKey;

    public bool IsAttachDeferred(IommuDevice dev) => false;

    public virtual void GetResvRegions(IommuDevice dev, List<ResvRegion> regions)
    {
    }

    public DomainType? DefDomainType(IommuDevice dev) => null;

    public virtual AllocResult DomainAlloc(DomainType type) => AllocResult.Null;

    public virtual AllocResult DomainAllocPaging(IommuDevice dev) => AllocResult.Error(Errno.EOPNOTSUPP);

    public AllocResult DomainAllocPagingFlags(IommuDevice dev, AllocFlags flags) =>
        AllocResult.Error(Errno.EOPNOTSUPP);

    public AllocResult DomainAllocIdentity(IommuDevice dev) => AllocResult.Error(Errno.EOPNOTSUPP);

    public void ProbeFinalize(IommuDevice dev)
    {
    }

    public virtual void ReleaseDevice(IommuDevice dev) => dev.DriverData = null;

    public virtual void SetPlatformDmaOps(IommuDevice dev)
    {
    }

    public abstract Capabilities Capable(IommuDevice dev);

    /// <summary><c>attach_dev</c> of a paging domain.</summary>
    public abstract Errno Attach(IommuDevice dev, S390Domain domain);

    /// <summary>
    /// A function comes out of error recovery or a hot reset: enabled, nothing registered
    /// (arch/s390/pci/pci.c: zpci_hot_reset_device).
    /// </summary>
    public abstract void Recover(S390Function function);

    protected virtual Errno Probe(S390Function function) =>
        function.StartDma > function.EndDma ? Errno.EINVAL : Errno.OK;

    /// <summary>Registers a function's anchor; -EIO if refused and the refusal counts.</summary>
    protected Errno Register(S390Function function, ulong anchor)
    {
        var limit = Limit(function);
        var condition = Zpci.Instructions.Register(function.Handle, function.StartDma, limit, anchor);
        return IsRefused(condition) ? Errno.EIO : Errno.OK;
    }

    /// <summary>Which outcomes of the register instruction fail an attach.</summary>
    protected virtual bool IsRefused(S390Condition condition) => condition.Code != S390Condition.Ok;

    /// <summary>The limit to register.</summary>
    protected virtual ulong Limit(S390Function function) => function.EndDma;

    /// <summary>Makes the domain the function's own.</summary>
    protected static void Link(S390Function function, S390Domain domain)
    {
        function.Domain = domain;
        domain.Functions.Add(function);
    }

    protected static void Unlink(S390Function function)
    {
        function.Domain?.Functions.Remove(function);
        function.Domain = null;
    }
}
