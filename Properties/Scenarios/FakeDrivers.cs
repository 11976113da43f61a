using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Scenarios;

/// <summary>A catalogue of profiles without drivers, of the shapes that real ones have.</summary>
internal sealed class FakeFactory(
    string name, IReadOnlyList<string> variants, Func<string, DriverProfile> profile)
    : IDriverFactory
{
    public static readonly IReadOnlyList<IDriverFactory> Catalogue =
    [
        new FakeFactory("three-level", ["legacy", "scalable"], ThreeLevel),
        new FakeFactory("streams", ["16k", "4k"], Streams),
        new FakeFactory("functions", ["plain"], Functions),
        new FakeFactory("window", ["plain"], Window),
    ];

    /// <summary>The eras of the suite, oldest first, with their trees.</summary>
    public static readonly IReadOnlyList<(string Name, KernelTree Tree)> Eras =
    [
        ("v5.19", KernelTree.V6_1), ("v6.3", KernelTree.V6_1), ("v6.5", KernelTree.V6_1),
        ("v6.6", KernelTree.V6_1), ("v6.7", KernelTree.V6_12), ("v6.19", KernelTree.V7_2),
        ("v7.2", KernelTree.V7_2),
    ];

    public static readonly ScenarioVocabulary Vocabulary = new(
        [.. Eras.Select(e => e.Name)], [.. Catalogue.Select(f => new DriverWords(f.Name, f.Variants))]);

    public string Name => name;

    public IReadOnlyList<string> Variants => variants;

    public DriverProfile Profile(KernelTree tree, string variant) => profile(variant) with { Tree = tree };

    public IDriverStack Create(DriverContext context) =>
        throw new NotSupportedException("Only the profiles of this catalogue are used.");

    /// <summary>4K, 2M and 1G pages, PCI, aliases, PASIDs, firmware regions, deferred attach.</summary>
    private static DriverProfile ThreeLevel(string variant) => new()
    {
        Driver = "three-level",
        Variant = variant,
        Tree = KernelTree.V7_2,
        Ops = IommuOps.None,
        PagingOps = DomainOps.Paging,
        KnownTypes = [],
        PageSizes = new PageSizes(0x4020_1000),
        Aperture = Aperture.OfBits(48),
        IovaLast = (1UL << 48) - 1,
        PaLast = (1UL << 46) - 1,
        MaxPasids = variant is "scalable" ? 1U << 20 : 0,
        IsGenericPageTable = true,
        Limits = new TopologyLimits
        {
            RequesterLast = 0xffff,
            RequestersPerInstance = 3,
            Regions = [ResvType.Direct, ResvType.DirectRelaxable, ResvType.Reserved, ResvType.Msi],
            Wishes = [DeviceWish.None, DeviceWish.Identity],
            Deferred = true,
        },
    };

    /// <summary>One page size, platform devices with several streams on several units.</summary>
    private static DriverProfile Streams(string variant) => new()
    {
        Driver = "streams",
        Variant = variant,
        Tree = KernelTree.V7_2,
        Ops = IommuOps.None,
        PagingOps = DomainOps.Paging,
        KnownTypes = [],
        PageSizes = new PageSizes(variant is "16k" ? 0x4000UL : 0x1000),
        Aperture = Aperture.OfBits(32),
        IovaLast = uint.MaxValue,
        PaLast = (1UL << 36) - 1,
        Limits = new TopologyLimits
        {
            RequesterLast = 15,
            InstancesPerDevice = 3,
            RequestersPerInstance = 4,
            Pci = false,
        },
    };

    /// <summary>All powers of two offered, one unit for each device.</summary>
    private static DriverProfile Functions(string variant) => new()
    {
        Driver = "functions",
        Variant = variant,
        Tree = KernelTree.V7_2,
        Ops = IommuOps.None,
        PagingOps = DomainOps.Paging,
        KnownTypes = [],
        PageSizes = new PageSizes(~0xfffUL),
        Aperture = new Aperture(0x1_0000_0000, (1UL << 42) - 1, Force: true),
        IovaLast = (1UL << 42) - 1,
        PaLast = ulong.MaxValue,
        SingletonGroups = true,
        Limits = new TopologyLimits { RequesterLast = 0, InstancePerDevice = true, SharedGroups = false },
    };

    /// <summary>No page sizes at all, a small window, the whole space of IOVA in the tables.</summary>
    private static DriverProfile Window(string variant) => new()
    {
        Driver = "window",
        Variant = variant,
        Tree = KernelTree.V7_2,
        Ops = IommuOps.None,
        PagingOps = DomainOps.None,
        KnownTypes = [],
        PageSizes = PageSizes.None,
        Aperture = new Aperture(0x5800_0000, 0x59ff_ffff, Force: false),
        IovaLast = ulong.MaxValue,
        PaLast = uint.MaxValue,
        Limits = new TopologyLimits
        {
            RequesterLast = uint.MaxValue,
            Regions = [ResvType.Direct, ResvType.SwMsi],
            RegionRange = (0, ulong.MaxValue),
        },
    };
}
