using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.S390;

/// <summary>s390 of 6.12: a static blocking domain, paging domains of region-third depth.</summary>
public class S390Driver612 : S390Driver
{
    private static readonly ulong RegionThirdLast = S390Firmware.TableLast(S390Format.RegionThird);

    public S390Driver612(S390Zpci zpci)
        : base(zpci) =>
        BlockedDomain = new S390StaticDomain(DomainType.Blocked, AttachBlocked);

    public override IommuOps Ops => IommuOps.DomainAllocPaging | IommuOps.Capable;

    public override IommuDomain? BlockedDomain { get; }

    public override AllocResult DomainAllocPaging(IommuDevice dev) =>
        AllocResult.Of(NewDomain(S390Format.RegionThird));

    /// <summary>
    /// -EINVAL before any change if the window and the aperture share nothing; otherwise the function is
    /// blocked first and stays so when the register instruction is refused.
    /// </summary>
    public override Errno Attach(IommuDevice dev, S390Domain domain)
    {
        if (dev.DriverData is not S390Function function) return Errno.ENODEV;
        var (first, last) = (domain.Aperture.Start, domain.Aperture.End);
        if (first > function.EndDma || last < function.StartDma) return Errno.EINVAL;
        LeaveCurrent(dev, function);
        var errno = Register(function, Anchor(domain));
        if (errno != Errno.OK) return errno;
        if (Zpci.Context.Faults.TakeAttach(dev, out var fault)) return Refuse(function, fault);
        Link(function, domain);
        return Errno.OK;
    }

    /// <summary>RESERVED below the window, and above it up to what the tables reach.</summary>
    public override void GetResvRegions(IommuDevice dev, List<ResvRegion> regions)
    {
        if (dev.DriverData is not S390Function function) return;
        if (function.StartDma > 0)
        {
            regions.Add(new ResvRegion(ResvType.Reserved, new Iova(0), function.StartDma, Prot.None));
        }

        if (ReservedLast(function) is { } last && function.EndDma < last)
        {
            var start = new Iova(function.EndDma + 1);
            regions.Add(new ResvRegion(ResvType.Reserved, start, last - function.EndDma, Prot.None));
        }
    }

    /// <summary>6.12: only a paging domain is registered again.</summary>
    public override void Recover(S390Function function)
    {
        if (function.Domain is { } domain) Register(function, Anchor(domain));
    }

    public override Capabilities Capable(IommuDevice dev) =>
        dev.DriverData is S390Function { Firmware.Ism: true }
            ? Capabilities.CacheCoherency
            : Capabilities.CacheCoherency | Capabilities.DeferredFlush;

    /// <summary>Attach of the blocking domain: no anchor, no DMA. Cannot fail.</summary>
    protected virtual Errno AttachBlocked(IommuDevice dev)
    {
        if (dev.DriverData is not S390Function function) return Errno.OK;
        if (function.Domain is null && !function.OnIdentity) return Errno.OK;
        Unlink(function);
        function.OnIdentity = false;
        Zpci.Instructions.Unregister(function.Handle);
        return Errno.OK;
    }

    /// <summary>
    /// What any other attach does with the present domain: the blocking one comes in between.
    /// </summary>
    protected virtual void LeaveCurrent(IommuDevice dev, S390Function function) => AttachBlocked(dev);

    /// <summary>
    /// The end of an attach whose register instruction is refused: as if it had never been.
    /// </summary>
    protected virtual Errno Refuse(S390Function function, Errno errno)
    {
        Zpci.Instructions.Unregister(function.Handle);
        return errno;
    }

    protected virtual ulong Anchor(S390Domain domain) => domain.Table.Anchor;

    protected virtual S390Domain NewDomain(int rootLevel) => new S390Domain612(this, rootLevel);

    /// <summary>End of the reserved region above the window; null for none.</summary>
    protected virtual ulong? ReservedLast(S390Function function) => RegionThirdLast;

    /// <summary>A function in error recovery counts as attached: recovery registers the table.</summary>
    protected override bool IsRefused(S390Condition condition) =>
        condition.Code != S390Condition.Ok && condition.Status != S390Status.FunctionNotAvailable;

    /// <summary>ISM firmware stops one page below the limit it is given.</summary>
    protected override ulong Limit(S390Function function) =>
        function.Firmware.Ism ? function.EndDma + S390Format.PageSize : function.EndDma;

    /// <summary>
    /// 6.12: the window must begin within the region-third table; its end was cut there before.
    /// </summary>
    protected override Errno Probe(S390Function function) =>
        function.StartDma > RegionThirdLast ? Errno.EINVAL : base.Probe(function);
}
