using System.Collections.Immutable;
using Conformance.Drivers.ArmSmmuV3;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>Plays the core's part for arm-smmu-v3 alone: starts units, probes devices, allocates,
/// maps.</summary>
internal sealed class ArmSmmuV3Rig
{
    public const Prot Rw = Prot.Read | Prot.Write;

    private readonly IommuDevice[] devices;
    private readonly IommuDomain?[] current;

    public ArmSmmuV3Rig(
        KernelTree tree,
        IReadOnlyList<string> variants,
        IReadOnlyList<DeviceSpec> deviceSpecs,
        SmmuSteps? steps = null,
        bool start = true)
    {
        var instances = variants.Select(v => new InstanceSpec(ArmSmmuV3Factory.DriverName,
            v)).ToImmutableArray();
        var topology = new Topology(12, KernelOptions.Default, instances, [.. deviceSpecs]);
        var context = new DriverContext(
            topology, tree, topology.InstancesOf(ArmSmmuV3Factory.DriverName), Faults, Trace);
        Stack = new ArmSmmuV3Stack(context, steps ?? SmmuSteps.Normal);
        Tree = tree;
        devices = [.. deviceSpecs.Select((spec, i) => new IommuDevice(new DeviceId(i), spec))];
        current = new IommuDomain?[devices.Length];
        for (var i = 0; start && i < instances.Length; i++)
        {
            Assert.Equal(Errno.OK, Stack.StartInstance(new InstanceId(i)));
        }

        foreach (var device in devices.Where(_ => start))
        {
            Assert.Equal(Errno.OK, Driver.ProbeDevice(device));
        }
    }

    public static TheoryData<KernelTree> Trees => [KernelTree.V6_1, KernelTree.V6_12, KernelTree.V7_2];

    public static TheoryData<KernelTree> ModernTrees => [KernelTree.V6_12, KernelTree.V7_2];

    public KernelTree Tree { get; }

    public FaultPlan Faults { get; } = new();

    public Trace Trace { get; } = new();

    public ArmSmmuV3Stack Stack { get; }

    public IIommuDriver Driver => Stack.Driver;

    public SmmuHardware Hardware => Stack.Hardware(new InstanceId(0));

    public SmmuDevice Unit => Stack.Unit(new InstanceId(0));

    public IommuDevice this[int device] => devices[device];

    /// <summary>A PCI device of instance 0.</summary>
    public static DeviceSpec Device(params uint[] streams) => On(0, streams);

    public static DeviceSpec On(int instance, params uint[] streams) => new()
    {
        Requesters = [.. streams.Select(s => new Requester(new InstanceId(instance), new RequesterId(s)))],
        Pci = true,
    };

    public IommuDomain Alloc(int device = 0, DomainType type = DomainType.Unmanaged)
    {
        var result = Tree switch
        {
            KernelTree.V6_1 => Driver.DomainAlloc(type),
            KernelTree.V6_12 => Driver.DomainAllocPaging(devices[device]),
            _ => Driver.DomainAllocPagingFlags(devices[device], AllocFlags.None),
        };
        Assert.Equal(Errno.OK, result.Errno);
        Assert.NotNull(result.Domain);
        result.Domain.Type = type;
        return result.Domain;
    }

    public IommuDomain Attached(int device = 0)
    {
        var domain = Alloc(device);
        Assert.Equal(Errno.OK, Attach(domain, device));
        return domain;
    }

    /// <summary>attach_dev with what is attached now as the old domain, in the tree that is told.</summary>
    public Errno Attach(IommuDomain domain, int device = 0)
    {
        var old = Tree == KernelTree.V7_2 ? current[device] : null;
        var errno = domain.AttachDev(devices[device], old);
        current[device] = errno == Errno.OK ? domain : current[device];
        return errno;
    }

    public Errno AttachPasid(IommuDomain domain, uint pasid, IommuDomain? old = null, int device = 0) =>
        domain.SetDevPasid(devices[device], new Pasid(pasid), Tree == KernelTree.V7_2 ? old : null);

    /// <summary>Maps one page size as the core's loop does.</summary>
    public static Errno Map(IommuDomain domain, ulong iova, ulong pa, ulong size, Prot prot = Rw)
    {
        for (var done = 0UL; done < size;)
        {
            var page = domain.PageSizes.Choose(iova + done, pa + done, size - done, out var count);
            var errno = domain.MapPages(new Iova(iova + done), new PhysAddr(pa + done), page, count, prot,
                ref done);
            if (errno != Errno.OK)
            {
                return errno;
            }
        }

        return Errno.OK;
    }

    /// <summary>Unmaps as the core does: loop until 0, then sync.</summary>
    public static ulong Unmap(IommuDomain domain, ulong iova, ulong size)
    {
        var gather = new IotlbGather();
        var done = 0UL;
        while (done < size)
        {
            var page = domain.PageSizes.Choose(iova + done, iova + done, size - done, out var count);
            var step = domain.UnmapPages(new Iova(iova + done), page, count, gather);
            if (step == 0)
            {
                break;
            }

            done += step;
        }

        domain.IotlbSync(gather);
        return done;
    }

    public DmaOutcome Dma(
        ulong iova, DmaAccess access = DmaAccess.Read, int device = 0, int requester = 0, uint pasid = 0) =>
        Stack.Dma(devices[device].Spec.Requesters[requester], new Pasid(pasid), new Iova(iova), access);

    public void AssertLands(ulong pa, ulong iova, int device = 0, int requester = 0, uint pasid = 0) =>
        Assert.Equal(DmaOutcome.At(pa), Dma(iova, DmaAccess.Read, device, requester, pasid));

    public void AssertRefused(SmmuEvent code, ulong iova, int device = 0, int requester = 0,
        uint pasid = 0) =>
        Assert.Equal(DmaOutcome.Refused((uint)code), Dma(iova, DmaAccess.Read, device, requester, pasid));

    /// <summary>Word pairs of the commands the unit consumed while <paramref name="act"/> ran.</summary>
    public List<(ulong Q0, ulong Q1)> Commands(Action act)
    {
        var seen = new List<(ulong, ulong)>();
        Hardware.CommandDone = (q0, q1) => seen.Add((q0, q1));
        act();
        Hardware.CommandDone = null;
        return seen;
    }

    /// <summary>The eight words of a stream's entry.</summary>
    public ulong[] Entry(uint sid) =>
        [.. Enumerable.Range(0,
            8).Select(i => Unit.Memory.Read(Unit.Streams.EntryOf(sid) + (8UL * (ulong)i)))];
}
