using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Oracle;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Oracle;

/// <summary>A plain profile to vary, and a system of the abstract driver over it.</summary>
internal sealed class Abstract
{
    public const ulong IovaLast = 0xf_ffff;

    /// <summary>4K, 16K and 64K: levels close together, so that few pages make many shapes.</summary>
    public static readonly DriverProfile Plain = new()
    {
        Driver = "abstract",
        Variant = "plain",
        Tree = KernelTree.V7_2,
        Ops = IommuOps.DomainAllocPaging | IommuOps.DomainAllocPagingFlags | IommuOps.DomainAlloc,
        PagingOps = DomainOps.Paging | DomainOps.IotlbSync | DomainOps.FlushIotlbAll | DomainOps.SetDevPasid
            | DomainOps.DetachDev,
        HasStaticBlocked = true,
        HasStaticIdentity = true,
        AllocTypes = [DomainType.Unmanaged, DomainType.Dma],
        KnownTypes =
        [
            DomainType.Blocked, DomainType.Identity, DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq,
        ],
        PageSizes = new PageSizes(0x1_5000),
        Aperture = new Aperture(0, IovaLast, Force: true),
        IovaLast = IovaLast,
        PaLast = 0xff_ffff_ffff,
        Capabilities = Capabilities.CacheCoherency | Capabilities.PciAts,
        MaxPasids = 8,
        Limits = new TopologyLimits { RequesterLast = 0xffff },
    };

    public Abstract(DriverProfile profile, params DeviceSpec[] devices)
        : this(_ => profile, start: true, devices)
    {
    }

    public Abstract(Func<InstanceId, DriverProfile> profileOf, bool start, params DeviceSpec[] devices)
    {
        var specs = devices.Length == 0 ? [Device(8)] : devices;
        var instances = 1 + specs.SelectMany(d => d.Requesters).Max(r => r.Instance.Index);
        var topology = new Topology(
            12,
            new KernelOptions(null, null, Kdump: true),
            [.. Enumerable.Range(0, instances).Select(i => new InstanceSpec("abstract", $"v{i}"))],
            [.. specs]);
        InstanceId[] ids = [.. Enumerable.Range(0, instances).Select(i => new InstanceId(i))];
        Stack = AbstractStack.Create(
            new DriverContext(topology, profileOf(ids[0]).Tree, ids, Faults, new Trace()), profileOf);
        Devices = [.. specs.Select((spec, i) => new IommuDevice(new DeviceId(i), spec))];
        if (!start)
        {
            return;
        }

        foreach (var id in ids)
        {
            Stack.StartInstance(id);
        }

        foreach (var device in Devices)
        {
            Driver.ProbeDevice(device);
        }
    }

    public FaultPlan Faults { get; } = new();

    public AbstractStack Stack { get; }

    public IIommuDriver Driver => Stack.Driver;

    public ImmutableArray<IommuDevice> Devices { get; }

    public static DeviceSpec Device(params uint[] requesters) => DeviceOn(0, requesters);

    public static DeviceSpec DeviceOn(int instance, params uint[] requesters) => new()
    {
        Requesters =
            [.. requesters.Select(id => new Requester(new InstanceId(instance), new RequesterId(id)))],
        Pci = true,
        MaxPasids = 4,
    };

    /// <summary>A paging domain made for a device, typed as the core would.</summary>
    public AbstractDomain Paging(int device = 0, AllocFlags flags = AllocFlags.None)
    {
        var result = flags == AllocFlags.None
            ? Driver.DomainAllocPaging(Devices[device])
            : Driver.DomainAllocPagingFlags(Devices[device], flags);
        result.Domain!.Type = DomainType.Unmanaged;
        return (AbstractDomain)result.Domain;
    }

    public DmaOutcome Dma(int device, ulong iova, DmaAccess access = DmaAccess.Read, uint pasid = 0) =>
        Stack.Dma(Devices[device].Spec.Requesters[0], new Pasid(pasid), new Iova(iova), access);

    /// <summary>Where a device's read at 0x5000 lands: "blocked", "bypass", or the address.</summary>
    public string State(int device = 0)
    {
        var outcome = Dma(device, 0x5000);
        return !outcome.Landed ? "blocked" : outcome.Pa.Value == 0x5000 ? "bypass" : outcome.Pa.ToString();
    }

    public List<TranslationRun> Walk(int device = 0, uint pasid = 0)
    {
        var runs = new List<TranslationRun>();
        Stack.Walk(Devices[device].Spec.Requesters[0], new Pasid(pasid), runs.Add);
        return runs;
    }
}
