using System.Collections.Immutable;
using Conformance.Drivers.IntelVtd;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>
/// Plays the core's part for intel-vtd alone: starts units, probes, allocates, attaches, maps, unmaps.
/// </summary>
internal sealed class IntelVtdRig
{
    private readonly IommuDevice[] devices;
    private readonly IotlbGather gather = new();

    /// <param name="tree">Source tree.</param>
    /// <param name="variants">One for each unit.</param>
    /// <param name="specs">Devices; none are probed yet.</param>
    /// <param name="tableMemory">First address of table memory, null for the usual.</param>
    /// <param name="capabilitiesOf">Register values of a variant, null for the usual.</param>
    /// <param name="kdump">A crash kernel.</param>
    public IntelVtdRig(
        KernelTree tree,
        IReadOnlyList<string> variants,
        IReadOnlyList<DeviceSpec> specs,
        ulong? tableMemory = null,
        Func<string, VtdCapabilities>? capabilitiesOf = null,
        bool kdump = false)
    {
        Tree = tree;
        var instances = variants.Select(v => new InstanceSpec("intel-vtd", v)).ToImmutableArray();
        Topology = new Topology(12, KernelOptions.Default with { Kdump = kdump }, instances, [.. specs]);
        var context = new DriverContext(Topology, tree, Topology.InstancesOf("intel-vtd"), Faults, Trace);
        var factory = new IntelVtdFactory();
        Stack = tableMemory is { } memory
            ? factory.CreateStack(context, memory, capabilitiesOf)
            : factory.CreateStack(context, capabilitiesOf: capabilitiesOf);
        devices = [.. specs.Select((spec, i) => new IommuDevice(new DeviceId(i), spec))];
        for (var i = 0; i < instances.Length; i++)
        {
            Assert.Equal(Errno.OK, Stack.StartInstance(new InstanceId(i)));
        }
    }

    public KernelTree Tree { get; }

    public Topology Topology { get; }

    public FaultPlan Faults { get; } = new();

    public Trace Trace { get; } = new();

    public IntelVtdStack Stack { get; }

    public IIommuDriver Driver => Stack.Driver;

    public IommuDevice this[int device] => devices[device];

    public VtdHardware Hardware(int unit = 0) => Stack.HardwareOf(new InstanceId(unit));

    /// <summary>A PCI device with source-ids on one unit.</summary>
    public static DeviceSpec Device(int unit, params uint[] sids) => new()
    {
        Requesters = [.. sids.Select(s => new Requester(new InstanceId(unit), new RequesterId(s)))],
        Pci = true,
    };

    /// <summary>One unit, devices 0x18, 0x20, ... all probed.</summary>
    public static IntelVtdRig Of(KernelTree tree, string variant, int count = 1)
    {
        var rig = new IntelVtdRig(
            tree, [variant], [.. Enumerable.Range(0, count).Select(i => Device(0, 0x18 + (8 * (uint)i)))]);
        rig.ProbeAll();
        return rig;
    }

    public void ProbeAll()
    {
        for (var i = 0; i < devices.Length; i++)
        {
            Probe(i);
        }
    }

    public void Probe(int device) => Assert.Equal(Errno.OK, Driver.ProbeDevice(devices[device]));

    /// <summary>A paging domain by the tree's own op.</summary>
    public IommuDomain Alloc(
        int device = 0, DomainType type = DomainType.Unmanaged, AllocFlags flags = AllocFlags.None)
    {
        var result = Tree == KernelTree.V7_2 || flags != AllocFlags.None
            ? Driver.DomainAllocPagingFlags(devices[device], flags)
            : Driver.DomainAlloc(type);
        Assert.Equal(Errno.OK, result.Errno);
        Assert.NotNull(result.Domain);
        result.Domain.Type = type;
        return result.Domain;
    }

    public Errno Attach(IommuDomain domain, int device = 0, IommuDomain? old = null) =>
        domain.AttachDev(devices[device], Tree == KernelTree.V7_2 ? old : null);

    /// <summary>iommu_map without undoing.</summary>
    public Errno Map(IommuDomain domain, ulong iova, ulong pa, ulong size, Prot prot = Prot.Read | Prot.Write)
    {
        var mapped = 0UL;
        var errno = Errno.OK;
        if (domain.IsGenericPageTable)
        {
            errno = domain.MapRange(new Iova(iova), new PhysAddr(pa), size, prot, ref mapped);
        }

        while (!domain.IsGenericPageTable && errno == Errno.OK && mapped < size)
        {
            var page = domain.PageSizes.Choose(iova + mapped, pa + mapped, size - mapped, out var count);
            var before = mapped;
            errno = domain.MapPages(
                new Iova(iova + before), new PhysAddr(pa + before), page, count, prot, ref mapped);
        }

        return errno == Errno.OK ? domain.IotlbSyncMap(new Iova(iova), size) : errno;
    }

    /// <summary>iommu_unmap.</summary>
    public ulong Unmap(IommuDomain domain, ulong iova, ulong size)
    {
        var removed = UnmapFast(domain, iova, size);
        Sync(domain);
        return removed;
    }

    /// <summary>iommu_unmap_fast: what was gathered waits for <see cref="Sync"/>.</summary>
    public ulong UnmapFast(IommuDomain domain, ulong iova, ulong size)
    {
        if (domain.IsGenericPageTable)
        {
            return domain.UnmapRange(new Iova(iova), size, gather);
        }

        var removed = 0UL;
        while (removed < size)
        {
            var page = domain.PageSizes.Choose(iova + removed, iova + removed, size - removed, out var count);
            var step = domain.UnmapPages(new Iova(iova + removed), page, count, gather);
            if (step == 0)
            {
                break;
            }

            removed += step;
        }

        return removed;
    }

    public void Sync(IommuDomain domain)
    {
        if (Tree != KernelTree.V7_2 || !gather.IsEmpty)
        {
            domain.IotlbSync(gather);
        }

        gather.Reset();
    }

    /// <summary>Where an access lands; null when refused.</summary>
    public ulong? Dma(
        ulong iova, DmaAccess access = DmaAccess.Read, int device = 0, int requester = 0, uint pasid = 0)
    {
        var outcome = Stack.Dma(devices[device].Spec.Requesters[requester], new Pasid(pasid), new Iova(iova),
            access);
        return outcome.Landed ? outcome.Pa.Value : null;
    }

    /// <summary>Invalidation words since the trace was cleared.</summary>
    public IReadOnlyList<(ulong, ulong)> Invalidations()
    {
        var found = new List<(ulong, ulong)>();
        foreach (ref readonly var e in Trace.Events)
        {
            if (e.Kind == EventKind.Invalidate)
            {
                found.Add((e.A, e.B));
            }
        }

        return found;
    }

    public int Count(EventKind kind)
    {
        var count = 0;
        foreach (ref readonly var e in Trace.Events)
        {
            count += e.Kind == kind ? 1 : 0;
        }

        return count;
    }
}
