using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>Steps of a device's life that all eras share (core.md 3.1, 3.2, 3.8).</summary>
public sealed partial class IommuCore
{
    /// <summary>
    /// Driver's probe_device and device_group, then the place in the group's list. An error leaves the device
    /// without IOMMU. -ENODEV: not ours, or the instance is not there.
    /// </summary>
    public Errno InitDevice(IommuDevice dev, out Group? group)
    {
        group = null;
        var instance = dev.Spec.Instance;
        if (!Started[instance.Index])
        {
            return Errno.ENODEV;
        }

        var driver = StackOf(instance).Driver;
        dev.Driver = driver;
        var result = CallProbeDevice(dev, driver);
        if (result != Errno.OK)
        {
            Forget(dev);
            return result;
        }

        var key = driver.DeviceGroup(dev);
        if (key < 0)
        {
            Warn(WarnCode.NoGroup, dev: dev);
            CallReleaseDevice(dev);
            Forget(dev);
            return Errno.EINVAL;
        }

        dev.MaxPasids = Math.Min(dev.Spec.MaxPasids, dev.MaxPasids);
        group = Join(dev, key);
        return Errno.OK;
    }

    /// <summary>
    /// Takes a device off its group's list; the group object stays until <see cref="EndGroupIfEmpty"/>.
    /// </summary>
    public void Leave(Group group, IommuDevice dev)
    {
        group.Devices.RemoveAll(member => member.Device == dev);
        groupOfDevice[dev.Id.Index] = null;
        ref var e = ref Trace.Add(EventKind.GroupLeave);
        e.Device = (short)dev.Id.Index;
        e.Group = (short)group.Id.Index;
        e.Flag = group.Devices.Count == 0;
    }

    /// <summary>The last device is gone: default and blocking domain are freed, the group dies.</summary>
    public void EndGroupIfEmpty(Group group)
    {
        if (group.Devices.Count > 0)
        {
            return;
        }

        groupsByKey.Remove(group.Key);
        var (first, second) = (group.DefaultDomain, group.BlockingDomain);
        group.DefaultDomain = null;
        group.BlockingDomain = null;
        SetRecord(group, null);
        FreeIfOwned(first);
        if (second != first)
        {
            FreeIfOwned(second);
        }
    }

    /// <summary>dev->iommu is freed.</summary>
    public static void Forget(IommuDevice dev)
    {
        dev.Driver = null;
        dev.DriverData = null;
        dev.AttachDeferred = false;
        dev.RequireDirect = false;
        dev.MaxPasids = 0;
    }

    /// <summary>
    /// iommu_setup_dma_ops as far as it is seen here: a queued domain of a device that cannot defer flushes
    /// becomes strict.
    /// </summary>
    public void SetupDmaOps(IommuDevice dev)
    {
        if (GroupOf(dev)?.DefaultDomain is not { Type: DomainType.DmaFq } domain
            || Era.FlushQueue == FlushQueuePolicy.SeenByDriver
            || domain.IsGenericPageTable
            || IsCapable(dev, Capabilities.DeferredFlush))
        {
            return;
        }

        Relabel(domain, DomainType.Dma);
    }

    public void Relabel(IommuDomain domain, DomainType type)
    {
        domain.Type = type;
        ref var e = ref Trace.Add(EventKind.TypeRelabelled);
        e.Domain = domain.Id;
        e.Type = type;
    }

    /// <summary>
    /// The group of that number or, where there is none, the one that holds a device of topology group N;
    /// else
    /// null.
    /// </summary>
    public Group? Resolve(GroupId id)
    {
        foreach (var group in groupsByKey.Values)
        {
            if (group.Id == id)
            {
                return group;
            }
        }

        if (id.Index >= Topology.GroupCount)
        {
            return null;
        }

        foreach (var device in Topology.DevicesOf(id))
        {
            if (groupOfDevice[device.Index] is { } holder)
            {
                return holder;
            }
        }

        return null;
    }

    /// <summary>
    /// iommu_device_register: -EBUSY for a second driver in old eras, the scan's first error else.
    /// </summary>
    private Outcome Register(InstanceId instance)
    {
        if (Started[instance.Index])
        {
            return Outcome.Nothing;
        }

        var driver = Topology.Instances[instance.Index].Driver;
        for (var i = 0; Era.OneDriverPerSystem && i < Started.Length; i++)
        {
            if (Started[i] && !string.Equals(Topology.Instances[i].Driver, driver, StringComparison.Ordinal))
            {
                return Outcome.Of(Errno.EBUSY);
            }
        }

        var started = StackOf(instance).StartInstance(instance);
        if (started != Errno.OK)
        {
            return Outcome.Of(started);
        }

        Started[instance.Index] = true;
        KnowStaticDomains(instance);
        if (StackOf(instance).ForcesStrict(instance))
        {
            Global = Global.ForcedStrict();
        }

        var result = Era.Probe.Scan(this, instance);
        if (result != Errno.OK)
        {
            Unregister(instance);
        }

        return Outcome.Of(result);
    }

    private void Unregister(InstanceId instance)
    {
        foreach (var dev in Devices)
        {
            if (dev.Driver is not null && dev.Spec.Instance == instance)
            {
                Era.Release.Release(this, dev);
            }
        }

        Started[instance.Index] = false;
    }

    private Outcome Probe(IommuDevice dev)
    {
        if (GroupOf(dev) is not null)
        {
            return Outcome.Ok;
        }

        return Outcome.Of(Era.Probe.Hotplug(this, dev));
    }

    /// <summary>
    /// Before a device goes its users have let go: the kernel driver is unbound here, and while a PASID of
    /// the group is
    /// in use nothing is done, since a release detaches none (core.md 3.8).
    /// </summary>
    private Outcome Release(IommuDevice dev)
    {
        if (dev.Driver is null || GroupOf(dev)?.Pasids.Keys.Any(pasid => pasid != 0) == true)
        {
            return Outcome.Nothing;
        }

        if (IsBound(dev))
        {
            Unbind(dev);
        }

        Era.Release.Release(this, dev);
        return Outcome.Ok;
    }

    private Outcome Bind(IommuDevice dev)
    {
        if (IsBound(dev))
        {
            return Outcome.Nothing;
        }

        var result = Era.Ownership.Use(this, dev);
        SetBound(dev, result == Errno.OK && GroupOf(dev) is not null);
        return Outcome.Of(result);
    }

    private Outcome Unbind(IommuDevice dev)
    {
        if (!IsBound(dev))
        {
            return Outcome.Nothing;
        }

        SetBound(dev, value: false);
        Era.Ownership.Unuse(this, dev);
        return Outcome.Ok;
    }

    private Group Join(IommuDevice dev, int key)
    {
        if (!groupsByKey.TryGetValue(key, out var group))
        {
            group = new Group(NumberFor(dev), key);
            groupsByKey[key] = group;
        }

        group.Devices.Add(new GroupDevice(dev));
        groupOfDevice[dev.Id.Index] = group;
        ref var e = ref Trace.Add(EventKind.GroupJoin);
        e.Device = (short)dev.Id.Index;
        e.Group = (short)group.Id.Index;
        e.A = (ulong)(group.Devices.Count - 1);
        return group;
    }

    /// <summary>The topology's number, unless the driver grouped so that it is taken.</summary>
    private GroupId NumberFor(IommuDevice dev)
    {
        var number = Topology.GroupOf(dev.Id);
        var taken = groupsByKey.Values.Any(group => group.Id == number);
        return taken ? new GroupId(500 + dev.Id.Index) : number;
    }
}
