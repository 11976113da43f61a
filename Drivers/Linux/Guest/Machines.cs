namespace Conformance.Drivers.Linux.Guest;

/// <summary>
/// The machines as the emulator is told to make them. All have the same five devices: two that share a group
/// behind a bridge, two alone, and one alone that can read as well.
/// </summary>
public static class Machines
{
    private static readonly GuestDevice[] Devices =
    [
        new("0000:01:01.0", "testdev"),
        new("0000:01:02.0", "testdev"),
        new("0000:00:06.0", "testdev"),
        new("0000:00:07.0", "testdev"),
        new("0000:00:05.0", "testdev"),
    ];

    private static readonly string[] OnTheBus =
    [
        "-chardev", "socket,id=c,path={socket}",
        "-device", "virtio-serial-pci,addr=04.0",
        "-device", "virtserialport,chardev=c,name=a",
        "-device", "iommu-testdev,addr=05.0",
        "-device", "iommu-testdev,addr=06.0",
        "-device", "iommu-testdev,addr=07.0",
        "-device", "pcie-pci-bridge,id=br,addr=08.0",
        "-device", "iommu-testdev,bus=br,addr=01.0",
        "-device", "iommu-testdev,bus=br,addr=02.0",
    ];

    private static readonly string[] Q35 = ["-machine", "q35,kernel-irqchip=split"];

    private static readonly MachineSpec[] All =
    [
        X86("intel", "intel-iommu,intremap=on,caching-mode=on", "intel_iommu=on"),
        X86(
            "intel/scalable-first-stage",
            "intel-iommu,intremap=on,scalable-mode=on,fsts=on,aw-bits=48",
            "intel_iommu=on,sm_on"),
        X86(
            "intel/scalable-second-stage",
            "intel-iommu,intremap=on,scalable-mode=on,caching-mode=on",
            "intel_iommu=on,sm_on"),
        X86("amd", "amd-iommu,intremap=on,dma-remap=on", "amd_iommu=on"),
        X86("virtio", "virtio-iommu-pci,addr=03.0", UnsafeInterrupts),
        new(
            "smmuv3",
            "arm64",
            ["-machine", "virt,iommu=smmuv3,gic-version=3", "-cpu", "cortex-a57", .. OnTheBus],
            "console=ttyAMA0 quiet panic=-1",
            Devices),
    ];

    private static string UnsafeInterrupts =>
        "iommufd.allow_unsafe_interrupts=1 vfio_iommu_type1.allow_unsafe_interrupts=1";

    /// <summary>The machine of a target.</summary>
    public static MachineSpec Find(string name) => Array.Find(All, m => m.Name == name)
        ?? throw new ArgumentException($"there is no machine {name}", nameof(name));

    private static MachineSpec X86(string name, string iommu, string options) => new(
        name,
        "x86_64",
        [.. Q35, "-device", iommu, .. OnTheBus],
        $"console=ttyS0 quiet panic=-1 {options}",
        Devices);
}
