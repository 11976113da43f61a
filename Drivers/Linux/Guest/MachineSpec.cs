using System.Collections.Immutable;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>The processor of a guest.</summary>
public enum GuestArch
{
    X86,
    Arm64,
    Riscv64,
}

/// <summary>Which emulated device does the DMA.</summary>
public enum DmaEngine
{
    /// <summary>iommu-testdev: writes, anywhere.</summary>
    TestDevice,

    /// <summary>The network card e1000, without a network: reads, anywhere.</summary>
    E1000,
}

/// <summary>A reserved region as the group shows it in sysfs.</summary>
/// <param name="First">First IOVA.</param>
/// <param name="Last">Last IOVA.</param>
/// <param name="Type">The kernel's word: <c>msi</c>, <c>reserved</c>, <c>direct</c>, ...</param>
public readonly record struct GuestRegion(ulong First, ulong Last, string Type)
{
    public override string ToString() => $"0x{First:x}-0x{Last:x}:{Type}";
}

/// <summary>A device under the IOMMU.</summary>
/// <param name="Bdf">Where it is on the PCI bus.</param>
/// <param name="Engine">What it can do.</param>
/// <param name="Requester">
/// The requester id that the IOMMU sees: bus, device and function in 16 bits.
/// </param>
/// <param name="Group">Index of its group.</param>
/// <param name="Qemu">Arguments of <c>-device</c>.</param>
public sealed record GuestDevice(string Bdf, DmaEngine Engine, ushort Requester, int Group, string Qemu);

/// <summary>A machine with an IOMMU, as data.</summary>
public sealed record MachineSpec
{
    /// <summary>The name after <c>linux:</c>.</summary>
    public required string Name { get; init; }

    public required GuestArch Arch { get; init; }

    /// <summary>The machine and its IOMMU, arguments of QEMU.</summary>
    public required ImmutableArray<string> Machine { get; init; }

    /// <summary>What the kernel's command line says for this IOMMU.</summary>
    public required string Append { get; init; }

    /// <summary>d0, d1, ... in this order.</summary>
    public required ImmutableArray<GuestDevice> Devices { get; init; }

    /// <summary>
    /// The default domain of every group after boot: <c>DMA</c>, <c>DMA-FQ</c>, <c>identity</c>.
    /// </summary>
    public required string DefaultType { get; init; }

    /// <summary>What every group shows as reserved after boot.</summary>
    public required ImmutableArray<GuestRegion> Regions { get; init; }

    /// <summary>
    /// A fault of QEMU (seen in 11.1.3): once a device has done DMA through an identity domain, its DMA goes
    /// on untranslated when that domain is replaced, until its table entry is torn down.
    /// </summary>
    public bool KeepsPassThrough { get; init; }

    /// <summary>The console's name in the kernel.</summary>
    public string Console => Arch == GuestArch.Arm64 ? "ttyAMA0" : "ttyS0";

    /// <summary>The commands that name the devices.</summary>
    public IReadOnlyList<string> DeviceLines =>
        [.. Devices.Select((d, i) => $"device d{i} {d.Bdf} {Word(d.Engine)}")];

    private static string Word(DmaEngine engine) => engine == DmaEngine.E1000 ? "e1000" : "testdev";
}
