namespace Conformance.Drivers.Linux.Guest;

/// <summary>A device of a machine that does DMA for the suite.</summary>
/// <param name="Bdf">Its PCI address in the guest, <c>0000:00:06.0</c>.</param>
/// <param name="Engine">What the agent drives: <c>testdev</c> (writes) or <c>edu</c> (both).</param>
public sealed record GuestDevice(string Bdf, string Engine);

/// <summary>A machine as the emulator is told to make it.</summary>
/// <param name="Name">Of the target.</param>
/// <param name="Arch"><c>x86_64</c>, <c>arm64</c> or <c>riscv64</c>: emulator, kernel and agent follow.</param>
/// <param name="Arguments">
/// Machine, IOMMU and devices; <c>{socket}</c> stands for the path of the agent's channel.
/// </param>
/// <param name="Append">The kernel command line.</param>
/// <param name="Devices">d0, d1, ... in order.</param>
public sealed record MachineSpec(
    string Name, string Arch, IReadOnlyList<string> Arguments, string Append, IReadOnlyList<GuestDevice> Devices);

/// <summary>What boots in a machine.</summary>
/// <param name="Emulator">The program.</param>
/// <param name="Image">The kernel.</param>
/// <param name="Initramfs">With the agent as its init.</param>
public sealed record BootFiles(string Emulator, string Image, string Initramfs);
