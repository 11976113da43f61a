using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>A paging domain of 6.12 and 7.2: final when it is allocated.</summary>
internal sealed class AppleDartPagingDomain(AppleDartDriver driver) : AppleDartDomain(driver)
{
    public override DomainOps Ops => AppleDartDriver.PagingOps;

    /// <summary>
    /// -EINVAL: pages larger than the CPU's, another set of units. A failure writes no register.
    /// </summary>
    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        var master = AppleDartMaster.Of(dev);
        if (master.First.ForceBypass || CheckUnits(master) != Errno.OK)
        {
            return Errno.EINVAL;
        }

        var errno = Driver.TakeAttachFault(dev);
        if (errno == Errno.OK)
        {
            Program(master);
        }

        return errno;
    }
}

/// <summary>The static blocked domain of 6.12 and 7.2: TCR only, cannot fail.</summary>
internal sealed class AppleDartBlockedDomain : IommuDomain
{
    public AppleDartBlockedDomain() => Type = DomainType.Blocked;

    public override DomainOps Ops => DomainOps.AttachDev;

    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        AppleDartDriver.Disable(AppleDartMaster.Of(dev));
        return Errno.OK;
    }
}

/// <summary>The static identity domain of 6.12 and 7.2: TCR only.</summary>
internal sealed class AppleDartIdentityDomain : IommuDomain
{
    private readonly AppleDartTree tree;

    public AppleDartIdentityDomain(AppleDartTree tree)
    {
        this.tree = tree;
        Type = DomainType.Identity;
    }

    public override DomainOps Ops => DomainOps.AttachDev;

    /// <summary>-EINVAL when the device's unit (7.2: one of its units) has no bypass.</summary>
    public override Errno AttachDev(IommuDevice dev, IommuDomain? old)
    {
        var master = AppleDartMaster.Of(dev);
        if (!tree.SupportsBypass(master))
        {
            return Errno.EINVAL;
        }

        AppleDartDriver.EnableBypass(master);
        return Errno.OK;
    }
}
