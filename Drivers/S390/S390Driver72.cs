using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.S390;

/// <summary>
/// s390 of 7.2: the depth follows the window, and functions with relaxed translation have a static identity
/// domain.
/// </summary>
public class S390Driver72 : S390Driver612
{
    public S390Driver72(S390Zpci zpci)
        : base(zpci) =>
        IdentityDomain = zpci.IsRelaxed ? new S390StaticDomain(DomainType.Identity, AttachIdentity) : null;

    /// <summary>
    /// Present if firmware grants relaxed translation (the kernel has a second ops table for that).
    /// </summary>
    public override IommuDomain? IdentityDomain { get; }

    /// <summary>Chooses the root's level and cuts the function's window to what it reaches.</summary>
    public override AllocResult DomainAllocPaging(IommuDevice dev)
    {
        if (dev.DriverData is not S390Function function) return AllocResult.Error(Errno.ENODEV);
        var level = function.Firmware.RootLevel(function.StartDma, function.EndDma);
        function.EndDma = Math.Min(function.EndDma, S390Firmware.TableLast(level));
        return AllocResult.Of(NewDomain(level));
    }

    /// <summary>Whatever is attached is registered again: a table, no translation, or nothing.</summary>
    public override void Recover(S390Function function)
    {
        if (function.OnIdentity) Register(function, 0);
        base.Recover(function);
    }

    /// <summary>Known only while a paging domain is attached: the limit is a property of its table.</summary>
    protected override ulong? ReservedLast(S390Function function) => function.Domain?.Aperture.End;

    /// <summary>A removed function counts as attached too; its tear-down is on the way.</summary>
    protected override bool IsRefused(S390Condition condition) => condition switch
    {
        { Code: S390Condition.HandleGone } => false,
        { Code: S390Condition.Error, Status: S390Status.FunctionNotAvailable } => false,
        _ => condition.Code != S390Condition.Ok,
    };

    protected override Errno Probe(S390Function function) =>
        function.StartDma > function.EndDma ? Errno.EINVAL : Errno.OK;

    /// <summary>
    /// Blocked first, then an anchor without the enabled bit: addresses are used as they are.
    /// </summary>
    private Errno AttachIdentity(IommuDevice dev)
    {
        if (dev.DriverData is not S390Function function) return Errno.ENODEV;
        LeaveCurrent(dev, function);
        var errno = Register(function, 0);
        function.OnIdentity = errno == Errno.OK;
        return errno;
    }
}
