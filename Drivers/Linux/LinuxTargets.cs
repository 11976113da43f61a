using Conformance.Drivers.IntelVtd;
using Conformance.Drivers.Linux.Claims;
using Conformance.Drivers.Linux.Guest;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Linux;

/// <summary>The machines that the suite can boot kernels on.</summary>
public static class LinuxTargets
{
    /// <summary>x86 kernels are built to flush lazily, arm64 and riscv64 ones strictly.</summary>
    private static readonly KernelOptions Lazy = KernelOptions.Default with { Strict = false };

    public static readonly IReadOnlyList<LinuxTarget> All =
    [
        Intel("intel", Machines.Intel, VtdVariants.LegacyCaching),
        Intel("intel/scalable-first-stage", Machines.IntelFirstStage, VtdVariants.ScalableFirstStage),
        Intel("intel/scalable-second-stage", Machines.IntelSecondStage, VtdVariants.ScalableSecondStage),
        new()
        {
            Name = "amd",
            Machine = Machines.Amd,
            Instance = new InstanceSpec(AmdViClaims.Instance.Name, AmdViClaims.HostTable),
            Kernel = Lazy,
        },
        new()
        {
            Name = "virtio",
            Machine = Machines.Virtio,
            Instance = new InstanceSpec(VirtioIommuClaims.Instance.Name, VirtioIommuClaims.BypassConfig),
            Kernel = Lazy,
        },
        new()
        {
            Name = "smmuv3",
            Machine = Machines.SmmuV3,
            Instance = new InstanceSpec("arm-smmu-v3", "s1"),
            Adjust = static profile => profile with
            {
                AllocFlags = profile.AllocFlags | AllocFlags.NestParent,
            },
        },
    ];

    /// <summary>The target of a name, or null.</summary>
    public static LinuxTarget? Find(string name) =>
        All.FirstOrDefault(target => string.Equals(target.Name, name, StringComparison.Ordinal));

    /// <summary>
    /// The emulated unit has neither snoop control, nor nesting, nor dirty bits, nor PASIDs, whatever its
    /// mode; it is in caching mode wherever it uses second-stage tables.
    /// </summary>
    private static LinuxTarget Intel(string name, MachineSpec machine, string variant) => new()
    {
        Name = name,
        Machine = machine,
        Instance = new InstanceSpec(IntelVtdFactory.DriverName, variant),
        Kernel = Lazy,
        Adjust = profile => profile with
        {
            AllocFlags = profile.AllocFlags & AllocFlags.Pasid,
            Capabilities = profile.Capabilities
                & ~(Capabilities.EnforceCacheCoherency | Capabilities.DirtyTracking | Capabilities.PciAts),
            ForcesStrict = variant != VtdVariants.ScalableFirstStage,
            MaxPasids = 0,
        },
    };
}
