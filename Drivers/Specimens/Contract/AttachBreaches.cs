using Conformance.Model.Contract;

namespace Conformance.Drivers.Specimens;

/// <summary>attach_dev refuses, but only after the device has moved.</summary>
internal sealed class RefusesAfterMove : Spoil
{
    public override Errno AttachDev(IommuDomain domain, IommuDevice dev, IommuDomain? old)
    {
        var result = domain.AttachDev(dev, old);
        if (result != Errno.OK && domain.Type.IsPaging())
        {
            domain.AttachDev(dev, old);
        }

        return result;
    }
}

/// <summary>
/// The driver remembers which paging domain a device was given last, and takes a second attach of it for a
/// no-op; blocking and identity do not touch that memory.
/// </summary>
internal sealed class ForgetsStatics : Spoil
{
    private readonly Dictionary<DeviceId, IommuDomain> last = [];

    public override Errno AttachDev(IommuDomain domain, IommuDevice dev, IommuDomain? old)
    {
        if (last.TryGetValue(dev.Id, out var known) && known == domain)
        {
            return Errno.OK;
        }

        var result = domain.AttachDev(dev, old);
        if (result == Errno.OK && domain.Type.IsPaging())
        {
            last[dev.Id] = domain;
        }

        return result;
    }
}

/// <summary>The identity domain blocks.</summary>
internal sealed class IdentityBlocks : Spoil
{
    public override Errno AttachDev(IommuDomain domain, IommuDevice dev, IommuDomain? old) =>
        domain.Type == DomainType.Identity && dev.Driver?.BlockedDomain is { } blocked
            ? blocked.AttachDev(dev, old)
            : domain.AttachDev(dev, old);
}

/// <summary>The static identity domain refuses a device that is on a paging domain.</summary>
internal sealed class IdentityRefuses : Spoil
{
    public override Errno AttachDev(IommuDomain domain, IommuDevice dev, IommuDomain? old) =>
        domain.Type == DomainType.Identity && old is { } present && present.Type.IsPaging()
            ? Errno.EBUSY
            : domain.AttachDev(dev, old);
}

/// <summary>Attach of the blocking domain says 0 and does nothing.</summary>
internal sealed class BlocksNothing : Spoil
{
    public override Errno AttachDev(IommuDomain domain, IommuDevice dev, IommuDomain? old) =>
        domain.Type == DomainType.Blocked ? Errno.OK : domain.AttachDev(dev, old);
}

/// <summary>An incompatible domain is refused with the number of a missing device.</summary>
internal sealed class OldErrno : Spoil
{
    public override Errno AttachDev(IommuDomain domain, IommuDevice dev, IommuDomain? old)
    {
        var result = domain.AttachDev(dev, old);
        return result == Errno.EINVAL ? Errno.ENXIO : result;
    }
}

/// <summary>The tables are made anew at the first attach, without what was mapped before.</summary>
internal sealed class LosesEarlyMappings : Spoil
{
    private readonly Dictionary<IommuDomain, List<(Iova Iova, ulong Size, ulong Count)>> early = [];
    private readonly HashSet<IommuDomain> attached = [];

    public override Errno AttachDev(IommuDomain domain, IommuDevice dev, IommuDomain? old)
    {
        if (attached.Add(domain) && early.Remove(domain, out var ranges))
        {
            foreach (var (iova, size, count) in ranges)
            {
                domain.UnmapPages(iova, size, count, new IotlbGather());
            }
        }

        return domain.AttachDev(dev, old);
    }

    public override Errno MapPages(
        IommuDomain domain, Iova iova, PhysAddr pa, ulong pgsize, ulong pgcount, Prot prot, ref ulong mapped)
    {
        var before = mapped;
        var result = domain.MapPages(iova, pa, pgsize, pgcount, prot, ref mapped);
        if (!attached.Contains(domain) && mapped != before)
        {
            early.TryAdd(domain, []);
            early[domain].Add((iova, pgsize, (mapped - before) / pgsize));
        }

        return result;
    }
}

/// <summary>Taking a domain off a PASID says 0 and does nothing.</summary>
internal sealed class KeepsPasid : Spoil
{
    public override Errno SetDevPasid(IommuDomain domain, IommuDevice dev, Pasid pasid, IommuDomain? old) =>
        domain.Type == DomainType.Blocked ? Errno.OK : domain.SetDevPasid(dev, pasid, old);
}

/// <summary>Each domain made after the second is the second again.</summary>
internal sealed class HandsOutTwice : Spoil
{
    private int count;
    private IommuDomain? second;

    public override IommuDomain Made(IommuDomain domain)
    {
        count++;
        second = count == 2 ? domain : second;
        return second ?? domain;
    }
}

/// <summary>The release domain is a stub.</summary>
internal sealed class ReleasesNothing : Spoil
{
    private readonly Stub stub = new();

    public override IommuDomain? Released(IommuDomain? domain) => stub;

    private sealed class Stub : IommuDomain
    {
        public Stub() => Type = DomainType.Blocked;

        public override DomainOps Ops => DomainOps.AttachDev;

        public override Errno AttachDev(IommuDevice dev, IommuDomain? old) => Errno.OK;
    }
}
