using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>HWPTs are made and unmade (hw_pagetable.c).</summary>
public sealed class HwptMaker(KernelCalls kernel, IommufdPolicy policy, IoasEvents events)
{
    /// <summary>
    /// iommufd_hwpt_paging_alloc: checks, the driver, cache coherency, an immediate attach, the areas.
    /// </summary>
    /// <param name="ioas">What it is to show.</param>
    /// <param name="idev">The device it is made for.</param>
    /// <param name="name">The slot of its domain.</param>
    /// <param name="flags">As the process asked.</param>
    /// <param name="attach">Attaches the device before the areas are mapped; null: nothing does.</param>
    /// <param name="detach">Takes that back when the areas cannot be mapped.</param>
    /// <param name="made">The HWPT, on success.</param>
    public Errno Make(
        Ioas ioas,
        FdDevice idev,
        DomainRef name,
        HwptFlags flags,
        Func<Hwpt, Errno>? attach,
        Action detach,
        out Hwpt? made)
    {
        made = null;
        var result = policy.Requests.Check(idev.Device, flags);
        if (result != Errno.OK)
        {
            return result;
        }

        var asked = kernel.AllocForIommufd(name, idev.Device, HwptRequestPolicy.ForDriver(flags));
        if (asked.Errno != Errno.OK)
        {
            return asked.Errno;
        }

        var domain = kernel.Core.Resolve(name)
            ?? throw new InvalidOperationException($"the core does not know {name} that it allocated");
        var hwpt = new Hwpt(ioas, name, domain, flags);
        result = EnforceNew(idev, hwpt);
        result = result == Errno.OK && attach is not null ? attach(hwpt) : result;
        if (result != Errno.OK)
        {
            kernel.Free(name);
            return result;
        }

        result = ioas.Table.AddDomain(hwpt);
        if (result != Errno.OK)
        {
            if (attach is not null)
            {
                detach();
            }

            kernel.Free(name);
            return result;
        }

        ioas.Hwpts.Add(hwpt);
        events.Linked(hwpt, linked: true);
        made = hwpt;
        return Errno.OK;
    }

    /// <summary>iommufd_hwpt_paging_destroy: out of the IOAS, every area out of it, freed.</summary>
    public void Unmake(Hwpt hwpt)
    {
        hwpt.Ioas.Hwpts.Remove(hwpt);
        events.Linked(hwpt, linked: false);
        hwpt.Ioas.Table.RemoveDomain(hwpt);
        kernel.Free(hwpt.Name);
    }

    /// <summary>
    /// A device that can enforce coherency wants domains that do: -EINVAL when the driver says no
    /// (iommufd_hwpt_paging_enforce_cc).
    /// </summary>
    public Errno Enforce(FdDevice idev, Hwpt hwpt)
    {
        if (idev.EnforcesCoherency && !hwpt.IsCoherent)
        {
            hwpt.IsCoherent = kernel.Core.CallEnforceCacheCoherency(hwpt.Domain);
            return hwpt.IsCoherent ? Errno.OK : Errno.EINVAL;
        }

        return Errno.OK;
    }

    /// <summary>On a new domain such a "no" is a bug of the driver.</summary>
    private Errno EnforceNew(FdDevice idev, Hwpt hwpt)
    {
        var result = Enforce(idev, hwpt);
        if (result != Errno.OK)
        {
            kernel.Core.Warn(WarnCode.NotCoherent, dev: idev.Device, domain: hwpt.Domain);
        }

        return result;
    }
}
