using System.Collections.Immutable;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>
/// The machines, each with the same five devices: d0 and d1, functions of one slot, so in one group with two
/// requester ids; d2 and d3 alone; d4 alone. Groups and regions are what the guests show.
/// </summary>
public static class Machines
{
    /// <summary>
    /// Words for every kernel: quiet, because a serial console is slow and the agent reads the log; a panic
    /// ends the machine; nothing is powered down behind the agent's back.
    /// </summary>
    internal const string CommonAppend =
        "quiet loglevel=2 panic=-1 oops=panic hung_task_panic=1 softlockup_panic=1 pcie_port_pm=off "
        + "vfio_pci.disable_idle_d3=1 iomem=relaxed";

    private const string UnsafeInterrupts =
        "iommufd.allow_unsafe_interrupts=1 vfio_iommu_type1.allow_unsafe_interrupts=1";

    // Both functions say that they are one of several: Linux derives the group of a function that comes back
    // by a bus scan before it knows that of it, and would give it a group of its own.
    private static readonly ImmutableArray<GuestDevice> Devices =
    [
        new("0000:00:04.0", DmaEngine.TestDevice, 0x0020, 0, "iommu-testdev,addr=0x4.0,multifunction=on"),
        new("0000:00:04.1", DmaEngine.TestDevice, 0x0021, 0, "iommu-testdev,addr=0x4.1,multifunction=on"),
        new("0000:00:05.0", DmaEngine.TestDevice, 0x0028, 1, "iommu-testdev,addr=0x5"),
        new("0000:00:06.0", DmaEngine.TestDevice, 0x0030, 2, "iommu-testdev,addr=0x6"),
        new("0000:00:07.0", DmaEngine.TestDevice, 0x0038, 3, "iommu-testdev,addr=0x7"),
    ];

    private static readonly ImmutableArray<GuestRegion> X86Regions = [new(0xfee00000, 0xfeefffff, "msi")];

    /// <summary>VT-d, legacy mode.</summary>
    public static readonly MachineSpec Intel = new()
    {
        Name = "intel",
        Arch = GuestArch.X86,
        Machine =
        [
            "-machine", "q35,kernel-irqchip=split", "-device", "intel-iommu,intremap=on,caching-mode=on",
        ],
        Append = "intel_iommu=on",
        Devices = Devices,
        DefaultType = "DMA",
        Regions = X86Regions,
    };

    /// <summary>
    /// VT-d with d0 and d1 behind a PCIe-to-PCI bridge: one group and one requester id, that of the bridge.
    /// Not for scalable mode (Linux v6.12 to v7.3 gives the bridge's id no context entry: DMA is refused) nor
    /// for virtio-iommu (no device gets a group: QEMU knows no endpoint behind the bridge).
    /// </summary>
    public static readonly MachineSpec IntelBridge = Intel with
    {
        Name = "intel-bridge",
        Machine = [.. Intel.Machine, "-device", "pcie-pci-bridge,id=bridge,addr=0x4"],
        Devices =
        [
            new("0000:01:01.0", DmaEngine.TestDevice, 0x0100, 0, "iommu-testdev,bus=bridge,addr=0x1"),
            new("0000:01:02.0", DmaEngine.TestDevice, 0x0100, 0, "iommu-testdev,bus=bridge,addr=0x2"),
            .. Devices[2..],
        ],
    };

    /// <summary>VT-d, scalable mode, second stage.</summary>
    public static readonly MachineSpec IntelSecondStage = Intel with
    {
        Name = "intel-sm2",
        Machine =
        [
            "-machine", "q35,kernel-irqchip=split",
            "-device", "intel-iommu,intremap=on,scalable-mode=on,caching-mode=on",
        ],
        Append = "intel_iommu=on,sm_on",
    };

    /// <summary>VT-d, scalable mode, first stage.</summary>
    public static readonly MachineSpec IntelFirstStage = IntelSecondStage with
    {
        Name = "intel-sm1",
        Machine =
        [
            "-machine", "q35,kernel-irqchip=split",
            "-device", "intel-iommu,intremap=on,scalable-mode=on,fsts=on,aw-bits=48",
        ],
        DefaultType = "DMA-FQ",
        KeepsPassThrough = true,
    };

    /// <summary>AMD-Vi.</summary>
    public static readonly MachineSpec Amd = Intel with
    {
        Name = "amd",
        Machine =
        [
            "-machine", "q35,kernel-irqchip=split", "-device", "amd-iommu,intremap=on,dma-remap=on",
        ],
        Append = "amd_iommu=on",
        Regions = [.. X86Regions, new(0xfd00000000, 0xffffffffff, "reserved")],
    };

    /// <summary>virtio-iommu on the PC.</summary>
    public static readonly MachineSpec Virtio = Intel with
    {
        Name = "virtio",
        Machine = ["-machine", "q35,kernel-irqchip=split", "-device", "virtio-iommu-pci,addr=0x3"],
        Append = UnsafeInterrupts,
        DefaultType = "DMA-FQ",
    };

    /// <summary>SMMUv3. The Cortex-A57 emulates faster than the newest processor.</summary>
    public static readonly MachineSpec SmmuV3 = Intel with
    {
        Name = "smmuv3",
        Arch = GuestArch.Arm64,
        Machine = ["-machine", "virt,iommu=smmuv3,gic-version=3", "-cpu", "cortex-a57"],
        Append = "",
        Regions = [new(0x8000000, 0x80fffff, "msi")],
    };

    /// <summary>RISC-V IOMMU. VFIO needs a kernel whose driver promises cache coherency.</summary>
    public static readonly MachineSpec Riscv = Intel with
    {
        Name = "riscv",
        Arch = GuestArch.Riscv64,
        Machine = ["-machine", "virt,iommu-sys=on,aia=aplic-imsic"],
        Append = UnsafeInterrupts,
        DefaultType = "identity",
        Regions = [],
    };

    /// <summary>All of them.</summary>
    public static readonly ImmutableArray<MachineSpec> All =
        [Intel, IntelBridge, IntelSecondStage, IntelFirstStage, Amd, Virtio, SmmuV3, Riscv];

    /// <summary>The same machine with a d4 that reads and cannot write.</summary>
    public static MachineSpec WithReader(MachineSpec machine) => machine with
    {
        Devices =
        [
            .. machine.Devices[..4],
            machine.Devices[4] with { Engine = DmaEngine.E1000, Qemu = "e1000,addr=0x7,romfile=" },
        ],
    };

    /// <summary>The machine of a name, null when there is none.</summary>
    public static MachineSpec? Find(string name) =>
        All.FirstOrDefault(m => string.Equals(m.Name, name, StringComparison.Ordinal));
}
