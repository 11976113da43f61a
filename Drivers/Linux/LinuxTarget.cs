using Conformance.Drivers.Linux.Guest;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Linux;

/// <summary>A machine with an IOMMU that real kernels run on, and how a scenario describes it.</summary>
public sealed record LinuxTarget
{
    /// <summary>As people name it: <c>intel/scalable-first-stage</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The machine that it boots.</summary>
    public required MachineSpec Machine { get; init; }

    /// <summary>Driver and variant that the kernel shows on it.</summary>
    public required InstanceSpec Instance { get; init; }

    /// <summary>
    /// Whose profile the oracle believes where the machine's unit has less than the variant.
    /// </summary>
    public Func<DriverProfile, DriverProfile> Adjust { get; init; } = static profile => profile;

    /// <summary>What the kernel's configuration or command line says of default domains.</summary>
    public KernelOptions Kernel { get; init; } = KernelOptions.Default;

    /// <summary>How a scenario for this machine begins.</summary>
    public Topology Topology => new(
        CpuPageShift: 12,
        Kernel,
        [Instance],
        [
            .. Machine.Devices.Select(device => new DeviceSpec
            {
                Requesters = [new Requester(new InstanceId(0), new RequesterId(device.Requester))],
                Group = device.Group,
                Pci = true,
            }),
        ]);

    /// <summary>
    /// Why a scenario of this topology cannot play on the machine; null when it can: the same driver and
    /// options, and the first devices in the same groups.
    /// </summary>
    public string? Refusal(Topology topology)
    {
        var own = Topology;
        if (topology.Instances.Length != 1 || topology.Instances[0] != Instance)
        {
            return $"the machine has one IOMMU, {Instance.Driver}/{Instance.Variant}";
        }

        if (topology.CpuPageShift != own.CpuPageShift || !topology.Kernel.Equals(own.Kernel))
        {
            return "the machine's kernel has 4K pages and "
                + (own.Kernel.Strict is false ? "strict=0" : "no options");
        }

        var fits = topology.Devices.Length <= own.Devices.Length
            && Enumerable.Range(0, topology.Devices.Length).All(d =>
                topology.GroupOf(new DeviceId(d)) == own.GroupOf(new DeviceId(d))
                && topology.Devices[d] with
                {
                    Requesters = own.Devices[d].Requesters,
                    Group = own.Devices[d].Group,
                } == own.Devices[d]);
        return fits
            ? null
            : $"the machine has {own.Devices.Length} plain PCI devices in groups "
                + string.Join(' ', own.Devices.Select((_, d) => own.GroupOf(new DeviceId(d))));
    }

    /// <summary>The section of Setup/kernel/required.config with what the driver needs.</summary>
    public string ConfigSection => Name.Split('/')[0];

    /// <summary>The name as part of a file's name.</summary>
    public string FileName => "linux-" + Name.Replace('/', '-');

    public override string ToString() => $"linux:{Name}";
}
