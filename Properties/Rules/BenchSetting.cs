using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Rules;

/// <summary>Topology and profile under a hand-made trace.</summary>
internal sealed record BenchSetting
{
    private const DomainOps PagingOps = DomainOps.Paging | DomainOps.IotlbSync | DomainOps.FlushIotlbAll
        | DomainOps.SetDevPasid;

    public Topology Topology { get; init; } = new(
        12,
        KernelOptions.Default,
        [new InstanceSpec("fake", "only")],
        [Device(0, 0), Device(1, 0), Device(2, 1)]);

    public DriverProfile Profile { get; init; } = new()
    {
        Driver = "fake",
        Variant = "only",
        Tree = KernelTree.V7_2,
        Ops = IommuOps.DomainAllocPaging,
        PagingOps = PagingOps,
        HasStaticBlocked = true,
        HasStaticIdentity = true,
        ReleasesToBlocked = true,
        KnownTypes =
        [
            DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq, DomainType.Identity, DomainType.Blocked,
        ],
        PageSizes = new PageSizes(0x1000 | 0x20_0000),
        Aperture = Aperture.OfBits(48),
        IovaLast = (1UL << 48) - 1,
        PaLast = (1UL << 48) - 1,
        MaxPasids = 16,
        Limits = new TopologyLimits { RequesterLast = 0xffff },
    };

    /// <summary>One PCI device with ATS and PASIDs behind instance 0.</summary>
    public static DeviceSpec Device(int index, int group, int instance = 0) => new()
    {
        Requesters = [new Requester(new InstanceId(instance), new RequesterId((uint)index + 1))],
        Group = group,
        Pci = true,
        Ats = true,
        MaxPasids = 16,
    };

    public string DriverOf(InstanceId instance) => Topology.Instances[instance.Index].Driver;

    /// <summary>One device changed.</summary>
    public BenchSetting With(int device, Func<DeviceSpec, DeviceSpec> change) => this with
    {
        Topology = Topology with
        {
            Devices = Topology.Devices.SetItem(device, change(Topology.Devices[device])),
        },
    };

    /// <summary>Kernel options changed.</summary>
    public BenchSetting Kdump() =>
        this with { Topology = Topology with { Kernel = new KernelOptions(null, null, Kdump: true) } };

    /// <summary>d2 behind an instance of another driver.</summary>
    public BenchSetting TwoDrivers() => this with
    {
        Topology = Topology with
        {
            Instances = [new InstanceSpec("fake", "only"), new InstanceSpec("other", "only")],
            Devices = ImmutableArray.Create(Device(0, 0), Device(1, 0), Device(2, 1, instance: 1)),
        },
    };
}
