using Conformance.Drivers.Hardware;
using Conformance.Drivers.S390;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>
/// A machine with s390 functions and a hand that plays the core: d0 on i0, d1 on i1, and so on.
/// </summary>
internal sealed class S390Bench
{
    public const uint FirstId = 0x123;

    private readonly List<IommuDevice> devices = [];

    public S390Bench(
        KernelTree tree,
        IReadOnlyList<string> variants,
        ulong tableMemory = S390Zpci.TableMemory,
        Func<S390Zpci, S390Driver>? build = null,
        Func<string, S390Firmware>? firmwareOf = null)
    {
        var specs = variants.Select((_, i) => new DeviceSpec
        {
            Requesters = [new Requester(new InstanceId(i), new RequesterId(FirstId + (uint)i))],
            Pci = true,
        });
        var topology = new Topology(
            12,
            KernelOptions.Default,
            [.. variants.Select(v => new InstanceSpec(S390Driver.DriverName, v))],
            [.. specs]);
        Trace = new Trace();
        Faults = new FaultPlan();
        var instances = topology.InstancesOf(S390Driver.DriverName);
        var context = new DriverContext(topology, tree, instances, Faults, Trace);
        Stack = new S390Factory(build).CreateStack(context, tableMemory, firmwareOf);
        for (var i = 0; i < variants.Count; i++)
        {
            devices.Add(new IommuDevice(new DeviceId(i), topology.Devices[i]));
        }
    }

    public S390Stack Stack { get; }

    public Trace Trace { get; }

    public FaultPlan Faults { get; }

    public IIommuDriver Driver => Stack.Driver;

    public PhysicalMemory Memory => Stack.Zpci.Memory;

    public IommuDevice Device(int index = 0) => devices[index];

    public S390FunctionState Silicon(int index = 0) =>
        Stack.Zpci.Hardware.FunctionOf(Device(index).Spec.Requesters[0])!;

    public S390Function Function(int index = 0) => Stack.Zpci.FunctionOf(new DeviceId(index))!;

    /// <summary>All instances started, all devices probed.</summary>
    public S390Bench Started()
    {
        for (var i = 0; i < devices.Count; i++)
        {
            Assert.Equal(Errno.OK, Stack.StartInstance(new InstanceId(i)));
            Assert.Equal(Errno.OK, Driver.ProbeDevice(devices[i]));
        }

        return this;
    }

    /// <summary>A fresh UNMANAGED domain.</summary>
    public S390Domain Alloc(int index = 0)
    {
        var result = (Driver.Ops & IommuOps.DomainAllocPaging) != 0
            ? Driver.DomainAllocPaging(Device(index))
            : Driver.DomainAlloc(DomainType.Unmanaged);
        var domain = Assert.IsAssignableFrom<S390Domain>(result.Domain);
        domain.Type = DomainType.Unmanaged;
        return domain;
    }

    /// <summary>A fresh domain, attached.</summary>
    public S390Domain Attached(int index = 0)
    {
        var domain = Alloc(index);
        Assert.Equal(Errno.OK, domain.AttachDev(Device(index), null));
        return domain;
    }

    public static Errno Map(
        IommuDomain domain, ulong iova, ulong pa, ulong pages = 1, Prot prot = Prot.Read | Prot.Write)
    {
        var mapped = 0UL;
        var errno = domain.MapPages(new Iova(iova), new PhysAddr(pa), 0x1000, pages, prot, ref mapped);
        Assert.Equal(errno == Errno.OK ? pages << 12 : 0, mapped);
        return errno == Errno.OK && (domain.Ops & DomainOps.IotlbSyncMap) != 0
            ? domain.IotlbSyncMap(new Iova(iova), pages << 12)
            : errno;
    }

    /// <summary>With the sync that iommu_unmap does.</summary>
    public static ulong Unmap(IommuDomain domain, ulong iova, ulong pages = 1)
    {
        var gather = new IotlbGather();
        var removed = domain.UnmapPages(new Iova(iova), 0x1000, pages, gather);
        if ((domain.Ops & DomainOps.IotlbSync) != 0) domain.IotlbSync(gather);
        return removed;
    }

    /// <summary>Where an access lands; null when refused.</summary>
    public ulong? Dma(ulong iova, int index = 0, DmaAccess access = DmaAccess.Read)
    {
        var outcome = Stack.Dma(Device(index).Spec.Requesters[0], Pasid.None, new Iova(iova), access);
        return outcome.Landed ? outcome.Pa.Value : null;
    }

    public List<TranslationRun> Walk(int index = 0)
    {
        var runs = new List<TranslationRun>();
        Stack.Walk(Device(index).Spec.Requesters[0], Pasid.None, runs.Add);
        return runs;
    }

    /// <summary>Eight bytes of memory in address order, as the sheet prints them.</summary>
    public static string Bytes(PhysicalMemory memory, ulong pa) =>
        string.Join(' ', BitConverter.GetBytes(memory.Fetch(pa)).Select(b => b.ToString("x2")));

    /// <summary>Puts eight bytes into memory by hand.</summary>
    public static void Place(PhysicalMemory memory, ulong pa, string bytes) =>
        memory.Write(pa, BitConverter.ToUInt64([.. bytes.Split(' ').Select(b => Convert.ToByte(b, 16))]));
}
