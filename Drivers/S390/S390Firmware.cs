using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.S390;

/// <summary>
/// What firmware answers about a PCI function (CLP query function and query function group;
/// arch/s390/pci/pci_clp.c).
/// </summary>
/// <param name="StartDma">First bus address the function may use.</param>
/// <param name="EndDma">Last one, inclusive.</param>
public sealed record S390Firmware(ulong StartDma, ulong EndDma)
{
    /// <summary>
    /// Root designations beyond region-third: bit 2 region-first, bit 3 region-second (<c>dtsm</c>).
    /// </summary>
    public const byte RegionFirstMask = 0x0c;
    public const byte RegionSecondMask = 0x08;

    private const ulong RegionThirdLast = (1UL << 42) - 1;

    /// <summary>
    /// Invalid entries may be cached: a new mapping needs a refresh instruction (<c>tlb_refresh</c>).
    /// </summary>
    public bool TlbRefresh { get; init; }

    /// <summary>Supported designation types.</summary>
    public byte Dtsm { get; init; }

    /// <summary>Relaxed translation: an anchor without the enabled bit is allowed (<c>rtr</c>).</summary>
    public bool RelaxedTranslation { get; init; }

    /// <summary>Internal shared memory, function type 5.</summary>
    public bool Ism { get; init; }

    /// <summary>Hardware variants of the driver, the default first.</summary>
    public static IReadOnlyList<string> Variants { get; } =
        ["zpci", "zpci-tlb-refresh", "zpci-rtr", "zpci-rsx", "zpci-rfx", "ism"];

    /// <summary>
    /// Firmware's answer for the functions of a variant. Most windows begin at 4 GiB, as on real machines;
    /// the function that needs refreshes has one from 0, which firmware is free to answer, so that IOVA 0 is
    /// of use.
    /// </summary>
    public static S390Firmware Of(string variant) => variant switch
    {
        "zpci-tlb-refresh" => new S390Firmware(0, 0xffff_ffff) { TlbRefresh = true },
        "zpci-rtr" => new S390Firmware(0x1_0000_0000, RegionThirdLast) { RelaxedTranslation = true },
        "zpci-rsx" => new S390Firmware(0x1_0000_0000, (1UL << 53) - 1) { Dtsm = RegionSecondMask },
        "zpci-rfx" => new S390Firmware(0x1_0000_0000, ulong.MaxValue) { Dtsm = RegionFirstMask },
        "ism" => new S390Firmware(0x1_0000_0000, 0x1_ffff_ffff) { Ism = true },
        _ => new S390Firmware(0x1_0000_0000, 0x1_ffff_ffff),
    };

    /// <summary>
    /// The window as the kernel of a tree first takes it: 6.1 and 6.12 cut it at the end of a region-third
    /// table, 7.2 leaves that to the allocation of a domain. The cap by memory size is off
    /// (<c>s390_iommu_aperture=0</c>).
    /// </summary>
    public (ulong Start, ulong End) Window(KernelTree tree)
    {
        var start = (StartDma + S390Format.PageSize - 1) & S390Format.PageAddress;
        return (start, tree == KernelTree.V7_2 ? EndDma : Math.Min(EndDma, RegionThirdLast));
    }

    /// <summary>Depth that 7.2 chooses for a window (<c>s390_domain_alloc_paging</c>).</summary>
    public int RootLevel(ulong start, ulong end)
    {
        var sizeLess1 = end - start;
        if (sizeLess1 <= RegionThirdLast - start) return S390Format.RegionThird;
        if ((Dtsm & RegionSecondMask) != 0 && sizeLess1 <= TableLast(S390Format.RegionSecond) - start)
        {
            return S390Format.RegionSecond;
        }

        return (Dtsm & RegionFirstMask) != 0 ? S390Format.RegionFirst : S390Format.RegionThird;
    }

    /// <summary>Can a root of the level be registered, by the designations of a machine?</summary>
    public static bool Supports(byte dtsm, int rootLevel) => rootLevel switch
    {
        S390Format.RegionFirst => (dtsm & RegionFirstMask) != 0,
        S390Format.RegionSecond => (dtsm & RegionSecondMask) != 0,
        S390Format.RegionThird => true,
        _ => false,
    };

    /// <summary>Is something true of all functions of a system?</summary>
    public static bool All(Topology topology, Func<S390Firmware, bool> predicate) =>
        topology.InstancesOf(S390Driver.DriverName)
            .All(i => predicate(Of(topology.Instances[i.Index].Variant)));

    /// <summary>Last address that a root of a level reaches.</summary>
    public static ulong TableLast(int rootLevel) => Aperture.OfBits(S390Format.AddressBits(rootLevel)).End;
}
