using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>
/// How devices get their IOMMU: the bus scan of a registration and hotplug (core.md 3.1, 3.2).
/// </summary>
public abstract class ProbePolicy
{
    /// <summary>iommu_probe_device for one device that has just appeared.</summary>
    public abstract Errno Hotplug(IommuCore core, IommuDevice dev);

    /// <summary>bus_iommu_probe: -ENODEV of a device is swallowed, any other error ends it.</summary>
    public Errno Scan(IommuCore core, InstanceId instance)
    {
        var fresh = new List<Group>();
        foreach (var dev in core.Devices)
        {
            if (!dev.Spec.ColdPlug || dev.Spec.Instance != instance || core.GroupOf(dev) is not null)
            {
                continue;
            }

            var result = JoinInScan(core, dev, fresh);
            if (result is not (Errno.OK or Errno.ENODEV))
            {
                return result;
            }
        }

        foreach (var group in fresh)
        {
            var result = SetUpInScan(core, group);
            if (result != Errno.OK)
            {
                return result;
            }
        }

        return Errno.OK;
    }

    /// <summary>
    /// One device of a scan; a group that still needs its default domain is added to
    /// <paramref name="fresh"/>.
    /// </summary>
    protected abstract Errno JoinInScan(IommuCore core, IommuDevice dev, List<Group> fresh);

    /// <summary>Default domain and first attach of a new group.</summary>
    protected abstract Errno SetUpInScan(IommuCore core, Group group);
}

/// <summary>
/// v5.19 to v6.4: joining attaches the group's domain, then hotplug attaches the default domain again, unless
/// an
/// owner holds the group; direct mappings come after that attach.
/// </summary>
public sealed class TwiceAttachingProbe : ProbePolicy
{
    /// <summary>The second attach waits for a deferring driver (v6.3).</summary>
    public bool SecondAttachHonoursDeferral { get; init; }

    public override Errno Hotplug(IommuCore core, IommuDevice dev)
    {
        var result = JoinAndAttach(core, dev, out var group);
        if (result != Errno.OK || group is null)
        {
            return result;
        }

        if (group.DefaultDomain is null)
        {
            AllocDefault(core, group, dev);
        }

        if (group.DefaultDomain is { } domain && group.Owner.Index == 0)
        {
            result = SecondAttach(core, group, dev, domain);
            if (result != Errno.OK)
            {
                core.Era.Release.Release(core, dev);
                return result;
            }
        }

        CreateDirectMappings(core, group, dev);
        core.CallProbeFinalize(dev);
        return Errno.OK;
    }

    protected override Errno JoinInScan(IommuCore core, IommuDevice dev, List<Group> fresh)
    {
        var result = JoinAndAttach(core, dev, out var group);
        if (group is not null && !fresh.Contains(group))
        {
            fresh.Add(group);
        }

        return result;
    }

    /// <summary>No default domain: the group is skipped, without attach and without probe_finalize.</summary>
    protected override Errno SetUpInScan(IommuCore core, Group group)
    {
        if (group.DefaultDomain is null)
        {
            AllocDefault(core, group, added: null);
        }

        if (group.DefaultDomain is not { } domain)
        {
            return Errno.OK;
        }

        foreach (var member in group.Devices)
        {
            CreateDirectMappings(core, group, member.Device);
        }

        foreach (var member in group.Devices)
        {
            var deferred = IommuCore.AsksDeferral(member.Device);
            var result = deferred ? Errno.OK : core.CallAttach(domain, member.Device, group.Domain);
            if (result != Errno.OK)
            {
                return result;
            }

            core.SetDeferred(member.Device, deferred);
        }

        foreach (var member in group.Devices)
        {
            core.CallProbeFinalize(member.Device);
        }

        return Errno.OK;
    }

    private static Errno JoinAndAttach(IommuCore core, IommuDevice dev, out Group? group)
    {
        var result = core.InitDevice(dev, out group);
        if (result != Errno.OK || group?.Domain is not { } domain || IommuCore.AsksDeferral(dev))
        {
            return result;
        }

        result = core.CallAttach(domain, dev, group.Domain);
        if (result != Errno.OK)
        {
            core.CallReleaseDevice(dev);
            core.Leave(group, dev);
            core.EndGroupIfEmpty(group);
            IommuCore.Forget(dev);
            group = null;
        }

        return result;
    }

    private Errno SecondAttach(IommuCore core, Group group, IommuDevice dev, IommuDomain domain)
    {
        if (SecondAttachHonoursDeferral && IommuCore.AsksDeferral(dev))
        {
            core.SetDeferred(dev, deferred: true);
            return Errno.OK;
        }

        return core.CallAttach(domain, dev, group.Domain);
    }

    /// <summary>iommu_alloc_default_domain: its result is ignored.</summary>
    private static void AllocDefault(IommuCore core, Group group, IommuDevice? added)
    {
        core.Era.DefaultType.Resolve(core, group, added, target: null, out var wish);
        var dev = added ?? group.Devices[0].Device;
        if (core.Era.Alloc.Default(core, group, dev, wish).Domain is not { } domain)
        {
            return;
        }

        core.Name(domain, DomainRef.DefaultOf(group.Id));
        group.DefaultDomain = domain;
        core.SetRecord(group, group.Domain ?? domain);
    }

    private static void CreateDirectMappings(IommuCore core, Group group, IommuDevice dev)
    {
        if (group.DefaultDomain is { } domain)
        {
            core.Era.DirectMappings.Create(core, dev, domain);
        }
    }
}

/// <summary>
/// v6.5 on: one function sets the default domain up; a hotplugged device gets the group's present domain.
/// </summary>
public class ModernProbe : ProbePolicy
{
    public override Errno Hotplug(IommuCore core, IommuDevice dev)
    {
        var result = Join(core, dev, out var group);
        if (result != Errno.OK || group is null)
        {
            return result;
        }

        if (group.Domain is { } current)
        {
            if (group.DefaultDomain is { } fallback)
            {
                core.Era.DirectMappings.Create(core, dev, fallback);
            }

            var domain = DomainForJoining(core, group, dev, current);
            result = core.Era.SetDomain.SetOne(core, group, dev, domain, old: null, must: false);
        }
        else
        {
            result = core.SetUpDefaultDomain(group, target: null, added: dev);
        }

        if (result != Errno.OK)
        {
            core.Era.Release.Undo(core, group, dev);
            return result;
        }

        Finish(core, dev);
        return Errno.OK;
    }

    protected override Errno JoinInScan(IommuCore core, IommuDevice dev, List<Group> fresh)
    {
        var result = Join(core, dev, out var group);
        if (result != Errno.OK || group is null)
        {
            return result;
        }

        if (group.Domain is null)
        {
            if (!fresh.Contains(group))
            {
                fresh.Add(group);
            }

            return Errno.OK;
        }

        if (group.DefaultDomain is { } fallback)
        {
            core.Era.DirectMappings.Create(core, dev, fallback);
        }

        result = core.Era.SetDomain.SetOne(core, group, dev, group.Domain, old: null, must: false);
        if (result != Errno.OK)
        {
            core.Era.Release.Undo(core, group, dev);
        }
        else
        {
            Finish(core, dev);
        }

        return result;
    }

    protected override Errno SetUpInScan(IommuCore core, Group group)
    {
        var result = core.SetUpDefaultDomain(group, target: null, added: null);
        if (result != Errno.OK)
        {
            return result;
        }

        foreach (var member in group.Devices)
        {
            Finish(core, member.Device);
        }

        return Errno.OK;
    }

    /// <summary>What a hotplugged device is attached to: what its group is on.</summary>
    protected virtual IommuDomain DomainForJoining(
        IommuCore core, Group group, IommuDevice dev, IommuDomain current) => current;

    private static void Finish(IommuCore core, IommuDevice dev)
    {
        core.SetupDmaOps(dev);
        core.CallProbeFinalize(dev);
    }

    private static Errno Join(IommuCore core, IommuDevice dev, out Group? group)
    {
        var result = core.InitDevice(dev, out group);
        if (result == Errno.OK)
        {
            core.SetDeferred(dev, IommuCore.AsksDeferral(dev));
        }

        return result;
    }
}
