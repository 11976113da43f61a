using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// What apple-dart declares of itself, written from the sources and not from the driver beside it.
/// </summary>
internal static class AppleDartProfile
{
    private const IommuOps Ops61 = IommuOps.DomainAlloc | IommuOps.DefDomainType;
    private const IommuOps OpsLater = IommuOps.DomainAllocPaging | IommuOps.DefDomainType;

    private static readonly DomainType[] Types61 =
        [DomainType.Blocked, DomainType.Identity, DomainType.Unmanaged, DomainType.Dma];

    private static readonly DomainType[] TypesLater = [.. Types61, DomainType.DmaFq];

    /// <summary>
    /// The profile of one tree and variant; <see cref="DriverProfile.InTopology"/> adds the rest.
    /// </summary>
    public static DriverProfile Of(KernelTree tree, AppleDartVariant variant)
    {
        var common = Common(tree, variant);
        var profile = tree == KernelTree.V6_1 ? Tree61(common) : Later(common);
        return profile with { InTopology = topology => In(profile, topology) };
    }

    /// <summary>The same with attach_dev taking any other type for paging.</summary>
    public static DriverProfile Cured(DriverProfile profile)
    {
        var cured = profile with { KnownTypes = TypesLater, IgnoresUnknownTypes = false };
        return cured with { InTopology = topology => In(cured, topology) };
    }

    private static DriverProfile Common(KernelTree tree, AppleDartVariant variant)
    {
        var reach = ReachBits(variant);
        return new DriverProfile
        {
            Driver = AppleDartFactory.DriverName,
            Variant = variant.Name,
            Tree = tree,
            StartResult = variant.Locked ? Errno.EINVAL : Known(tree, variant),
            Ops = OpsLater,
            PagingOps = DomainOps.Paging
                | DomainOps.FlushIotlbAll | DomainOps.IotlbSync | DomainOps.IotlbSyncMap,
            KnownTypes = TypesLater,
            PageSizes = new PageSizes(1UL << variant.PageShift),
            Aperture = Aperture.OfBits(variant.Ias),
            IovaLast = (1UL << reach) - 1,
            IovaMask = ulong.MaxValue >> (64 - SeenBits(tree, variant)),
            IovaOutside = Errno.ENOMEM,
            PaLast = (1UL << variant.Oas) - 1,
            PaOutside = Errno.ERANGE,
            MapChecks = [MapCheck.Pa, MapCheck.Permission, MapCheck.Iova],
            ClipsAtLimit = true,
            CallShift = variant.PageShift + variant.PageShift - DartBits.EntryShift,
            MasksPa = true,
            Masks = tree == KernelTree.V7_2 ? IovaMasking.None : IovaMasking.Lookup | IovaMasking.Tables,
            Overlap = OverlapRule.Refuse,
            OverlapErrno = Errno.EEXIST,
            ChecksCallFirst = true,
            Hole = HoleRule.Stop,
            RefusedAttach = RefusedAttach.Old,
            ChecksBeforeChange = true,
            Unattached = UnattachedDma.Blocked,
            BeforeStart = UnattachedDma.Blocked,
            ReleaseLeaves = RefusedAttach.Old,
            Limits = new TopologyLimits
            {
                RequesterLast = variant.Streams - 1,
                InstancesPerDevice = tree == KernelTree.V7_2 ? 3 : 2,
                RequestersPerInstance = 3,
                Regions = tree == KernelTree.V6_1 ? [] : [ResvType.Direct, ResvType.Reserved],
            },
        };
    }

    private static DriverProfile Tree61(DriverProfile common) => common with
    {
        Ops = Ops61,
        PagingOps = common.PagingOps | DomainOps.DetachDev,
        AllocTypes = Types61,
        KnownTypes = Types61,
        IgnoresUnknownTypes = true,
        Finalise = FinaliseRule.AtFirstAttach,
        MapBeforeFinalise = Errno.ENODEV,
        PageSizesBefore = new PageSizes(ulong.MaxValue),
    };

    private static DriverProfile Later(DriverProfile common) => common with
    {
        HasStaticBlocked = true,
        HasStaticIdentity = true,
        ReportsRegions = [ResvType.Direct, ResvType.Reserved],
    };

    private static DriverProfile In(DriverProfile profile, Topology topology)
    {
        var facts = new AppleDartFacts(profile, topology);
        return profile with
        {
            InTopology = null,
            CheckProbe = facts.CheckProbe,
            CheckGroup = facts.CheckGroup,
            RegionsFor = facts.RegionsFor,
            CheckAttach = facts.CheckAttach,
            DefDomainType = facts.DefDomainType,
        };
    }

    private static Errno Known(KernelTree tree, AppleDartVariant variant) => (variant.Layout, tree) switch
    {
        (DartLayout.T8020, _) or (_, KernelTree.V7_2) => Errno.OK,
        (_, KernelTree.V6_12) when variant.Ias <= 36 => Errno.OK,
        _ => Errno.ENODEV,
    };

    /// <summary>
    /// IOVA bits that the tables express, whatever ias says: 32 with 4K pages under four TTBRs, 36 with two
    /// levels of 16K tables under one, 47 with three.
    /// </summary>
    private static int ReachBits(AppleDartVariant variant) => (variant.PageShift, variant.Ias) switch
    {
        (12, _) => 32,
        (_, > 36) => 47,
        _ => 36,
    };

    /// <summary>
    /// IOVA bits that choose a TTBR or an entry: from 7.2 on the TTBR index has the width of any other index.
    /// </summary>
    private static int SeenBits(KernelTree tree, AppleDartVariant variant) =>
        (tree, variant.PageShift, variant.Ias) switch
        {
            (not KernelTree.V7_2, _, _) => 64,
            (_, 12, _) => 39,
            (_, _, > 36) => 58,
            _ => 47,
        };
}
