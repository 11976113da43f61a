using System.Collections.Immutable;
using Conformance.Drivers.AppleDart;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>
/// Plays the core's part for apple-dart alone: builds a stack, starts units, probes devices, allocates.
/// </summary>
internal sealed class AppleDartRig
{
    private readonly IommuDevice[] devices;

    /// <param name="tree">Source tree.</param>
    /// <param name="variants">One for each instance.</param>
    /// <param name="deviceSpecs">Devices.</param>
    /// <param name="cpuPageShift">12 or 14.</param>
    /// <param name="steps">Changed steps, or null.</param>
    /// <param name="start">Start all instances and probe all devices.</param>
    public AppleDartRig(
        KernelTree tree,
        IReadOnlyList<string> variants,
        IReadOnlyList<DeviceSpec> deviceSpecs,
        int cpuPageShift = 14,
        AppleDartSteps? steps = null,
        bool start = true)
    {
        var instances = variants.Select(v => new InstanceSpec("apple-dart", v)).ToImmutableArray();
        Topology = new Topology(cpuPageShift, KernelOptions.Default, instances, [.. deviceSpecs]);
        var context = new DriverContext(Topology, tree, Topology.InstancesOf("apple-dart"), Faults, Trace);
        Stack = new AppleDartStack(context, steps ?? AppleDartSteps.Real);
        Tree = tree;
        devices = [.. deviceSpecs.Select((spec, i) => new IommuDevice(new DeviceId(i), spec))];
        for (var i = 0; start && i < instances.Length; i++)
        {
            Assert.Equal(Errno.OK, Stack.StartInstance(new InstanceId(i)));
        }

        foreach (var device in devices.Where(_ => start))
        {
            Assert.Equal(Errno.OK, Driver.ProbeDevice(device));
        }
    }

    public Topology Topology { get; }

    public KernelTree Tree { get; }

    public FaultPlan Faults { get; } = new();

    public Trace Trace { get; } = new();

    public AppleDartStack Stack { get; }

    public IIommuDriver Driver => Stack.Driver;

    public IommuDevice this[int device] => devices[device];

    /// <summary>A device with streams of instances 0, 1, ... (one list each).</summary>
    public static DeviceSpec Device(params uint[][] streams) => new()
    {
        Requesters = [.. streams.SelectMany((list, i) =>
            list.Select(s => new Requester(new InstanceId(i), new RequesterId(s))))],
    };

    /// <summary>A device with one stream of instance 0.</summary>
    public static DeviceSpec OneStream(uint stream) => Device([stream]);

    /// <summary>An UNMANAGED domain made for a device by the tree's own op.</summary>
    public IommuDomain Alloc(int device = 0, DomainType type = DomainType.Unmanaged)
    {
        var result = Tree == KernelTree.V6_1
            ? Driver.DomainAlloc(type)
            : Driver.DomainAllocPaging(devices[device]);
        Assert.Equal(Errno.OK, result.Errno);
        Assert.NotNull(result.Domain);
        result.Domain.Type = type;
        return result.Domain;
    }

    /// <summary>The domain that blocks: static, or allocated in 6.1.</summary>
    public IommuDomain Blocked() => Driver.BlockedDomain ?? Alloc(0, DomainType.Blocked);

    public IommuDomain Identity() => Driver.IdentityDomain ?? Alloc(0, DomainType.Identity);

    /// <summary>Allocates for the device and attaches it.</summary>
    public IommuDomain Attached(int device = 0)
    {
        var domain = Alloc(device);
        Assert.Equal(Errno.OK, domain.AttachDev(devices[device], old: null));
        return domain;
    }

    /// <summary>Maps as the core does: loop, then sync.</summary>
    public Errno Map(IommuDomain domain, ulong iova, ulong pa, ulong size, Prot prot = Prot.Read | Prot.Write)
    {
        var page = domain.PageSizes.Min;
        for (var done = 0UL; done < size;)
        {
            var mapped = 0UL;
            var errno = domain.MapPages(
                new Iova(iova + done), new PhysAddr(pa + done), page, (size - done) / page, prot, ref mapped);
            if (errno != Errno.OK)
            {
                return errno;
            }

            Assert.NotEqual(0UL, mapped);
            done += mapped;
        }

        return domain.IotlbSyncMap(new Iova(iova), size);
    }

    /// <summary>Unmaps as the core does: loop until 0, then sync.</summary>
    public static ulong Unmap(IommuDomain domain, ulong iova, ulong size, bool sync = true)
    {
        var gather = new IotlbGather();
        var page = domain.PageSizes.Min;
        var done = 0UL;
        while (done < size)
        {
            var step = domain.UnmapPages(new Iova(iova + done), page, (size - done) / page, gather);
            if (step == 0)
            {
                break;
            }

            done += step;
        }

        if (sync)
        {
            domain.IotlbSync(gather);
        }

        return done;
    }

    public DmaOutcome Dma(ulong iova, DmaAccess access = DmaAccess.Read, uint stream = 1, int instance = 0) =>
        Stack.Dma(
            new Requester(new InstanceId(instance), new RequesterId(stream)),
            Pasid.None,
            new Iova(iova),
            access);

    public DartSilicon Silicon(int instance = 0) => Stack.Silicon(new InstanceId(instance));

    /// <summary>Runs of a stream, adjacent ones merged.</summary>
    public List<TranslationRun> Walk(uint stream = 1, int instance = 0)
    {
        var runs = new List<TranslationRun>();
        Stack.Walk(new Requester(new InstanceId(instance), new RequesterId(stream)), Pasid.None, run =>
        {
            var last = runs.Count == 0 ? default : runs[^1];
            var joins = runs.Count > 0
                && last.Iova + last.Length == run.Iova && last.Pa + last.Length == run.Pa
                && last.Read == run.Read && last.Write == run.Write;
            if (joins)
            {
                runs[^1] = last with { Length = last.Length + run.Length };
            }
            else
            {
                runs.Add(run);
            }
        });
        return runs;
    }

    public int CountOf(EventKind kind)
    {
        var count = 0;
        foreach (ref readonly var e in Trace.Events)
        {
            count += e.Kind == kind ? 1 : 0;
        }

        return count;
    }
}
