using Conformance.Model.Contract;

namespace Conformance.Model.Core;

/// <summary>Which type a group's default domain shall have (core.md 3.3).</summary>
public abstract class DefaultTypePolicy
{
    /// <summary>
    /// False: refused (-EINVAL). Else <paramref name="wish"/> is the type, or null for "auto" (global default
    /// with its fallbacks). <paramref name="target"/> is what sysfs asks for, null for none.
    /// <paramref name="added"/> is the hotplugged device, null in a scan or from sysfs.
    /// </summary>
    public abstract bool Resolve(
        IommuCore core, Group group, IommuDevice? added, DomainType? target, out DomainType? wish);

    /// <summary>
    /// def_domain_type of the driver, or its static default domain; BLOCKED is 0, "no wish".
    /// </summary>
    protected static DomainType? DriverWish(IommuDevice dev)
    {
        var driver = IommuCore.DriverOf(dev);
        if (driver.DefaultDomain is { } fixedDomain)
        {
            return fixedDomain.Type == DomainType.Blocked ? null : fixedDomain.Type;
        }

        return (driver.Ops & IommuOps.DefDomainType) == 0 ? null : driver.DefDomainType(dev);
    }
}

/// <summary>
/// v5.19 to v6.6: untrusted is a DMA wish of its device; a conflict gives the global default.
/// </summary>
public sealed class ConflictGivesGlobalType : DefaultTypePolicy
{
    /// <summary>On hotplug only the new device is asked (up to v6.4).</summary>
    public bool HotplugAsksNewDeviceOnly { get; init; }

    public override bool Resolve(
        IommuCore core, Group group, IommuDevice? added, DomainType? target, out DomainType? wish)
    {
        wish = null;
        if (added is not null && HotplugAsksNewDeviceOnly)
        {
            wish = WishOf(added);
            return true;
        }

        var conflict = false;
        foreach (var member in group.Devices)
        {
            var type = WishOf(member.Device);
            conflict |= wish is not null && type is not null && wish != type;
            wish ??= type;
        }

        if (target is null)
        {
            wish = conflict ? null : wish;
            return true;
        }

        var refused = conflict || (wish is not null && wish != target);
        wish = target;
        return !refused;
    }

    private static DomainType? WishOf(IommuDevice dev) =>
        dev.Spec.Untrusted ? DomainType.Dma : DriverWish(dev);
}

/// <summary>
/// v6.7 on: IDENTITY wins a conflict; an untrusted device refuses all but DMA (core.md 3.3, steps 1 to 7).
/// </summary>
public class AgreedDefaultType : DefaultTypePolicy
{
    public override bool Resolve(
        IommuCore core, Group group, IommuDevice? added, DomainType? target, out DomainType? wish)
    {
        wish = null;
        foreach (var member in group.Devices)
        {
            var type = DriverWish(member.Device);
            if (type is not null && wish is not null && type != wish)
            {
                type = DomainType.Identity;
            }

            wish = type ?? wish;
        }

        if (HasUntrusted(group))
        {
            if (wish is not null && wish != DomainType.Dma)
            {
                return false;
            }

            wish = DomainType.Dma;
        }

        if (target is null)
        {
            return true;
        }

        var refused = wish is not null && wish != target;
        wish = target;
        return !refused;
    }

    /// <summary>A device of the group must not be trusted with anything but strict translation.</summary>
    protected virtual bool HasUntrusted(Group group) =>
        group.Devices.Exists(member => member.Device.Spec.Untrusted);
}
