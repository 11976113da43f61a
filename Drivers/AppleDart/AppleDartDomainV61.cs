using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// A domain of 6.1: one set of ops for all types, which attach_dev tells apart by <see
/// cref="IommuDomain.Type"/>. Paging domains become final at their first attach.
/// </summary>
internal sealed class AppleDartDomainV61 : AppleDartDomain
{
    /// <param name="driver">Its driver.</param>
    /// <param name="asked">Type that was asked of domain_alloc; identity and blocked never get
    /// tables.</param>
    public AppleDartDomainV61(AppleDartDriver driver, DomainType asked)
        : base(driver)
    {
        IsFinal = asked is DomainType.Identity or DomainType.Blocked;
        PageSizes = AppleDartDriver.PageSizesBeforeFinal;
    }

    public override DomainOps Ops => AppleDartDriver.PagingOps | DomainOps.DetachDev;

    /// <summary>
    /// -EINVAL: pages larger than the CPU's and the type is not identity (blocked included); identity without
    /// bypass; another set of units. -ENOMEM from the tables. A type it does not know gets 0 and the hardware
    /// stays as it is.
    /// </summary>
    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        var master = AppleDartMaster.Of(dev);
        if ((master.First.ForceBypass && Type != DomainType.Identity)
            || (!master.First.SupportsBypass && Type == DomainType.Identity))
        {
            return Errno.EINVAL;
        }

        switch (Type)
        {
            case DomainType.Dma:
            case DomainType.Unmanaged:
                return AttachPaging(dev, master);
            case DomainType.Blocked:
                AppleDartDriver.Disable(master);
                return Errno.OK;
            case DomainType.Identity:
                AppleDartDriver.EnableBypass(master);
                return Errno.OK;
            default:
                return Driver.Steps.AttachesUnknownTypes ? AttachPaging(dev, master) : Finalise(master);
        }
    }

    /// <summary>Blocks the streams; only here do they leave the set that the domain flushes.</summary>
    public override void DetachDev(IommuDevice dev)
    {
        var master = AppleDartMaster.Of(dev);
        AppleDartDriver.Disable(master);
        if (Type is DomainType.Dma or DomainType.Unmanaged)
        {
            RemoveStreams(master);
        }
    }

    private Errno AttachPaging(IommuDevice dev, AppleDartMaster master)
    {
        if (IsFinal && CheckUnits(master) != Errno.OK)
        {
            return Errno.EINVAL;
        }

        var errno = Driver.TakeAttachFault(dev);
        if (errno == Errno.OK)
        {
            errno = Finalise(master);
        }

        if (errno == Errno.OK)
        {
            Program(master);
        }

        return errno;
    }
}
