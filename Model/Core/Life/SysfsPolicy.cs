using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>A write to the sysfs attribute <c>type</c> (iommu_group_store_type; core.md 4.6).</summary>
public abstract class SysfsPolicy
{
    public abstract Errno SetType(IommuCore core, Group group, TypeRequest request);

    protected static DomainType? Asked(TypeRequest request) => request switch
    {
        TypeRequest.Identity => DomainType.Identity,
        TypeRequest.Dma => DomainType.Dma,
        TypeRequest.DmaFq => DomainType.DmaFq,
        _ => null,
    };
}

/// <summary>v6.5 on: any group that nobody uses; DMA to DMA-FQ in place and unchecked.</summary>
public class ModernSysfs : SysfsPolicy
{
    /// <summary>
    /// probe_finalize for each device after success (v6.5, v6.6); later eras only redo the DMA ops.
    /// </summary>
    public bool FinalizesAgain { get; init; }

    public override Errno SetType(IommuCore core, Group group, TypeRequest request)
    {
        if (group.DefaultDomain is not { } present)
        {
            return Errno.EINVAL;
        }

        if (request == TypeRequest.DmaFq && present.Type == DomainType.Dma)
        {
            core.Relabel(present, DomainType.DmaFq);
            return Errno.OK;
        }

        if (group.OwnerCount > 0)
        {
            return Errno.EPERM;
        }

        var result = core.SetUpDefaultDomain(group, Asked(request), added: null);
        if (result != Errno.OK)
        {
            return result;
        }

        foreach (var member in group.Devices)
        {
            core.SetupDmaOps(member.Device);
            if (FinalizesAgain)
            {
                core.CallProbeFinalize(member.Device);
            }
        }

        return Errno.OK;
    }
}

/// <summary>
/// v5.19 to v6.4: groups of one device without a driver, whoever manages its DMA (device_is_bound); a failure
/// does not re-attach the old domain.
/// </summary>
public sealed class SingleDeviceSysfs : SysfsPolicy
{
    public override Errno SetType(IommuCore core, Group group, TypeRequest request)
    {
        if (group.DefaultDomain is not { } present || group.Devices.Count != 1)
        {
            return Errno.EINVAL;
        }

        var dev = group.Devices[0].Device;
        var relabels = request == TypeRequest.DmaFq && present.Type == DomainType.Dma;
        if ((core.HasDriver(dev) && !relabels) || group.Domain != present)
        {
            return Errno.EBUSY;
        }

        core.Era.DefaultType.Resolve(core, group, dev, target: null, out var demanded);
        var type = Asked(request) ?? demanded ?? core.Global.Type;
        if (demanded is not null && type != demanded)
        {
            return Errno.EINVAL;
        }

        if (type == present.Type)
        {
            return Errno.OK;
        }

        if (relabels)
        {
            core.Relabel(present, DomainType.DmaFq);
            return Errno.OK;
        }

        return Change(core, group, dev, present, type);
    }

    private static Errno Change(
        IommuCore core, Group group, IommuDevice dev, IommuDomain present, DomainType type)
    {
        if (core.Era.Alloc.Default(core, group, dev, type).Domain is not { } domain)
        {
            return Errno.ENOMEM;
        }

        if (domain == present)
        {
            return Errno.OK;
        }

        core.Name(domain, DomainRef.DefaultOf(group.Id));
        group.DefaultDomain = domain;
        var result = core.Era.DirectMappings.Create(core, dev, domain);
        if (result == Errno.OK)
        {
            result = core.CallAttach(domain, dev, present);
        }

        if (result != Errno.OK)
        {
            group.DefaultDomain = present;
            core.SetRecord(group, present);
            core.FreeIfOwned(domain);
            return result;
        }

        core.SetRecord(group, domain);
        core.CallProbeFinalize(dev);
        core.FreeIfOwned(present);
        return Errno.OK;
    }
}
