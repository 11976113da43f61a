using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// Blocking, attaching and detaching of devices and PASIDs (intel/iommu.c: device_block_translation,
/// intel_iommu_attach_device, dmar_domain_attach_device, identity_domain_attach_dev,
/// intel_iommu_set_dev_pasid).
/// </summary>
internal sealed class VtdAttach(VtdRules rules, VtdSteps steps, FaultPlan faults)
{
    public VtdContexts Contexts { get; } = new(rules, steps);

    /// <summary>
    /// A paging domain for requests without PASID. The device is blocked first, so every refusal after that
    /// leaves
    /// it blocked; only the RMRR test of 6.1 comes before.
    /// </summary>
    public Errno Paging(VtdPagingDomain domain, IommuDevice dev)
    {
        var device = (VtdDevice)dev.DriverData!;
        if (rules.RefusesLockedRegions && domain.Type == DomainType.Unmanaged
            && IntelVtdProfile.HasLockedRegion(dev.Spec))
        {
            return Errno.EPERM;
        }

        BlockBefore(device);
        var errno = domain.Check(device.Unit);
        if (errno != Errno.OK)
        {
            return errno;
        }

        domain.Fit(device.Unit);
        return faults.TakeAttach(dev, out errno) ? errno : Link(domain, device);
    }

    /// <summary>6.1: the shared identity domain, through the ordinary attach path.</summary>
    public Errno SharedIdentity(VtdClassicDomain identity, IommuDevice dev)
    {
        var device = (VtdDevice)dev.DriverData!;
        BlockBefore(device);
        var errno = identity.Check(device.Unit);
        if (errno != Errno.OK)
        {
            return errno;
        }

        identity.Fit(device.Unit);
        return Link(identity, device);
    }

    /// <summary>6.12, 7.2: hardware pass-through.</summary>
    public Errno Identity(IommuDevice dev)
    {
        var device = (VtdDevice)dev.DriverData!;
        var unit = device.Unit;
        BlockBefore(device);
        var errno = Errno.OK;
        if (unit.IsScalable)
        {
            ReplaceCopied(device);
            errno = Contexts.WritePasid(device, 0, VtdEntryBits.PassThroughDid, null);
            if (errno == Errno.OK && !rules.AtsFromProbe)
            {
                device.EnableAts();
            }
        }
        else
        {
            Contexts.WriteLegacy(
                device, VtdEntryBits.PassThroughDid, VtdEntryBits.PassThrough, 0,
                    (uint)unit.Capabilities.DeepestAw);
        }

        device.Attached = errno == Errno.OK;
        return errno;
    }

    /// <summary>Blocks requests without PASID; nothing to do when nothing is attached.</summary>
    public void Block(VtdDevice device)
    {
        if (!device.Attached)
        {
            return;
        }

        device.Domain?.RemoveTags(device, 0);
        if (!rules.AtsFromProbe)
        {
            device.DisableAts();
        }

        if (device.Unit.IsScalable)
        {
            Contexts.ClearPasid(device, 0);
        }
        else
        {
            Contexts.ClearLegacy(device);
            device.DisableAts();
        }

        device.Attached = false;
        if (device.Domain is { } domain)
        {
            domain.RemoveDevice(device);
            domain.LeaveUnit(device.Unit);
            device.Domain = null;
        }
    }

    /// <summary>6.1 detach_dev and release: blocked, and the scalable context entry goes too.</summary>
    public void Detach(VtdDevice device)
    {
        var domain = device.Domain
            ?? throw new InvalidOperationException("NULL pointer: the device has no domain to be removed "
                + "from");
        domain.JoinUnit(device.Unit, out var did);
        Block(device);
        if (device.Unit.IsScalable)
        {
            Contexts.ClearScalable(device, did);
        }

        domain.LeaveUnit(device.Unit);
    }

    /// <summary>6.1: a scalable context entry that outlived a failed attach goes with the device.</summary>
    public void ForgetContext(VtdDevice device)
    {
        if (device.Unit.IsScalable)
        {
            Contexts.ClearScalable(device, 0);
        }
    }

    /// <summary>A paging domain for one PASID; on error the PASID stays as it was.</summary>
    public Errno Pasid(VtdPagingDomain domain, IommuDevice dev, uint pasid, IommuDomain? old)
    {
        var device = (VtdDevice)dev.DriverData!;
        var errno = PasidAllowed(device, domain);
        if (errno == Errno.OK)
        {
            errno = domain.Check(device.Unit);
        }

        if (errno == Errno.OK)
        {
            domain.Fit(device.Unit);
            errno = domain.JoinUnit(device.Unit, out var did);
            if (errno == Errno.OK)
            {
                errno = SetPasid(device, pasid, did, domain, old);
                if (errno != Errno.OK)
                {
                    domain.LeaveUnit(device.Unit);
                }
            }
        }

        return errno;
    }

    /// <summary>Pass-through for one PASID.</summary>
    public Errno IdentityPasid(IommuDevice dev, uint pasid, IommuDomain? old)
    {
        var device = (VtdDevice)dev.DriverData!;
        var errno = PasidAllowed(device, null);
        return errno == Errno.OK ? SetPasid(device, pasid, VtdEntryBits.PassThroughDid, null, old) : errno;
    }

    /// <summary>The PASID faults from now on.</summary>
    public void BlockPasid(VtdDevice device, uint pasid)
    {
        if (!device.PasidDomains.Remove(pasid, out var domain))
        {
            return;
        }

        domain?.RemoveTags(device, pasid);
        Contexts.ClearPasid(device, pasid);
        domain?.LeaveUnit(device.Unit);
    }

    /// <summary>6.12 has no dirty tracking by PASID.</summary>
    private Errno PasidAllowed(VtdDevice device, VtdPagingDomain? domain)
    {
        if (device.Unit.Capabilities.Pasids == 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (domain is { TracksDirty: true } && !rules.Generic)
        {
            return Errno.EINVAL;
        }

        return device.IsCopied ? Errno.EBUSY : Errno.OK;
    }

    private Errno SetPasid(VtdDevice device, uint pasid, ushort did, VtdPagingDomain? domain,
        IommuDomain? old)
    {
        if (old is not null)
        {
            BlockPasid(device, pasid);
        }

        var errno = Contexts.WritePasid(device, pasid, did, domain);
        if (errno == Errno.OK)
        {
            device.PasidDomains[pasid] = domain;
            domain?.AddTags(device, pasid);
        }

        return errno;
    }

    /// <summary>
    /// 6.1 blocks only a device whose entries are present and which has a domain on record.
    /// </summary>
    private void BlockBefore(VtdDevice device)
    {
        if (steps.BlocksBeforeAttach
            && (rules.StaticDomains || (device.Domain is not null && VtdContexts.AllPresent(device))))
        {
            Block(device);
        }
    }

    private Errno Link(VtdPagingDomain domain, VtdDevice device)
    {
        var unit = device.Unit;
        var errno = domain.JoinUnit(unit, out var did);
        if (errno != Errno.OK)
        {
            return errno;
        }

        device.Domain = domain;
        device.Attached = true;
        domain.AddDevice(device);
        errno = unit.IsScalable ? LinkScalable(domain, device, did) : LinkLegacy(domain, device, did);
        if (errno != Errno.OK)
        {
            Block(device);
            return errno;
        }

        if (unit.IsScalable ? !rules.AtsFromProbe : !domain.IsPassThrough)
        {
            device.EnableAts();
        }

        domain.AddTags(device, 0);
        return Errno.OK;
    }

    private Errno LinkScalable(VtdPagingDomain domain, VtdDevice device, ushort did)
    {
        if (rules.ContextAtProbe)
        {
            ReplaceCopied(device);
        }

        var errno = domain.IsPassThrough
            ? Contexts.WritePasid(device, 0, VtdEntryBits.PassThroughDid, null)
            : Contexts.WritePasid(device, 0, did, domain);
        if (errno == Errno.OK && !rules.ContextAtProbe)
        {
            Contexts.WriteScalable(device);
        }

        return errno;
    }

    private Errno LinkLegacy(VtdPagingDomain domain, VtdDevice device, ushort did)
    {
        var type = domain.IsPassThrough ? VtdEntryBits.PassThrough
            : device.AtsSupported ? VtdEntryBits.TranslateWithDeviceTlb : VtdEntryBits.Translate;
        var aw = domain.IsPassThrough
            ? (uint)device.Unit.Capabilities.DeepestAw
            : steps.AddressWidth(domain.Levels);
        Contexts.WriteLegacy(device, did, type, domain.IsPassThrough ? 0 : domain.Root, aw);
        return Errno.OK;
    }

    /// <summary>
    /// Crash kernel: the scalable entry of the old kernel gives way to ours at the first attach.
    /// </summary>
    private void ReplaceCopied(VtdDevice device)
    {
        if (device.IsCopied)
        {
            Contexts.WriteScalable(device);
        }
    }
}
