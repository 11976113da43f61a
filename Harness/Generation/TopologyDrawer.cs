using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// Draws where a scenario plays: what the limits of the driver's profile allow, and no more.
/// </summary>
internal sealed class TopologyDrawer(Dice dice, DriverBook book)
{
    private readonly List<InstanceSpec> instances = [];
    private readonly List<DeviceSpec> devices = [];
    private readonly HashSet<Requester> taken = [];
    private int groups;
    private KernelOptions kernel = KernelOptions.Default;

    /// <summary>
    /// A topology of one driver, about one time in ten with a device of another driver beside it.
    /// </summary>
    /// <param name="driver">Name in the catalogue.</param>
    /// <param name="variant">Null for a random one.</param>
    public Topology Draw(string driver, string? variant)
    {
        var factory = book.Driver(driver);
        var first = new InstanceSpec(driver, variant ?? DrawVariant(factory));
        var profile = book.Profile(first);
        kernel = DrawKernel(profile.Limits);
        var foreignFirst = dice.Percent(20);
        var foreign = book.Drivers.Count > 1 && dice.Percent(10)
            ? book.Drivers[(IndexOf(factory) + 1 + dice.Below(book.Drivers.Count - 1)) % book.Drivers.Count]
            : null;
        if (foreign is not null && foreignFirst)
        {
            AddForeign(foreign);
        }

        AddDriver(factory, first, 1 + dice.Weighted([30, 35, 20, 15]), fixedVariant: variant is not null);
        if (foreign is not null && !foreignFirst)
        {
            AddForeign(foreign);
        }

        return new Topology(DrawCpuPage(profile.PageSizes), kernel, [.. instances], [.. devices]);
    }

    private void AddForeign(IDriverFactory factory) =>
        AddDriver(factory, new InstanceSpec(factory.Name, DrawVariant(factory)), 1, fixedVariant: true);

    /// <summary>A variant, mostly one whose units start in this tree.</summary>
    private string DrawVariant(IDriverFactory factory)
    {
        var starts = dice.Where(
            factory.Variants.Count,
            v => book.Profile(new InstanceSpec(factory.Name, factory.Variants[v])).StartResult == Errno.OK);
        return starts is { } index && dice.Percent(94)
            ? factory.Variants[index]
            : dice.Pick(factory.Variants);
    }

    private int IndexOf(IDriverFactory factory)
    {
        var index = 0;
        while (!ReferenceEquals(book.Drivers[index], factory))
        {
            index++;
        }

        return index;
    }

    private KernelOptions DrawKernel(TopologyLimits limits)
    {
        bool? passthrough = dice.Weighted([75, 12, 13]) switch { 0 => null, 1 => true, _ => false };
        bool? strict = dice.Weighted([55, 30, 15]) switch { 0 => null, 1 => false, _ => true };
        return new KernelOptions(passthrough, strict, dice.Percent(limits.Deferred ? 20 : 5));
    }

    /// <summary>The CPU page is 4K unless the tables know a larger one of the sizes that CPUs have.</summary>
    private int DrawCpuPage(PageSizes sizes)
    {
        var chance = sizes.Contains(0x1000) ? 15 : 60;
        if (!sizes.IsEmpty && dice.Percent(chance))
        {
            var shift = dice.Percent(50) ? 14 : 16;
            return sizes.Contains(1UL << shift) ? shift : 12;
        }

        return 12;
    }

    private void AddDriver(IDriverFactory factory, InstanceSpec first, int deviceCount, bool fixedVariant)
    {
        var limits = book.Profile(first).Limits;
        var begin = instances.Count;
        var count = limits.InstancePerDevice
            ? deviceCount
            : Math.Max(1 + dice.Weighted([60, 28, 12]), dice.Below(limits.InstancesPerDevice) + 1);
        for (var i = 0; i < count; i++)
        {
            var mixed = i > 0 && !fixedVariant && dice.Percent(15);
            instances.Add(mixed ? first with { Variant = DrawVariant(factory) } : first);
        }

        var devicesBegin = devices.Count;
        for (var d = 0; d < deviceCount; d++)
        {
            var instance = limits.InstancePerDevice ? begin + d : begin + dice.Below(count);
            AddDevice(DrawUnits(limits, instance, begin), devicesBegin);
        }
    }

    /// <summary>
    /// The units a device does DMA through, the one that serves it first: mostly the last to be registered,
    /// since a driver may take a device only when all its units run.
    /// </summary>
    private List<int> DrawUnits(TopologyLimits limits, int instance, int instancesBegin)
    {
        var units = new List<int> { instance };
        for (var i = instancesBegin; i < instances.Count && units.Count < limits.InstancesPerDevice; i++)
        {
            if (i != instance && dice.Percent(40))
            {
                units.Add(i);
            }
        }

        if (dice.Percent(85))
        {
            units.Sort(static (one, two) => two.CompareTo(one));
        }

        return units;
    }

    private void AddDevice(List<int> units, int devicesBegin)
    {
        var instance = units[0];
        var profile = book.Profile(instances[instance]);
        var limits = profile.Limits;
        var leader = DrawLeader(profile, instance, devicesBegin);
        var pci = leader?.Pci ?? (limits.Pci && dice.Percent(75));
        var deferred = limits.Deferred && dice.Percent(kernel.Kdump ? 70 : 10);
        var requesters = DrawRequesters(
            limits, leader is null ? units : [.. leader.Requesters.Select(r => r.Instance.Index).Distinct()]);
        if (requesters.IsEmpty || requesters[0].Instance.Index != instance)
        {
            // The unit tells no more devices apart.
            return;
        }

        var device = new DeviceSpec
        {
            Requesters = requesters,
            Group = leader?.Group ?? groups,
            Pci = pci,
            Untrusted = pci && dice.Percent(8),
            Ats = pci && dice.Percent(45),
            ColdPlug = !dice.Percent(18),
            Deferred = deferred,
            MaxPasids = DrawPasids(profile.MaxPasids),
            Wish = dice.Percent(30) && limits.Wishes.Count > 0 ? dice.Pick(limits.Wishes) : DeviceWish.None,
            Regions = DrawRegions(profile),
        };
        groups += leader is null ? 1 : 0;
        devices.Add(device);
    }

    /// <summary>
    /// An earlier device of the same driver behind the same unit, whose group the new one joins.
    /// </summary>
    private DeviceSpec? DrawLeader(DriverProfile profile, int instance, int devicesBegin)
    {
        var limits = profile.Limits;
        if (!limits.SharedGroups || profile.SingletonGroups || limits.InstancePerDevice || !dice.Percent(50))
        {
            return null;
        }

        var found = dice.Where(
            devices.Count - devicesBegin, d => devices[devicesBegin + d].Instance.Index == instance);
        return found is { } index ? devices[devicesBegin + index] : null;
    }

    private ImmutableArray<Requester> DrawRequesters(TopologyLimits limits, IEnumerable<int> units)
    {
        var requesters = ImmutableArray.CreateBuilder<Requester>();
        foreach (var unit in units)
        {
            var wanted = dice.Percent(65) ? 1 : 1 + dice.Below(limits.RequestersPerInstance);
            for (var n = 0; n < wanted; n++)
            {
                if (DrawRequester(limits.RequesterLast, unit) is { } requester)
                {
                    requesters.Add(requester);
                }
            }
        }

        return requesters.ToImmutable();
    }

    /// <summary>A free id: small, shaped like a PCI address, or at the end of what the unit knows.</summary>
    private Requester? DrawRequester(uint last, int instance)
    {
        var id = dice.Weighted([50, 30, 10, 10]) switch
        {
            0 => (uint)dice.Below(8),
            1 => (uint)(dice.Below(4) << 8 | dice.Below(32) << 3 | dice.Below(3)),
            2 => last - (uint)dice.Below(3),
            _ => (uint)dice.Below((ulong)last + 1),
        };
        for (var n = 0; n < 256; n++)
        {
            var value = (uint)(((ulong)id + (ulong)n) % ((ulong)last + 1));
            var requester = new Requester(new InstanceId(instance), new RequesterId(value));
            if (taken.Add(requester))
            {
                return requester;
            }
        }

        return null;
    }

    private uint DrawPasids(uint most) => most == 0 || dice.Percent(55)
        ? 0
        : dice.Below(4) switch
        {
            0 => 1,
            1 => Math.Min(most, 4),
            2 => Math.Min(most, 64),
            _ => most,
        };

    private ImmutableArray<ResvRegion> DrawRegions(DriverProfile profile)
    {
        var limits = profile.Limits;
        if (limits.Regions.Count == 0 || !dice.Percent(30))
        {
            return [];
        }

        var page = profile.PageSizes.IsEmpty ? 0x1000 : profile.PageSizes.Min;
        var (first, last) = limits.RegionRange;
        var regions = ImmutableArray.CreateBuilder<ResvRegion>();
        for (var n = 1 + dice.Weighted([60, 40]); n > 0; n--)
        {
            regions.Add(DrawRegion(dice.Pick(limits.Regions), first, last, page));
        }

        return regions.ToImmutable();
    }

    private ResvRegion DrawRegion(ResvType type, ulong first, ulong last, ulong page)
    {
        var room = last - first;
        var start = first + dice.Below(6) switch
        {
            0 => 0UL,
            1 => room == ulong.MaxValue ? room : dice.Below(room + 1),
            2 => dice.Below(Math.Min(room / page, 16UL) + 1) * page,
            _ => Math.Min(room, 0x10_0000) + (dice.Below(64UL) * page),
        };
        var length = page * (1 + (ulong)dice.Weighted([50, 20, 10, 10]));
        if (!dice.Percent(12))
        {
            start &= ~(page - 1);
        }
        else
        {
            length -= dice.Percent(50) ? page / 2 : 0;
        }

        start = Math.Clamp(start, first, last);
        length = last - start == ulong.MaxValue ? length : Math.Min(length, last - start + 1);
        var prot = dice.Percent(85) ? Prot.Read | Prot.Write : Prot.Read;
        return new ResvRegion(type, new Iova(start), length, prot);
    }
}
