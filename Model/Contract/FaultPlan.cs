namespace Conformance.Model.Contract;

/// <summary>
/// Failures injected by the scenario, armed for one command and taken at the driver's own failure points.
/// </summary>
/// <remarks>
/// A driver asks <see cref="TakeAttach"/> at the point of <c>attach_dev</c> where a real failure (memory,
/// domain
/// ids, a refused instruction) would strike for a *paging* domain, after its checks, so that the state it
/// leaves behind
/// is its own. The core asks the others at the call, and this one too before set_dev_pasid of a *paging*
/// domain, which
/// has to leave everything as it was.
/// </remarks>
public sealed class FaultPlan
{
    private int attachDevice = -1;
    private int attachSkip;
    private Errno attachErrno;
    private int mapSkip = -1;
    private Errno mapErrno;
    private Errno allocErrno;

    /// <summary>The n-th (from 0) paging attach of the device fails.</summary>
    public void ArmAttach(DeviceId dev, int skip, Errno errno) =>
        (attachDevice, attachSkip, attachErrno) = (dev.Index, skip, errno);

    /// <summary>The n-th (from 0) map call of the next command fails after half of its pages.</summary>
    public void ArmMap(int skip, Errno errno) => (mapSkip, mapErrno) = (skip, errno);

    /// <summary>The next domain allocation fails.</summary>
    public void ArmAlloc(Errno errno) => allocErrno = errno;

    /// <summary>
    /// Drops everything armed; done by the system after the command that followed the arming one.
    /// </summary>
    public void Disarm() => (attachDevice, mapSkip, allocErrno) = (-1, -1, Errno.OK);

    /// <summary>
    /// Asked by drivers inside attach_dev of a paging domain. True: fail with <paramref name="errno"/>.
    /// </summary>
    public bool TakeAttach(IommuDevice dev, out Errno errno)
    {
        errno = attachErrno;
        if (attachDevice != dev.Id.Index || attachSkip-- > 0)
        {
            return false;
        }

        attachDevice = -1;
        return true;
    }

    /// <summary>Asked by the core before each map call.</summary>
    public bool TakeMap(out Errno errno)
    {
        errno = mapErrno;
        return mapSkip >= 0 && mapSkip-- == 0;
    }

    /// <summary>Asked by the core before each domain allocation.</summary>
    public bool TakeAlloc(out Errno errno)
    {
        errno = allocErrno;
        allocErrno = Errno.OK;
        return errno != Errno.OK;
    }
}
