using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.S390;

/// <summary>
/// s390 of 6.1: UNMANAGED domains only. A function without one belongs to the arch DMA API, whose private
/// table the core cannot see (arch/s390/pci/pci_dma.c); <c>detach_dev</c> goes back to a new one.
/// </summary>
public class S390Driver61(S390Zpci zpci) : S390Driver(zpci)
{
    public override IommuOps Ops => IommuOps.DomainAlloc | IommuOps.SetPlatformDmaOps | IommuOps.Capable;

    /// <summary>Enabling a function puts it on the arch DMA table.</summary>
    public override void Start(S390Function function) => EnterPlatform(function);

    public override AllocResult DomainAlloc(DomainType type) =>
        type == DomainType.Unmanaged ? AllocResult.Of(NewDomain()) : AllocResult.Null;

    /// <summary>
    /// Leaves the old state first; a refusal ends in no table at all. The first function of a domain gives it
    /// its bounds, another window is found out only after the switch.
    /// </summary>
    public override Errno Attach(IommuDevice dev, S390Domain domain)
    {
        if (dev.DriverData is not S390Function function) return Errno.ENODEV;
        Leave(function);
        if (Zpci.Context.Faults.TakeAttach(dev, out var fault)) return fault;
        var errno = Register(function, domain.Table.Anchor);
        if (errno != Errno.OK) return errno;
        var (first, last) = (domain.Aperture.Start, domain.Aperture.End);
        if (domain.Functions.Count == 0)
        {
            domain.SetAperture(function.StartDma, function.EndDma);
        }
        else if (first != function.StartDma || last != function.EndDma)
        {
            Zpci.Instructions.Unregister(function.Handle);
            return Errno.EINVAL;
        }

        Link(function, domain);
        return Errno.OK;
    }

    /// <summary>
    /// Same act for <c>detach_dev</c> (v5.19) and <c>set_platform_dma_ops</c> (v6.3 to v6.6).
    /// </summary>
    public override void SetPlatformDmaOps(IommuDevice dev)
    {
        if (dev.DriverData is not S390Function function) return;
        Leave(function);
        EnterPlatform(function);
    }

    /// <summary>
    /// The domain is left; a function on its arch table loses that too, as the removal of the function that
    /// brought us here does (zpci_dma_exit_device).
    /// </summary>
    public override void ReleaseDevice(IommuDevice dev)
    {
        if (dev.DriverData is S390Function function) Leave(function);
        base.ReleaseDevice(dev);
    }

    /// <summary>The domain's table again, or a new one of the arch DMA API.</summary>
    public override void Recover(S390Function function)
    {
        if (function.Domain is { } domain)
        {
            Register(function, domain.Table.Anchor);
            return;
        }

        function.PlatformTable?.Free();
        EnterPlatform(function);
    }

    public override Capabilities Capable(IommuDevice dev) =>
        Capabilities.CacheCoherency | Capabilities.InterruptRemap;

    /// <summary>A function that comes back after a removal was enabled anew: arch table.</summary>
    protected override Errno Probe(S390Function function)
    {
        if (function.Domain is null && function.PlatformTable is null) EnterPlatform(function);
        return Errno.OK;
    }

    protected virtual S390Domain NewDomain() => new S390Domain61(this);

    private void Leave(S390Function function)
    {
        if (function.Domain is not null)
        {
            Unlink(function);
            Zpci.Instructions.Unregister(function.Handle);
        }
        else if (function.PlatformTable is { } table)
        {
            Zpci.Instructions.Unregister(function.Handle);
            table.Free();
            function.PlatformTable = null;
        }
    }

    private void EnterPlatform(S390Function function) =>
        function.PlatformTable = S390PlatformTable.Register(Zpci, function);
}
