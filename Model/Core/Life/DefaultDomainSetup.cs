using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>First default domain of a group and its change through sysfs (v6.5 on; core.md 3.5).</summary>
public sealed partial class IommuCore
{
    /// <summary>
    /// iommu_setup_default_domain. <paramref name="target"/> is what sysfs asks for. -EINVAL when the wishes
    /// cannot
    /// be met, else errors of allocation, direct mapping or attach; then the old default domain is in force
    /// again.
    /// </summary>
    public Errno SetUpDefaultDomain(Group group, DomainType? target, IommuDevice? added)
    {
        if (!Era.DefaultType.Resolve(this, group, added, target, out var wish))
        {
            return Errno.EINVAL;
        }

        var alloc = Era.Alloc.Default(this, group, group.Devices[0].Device, wish);
        if (alloc.Domain is not { } domain)
        {
            return WithoutDomain(group, alloc.Errno);
        }

        if (domain == group.DefaultDomain)
        {
            return Errno.OK;
        }

        Name(domain, DomainRef.DefaultOf(group.Id));
        return Install(group, domain);
    }

    /// <summary>
    /// v6.5 and v6.6 accept "no domain" when there was none before; a NULL from the driver is -ENODEV
    /// otherwise.
    /// </summary>
    private Errno WithoutDomain(Group group, Errno errno)
    {
        if (!Era.Alloc.DefaultIsOptional)
        {
            return errno == Errno.OK ? Errno.ENOMEM : errno;
        }

        return group.DefaultDomain is null ? Errno.OK : Errno.ENODEV;
    }

    private Errno Install(Group group, IommuDomain domain)
    {
        var old = group.DefaultDomain;
        var mapped = MapDirectRegions(group, domain);
        group.DefaultDomain = domain;
        NoteRecord(group);
        if (group.Domain is null)
        {
            var result = SetDomain(group, domain, must: true);
            if (result != Errno.OK)
            {
                Warn(WarnCode.AttachFailed, group);
                return result;
            }
        }
        else
        {
            var result = SetDomain(group, domain, must: false);
            if (result != Errno.OK)
            {
                RestoreDefault(group, old, domain);
                return result;
            }
        }

        if (mapped != Errno.OK)
        {
            mapped = MapDirectRegions(group, domain);
        }

        if (mapped != Errno.OK)
        {
            if (old is not null)
            {
                SetDomain(group, old, must: true);
                RestoreDefault(group, old, domain);
            }

            return mapped;
        }

        FreeIfOwned(old);
        return Errno.OK;
    }

    private void RestoreDefault(Group group, IommuDomain? old, IommuDomain failed)
    {
        group.DefaultDomain = old;
        NoteRecord(group);
        FreeIfOwned(failed);
    }

    private Errno MapDirectRegions(Group group, IommuDomain domain)
    {
        var result = Errno.OK;
        foreach (var member in group.Devices)
        {
            var errno = Era.DirectMappings.Create(this, member.Device, domain);
            result = errno == Errno.OK ? result : errno;
        }

        return result;
    }
}
