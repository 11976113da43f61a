using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// What the driver declares of itself, per tree and variant, with the machine's other units in view.
/// </summary>
internal static class IntelVtdProfile
{
    private const ulong Size4K = 1UL << 12;
    private const ulong Size2M = 1UL << 21;
    private const ulong Size1G = 1UL << 30;
    private const ulong PaLast = (1UL << 52) - 1;
    private const ulong InterruptFirst = 0xfee0_0000;
    private const ulong InterruptLast = 0xfeef_ffff;
    private const int DefaultWidth = 57;

    private static readonly ResvRegion[] InterruptWindow =
        [new(ResvType.Msi, new Iova(InterruptFirst), InterruptLast - InterruptFirst + 1, Prot.None)];

    public static DriverProfile Of(KernelTree tree, string variant)
    {
        var alone = new Machine([VtdVariants.Of(variant)], []);
        return Of(tree, variant, alone) with { InTopology = t => Of(tree, variant, Machine.Of(t)) };
    }

    /// <summary>Ops of a paging domain; detach_dev lives in 6.1 only, PASIDs come after it.</summary>
    public static DomainOps PagingOps(KernelTree tree) =>
        DomainOps.Paging | DomainOps.FlushIotlbAll | DomainOps.IotlbSyncMap | DomainOps.IotlbSync
        | DomainOps.EnforceCacheCoherency
        | (tree == KernelTree.V6_1 ? DomainOps.DetachDev : DomainOps.SetDevPasid);

    /// <summary>
    /// The default-domain wish: DMA without pass-through (not 6.1), identity for a few PCI devices.
    /// </summary>
    public static DomainType? Wish(VtdRules rules, VtdCapabilities capabilities, DeviceSpec spec)
    {
        if (rules.WishesDmaWithoutPassThrough && !capabilities.HasPassThrough)
        {
            return DomainType.Dma;
        }

        return spec is { Pci: true, Wish: DeviceWish.Identity } ? DomainType.Identity : null;
    }

    /// <summary>
    /// Caching mode asks for strict invalidation unless first-stage tables are the default.
    /// </summary>
    public static bool ForcesStrict(VtdRules rules, VtdCapabilities capabilities, Machine machine) =>
        capabilities.IsCaching
        && !(rules.Generic ? capabilities.HasFirstStage : machine.UsesFirstStage(DomainType.Dma));

    /// <summary>A firmware region that is not relaxable: its 1:1 mapping must stay.</summary>
    public static bool HasLockedRegion(DeviceSpec spec)
    {
        foreach (var region in spec.Regions)
        {
            if (region.Type == ResvType.Direct)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// Two of the legacy variants draw no locked RMRR: the attach that 7.2 loses after the release of such a
    /// device
    /// breaks so many promises that nothing else would show.
    /// </summary>
    private static bool MayLock(string variant) =>
        variant is not VtdVariants.Legacy and not VtdVariants.LegacyCaching;

    private static DriverProfile Of(KernelTree tree, string variant, Machine machine)
    {
        var rules = VtdRules.Of(tree);
        var common = Common(tree, variant, machine);
        return rules.Generic
            ? Generic(common, VtdVariants.Of(variant))
            : Classic(common, rules, VtdVariants.Of(variant), machine);
    }

    private static DriverProfile Common(KernelTree tree, string variant, Machine machine)
    {
        var rules = VtdRules.Of(tree);
        var capabilities = VtdVariants.Of(variant);
        return new DriverProfile
        {
            Driver = IntelVtdFactory.DriverName,
            Variant = variant,
            Tree = tree,
            Ops = Ops(tree),
            PagingOps = PagingOps(tree),
            HasStaticBlocked = rules.StaticDomains,
            HasStaticIdentity = rules.StaticDomains,
            ReleasesToBlocked = rules.StaticDomains,
            AllocTypes = AllocTypes(tree),
            AllocFlags = Flags(tree, capabilities),
            KnownTypes = rules.StaticDomains
                ? [DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq, DomainType.Identity,
                    DomainType.Blocked]
                : [DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq, DomainType.Identity],
            PageSizes = new PageSizes(Size4K),
            Aperture = Aperture.OfBits(DefaultWidth),
            IovaLast = (1UL << DefaultWidth) - 1,
            PaLast = PaLast,
            MasksPa = true,
            ForcesStrict = ForcesStrict(rules, capabilities, machine),
            PartialUnmap = PartialUnmapRule.WholeFromStart,
            RefusedAttach = RefusedAttach.Blocked,
            Untranslated = (InterruptFirst, InterruptLast),
            DefDomainType = spec => Wish(rules, capabilities, spec),
            DriverRegions = InterruptWindow,
            ReportsRegions = [ResvType.Direct, ResvType.DirectRelaxable],
            Capabilities = Promises(tree, capabilities),
            MaxPasids = capabilities.Pasids,
            KeepsIdentityOfRelease = rules.StaticDomains && !capabilities.IsScalable,
            ReleaseLeavesFor = rules.ContextAtProbe && capabilities.IsScalable ? _ =>
                RefusedAttach.Blocked : null,
            IdentityOnPasid = rules.StaticDomains,
            IdentityRanges = Identity(rules, capabilities, machine),
            CheckPasid = rules.StaticDomains ? c => CheckPasid(rules, capabilities, c) : null,
            Limits = new TopologyLimits
            {
                RequesterLast = 0xffff,
                RequestersPerInstance = 3,
                Wishes = [DeviceWish.None, DeviceWish.Identity],
                Regions = MayLock(variant)
                    ? [ResvType.Direct, ResvType.DirectRelaxable]
                    : [ResvType.DirectRelaxable],
                Deferred = true,
            },
        };
    }

    private static IommuOps Ops(KernelTree tree) => IommuOps.DefDomainType | IommuOps.IsAttachDeferred
        | IommuOps.Capable | tree switch
        {
            KernelTree.V6_1 => IommuOps.DomainAlloc | IommuOps.DetachDev | IommuOps.SetPlatformDmaOps,
            KernelTree.V6_12 => IommuOps.DomainAlloc | IommuOps.DomainAllocPagingFlags,
            _ => IommuOps.DomainAllocPagingFlags,
        };

    private static IReadOnlyList<DomainType> AllocTypes(KernelTree tree) => tree switch
    {
        KernelTree.V6_1 => [DomainType.Unmanaged, DomainType.Dma, DomainType.DmaFq, DomainType.Identity],
        KernelTree.V6_12 => [DomainType.Unmanaged, DomainType.Dma],
        _ => [],
    };

    /// <summary>Nesting and dirty bits as the unit has them; the PASID flag is known from 7.2 on.</summary>
    private static AllocFlags Flags(KernelTree tree, VtdCapabilities capabilities)
    {
        if (tree == KernelTree.V6_1)
        {
            return AllocFlags.None;
        }

        return (capabilities.HasNesting ? AllocFlags.NestParent : 0)
            | (capabilities.HasDirtyBits ? AllocFlags.DirtyTracking : 0)
            | (tree == KernelTree.V7_2 ? AllocFlags.Pasid : 0);
    }

    /// <summary>
    /// 6.1 accepts DMA_FQ at allocation and has no capability for it; the cores that ask for one are told so.
    /// </summary>
    public static Capabilities Promises(KernelTree tree, VtdCapabilities capabilities)
    {
        if (tree == KernelTree.V6_1)
        {
            return Capabilities.CacheCoherency | Capabilities.InterruptRemap | Capabilities.DeferredFlush;
        }

        return Capabilities.CacheCoherency
            | (capabilities.HasSnoopControl ? Capabilities.EnforceCacheCoherency : 0)
            | (capabilities.HasDirtyBits ? Capabilities.DirtyTracking : 0)
            | (tree == KernelTree.V6_12 ? Capabilities.DeferredFlush : 0)
            | (tree == KernelTree.V7_2 && capabilities.HasDeviceTlb ? Capabilities.PciAts : 0);
    }

    private static IReadOnlyList<(ulong First, ulong Last)>? Identity(
        VtdRules rules, VtdCapabilities capabilities, Machine machine)
    {
        if (rules.StaticDomains)
        {
            return capabilities.HasPassThrough ? null : [];
        }

        return machine.All(c => c.HasPassThrough) ? null : machine.IdentityRanges();
    }

    private static DriverProfile Generic(DriverProfile common, VtdCapabilities capabilities)
    {
        var first = capabilities.HasFirstStage;
        var plain = Generic(common, capabilities, first);
        return plain with
        {
            CheckCompatible = c => CheckGeneric(capabilities, c.Domain, c.Type),
            ForDomain = (_, flags) => (flags & ~AllocFlags.Pasid) == 0
                ? plain
                : Generic(common, capabilities, firstStage: false) with
                {
                    ReadOnly = (flags & AllocFlags.NestParent) != 0 ? Errno.EINVAL : Errno.OK,
                    Capabilities = Needs(flags),
                },
        };
    }

    /// <summary>A domain with dirty tracking is known by the capability that its profile names.</summary>
    private static Capabilities Needs(AllocFlags flags) =>
        (flags & AllocFlags.DirtyTracking) != 0 ? Capabilities.DirtyTracking : Capabilities.None;

    private static DriverProfile Generic(DriverProfile common, VtdCapabilities capabilities, bool firstStage)
    {
        var shape = VtdTableShape.Of(capabilities, firstStage);
        var bits = firstStage ? shape.Width - 1 : shape.Width;
        return common with
        {
            PageSizes = shape.Sizes,
            Aperture = Aperture.OfBits(bits),
            IsGenericPageTable = true,
            IovaLast = (1UL << bits) - 1,
            IovaUpperFirst = firstStage ? 0 - (1UL << bits) : null,
            WriteOnly = firstStage ? WriteOnlyRule.BecomesReadWrite : WriteOnlyRule.Exact,
            OverlapErrno = Errno.EADDRINUSE,
        };
    }

    /// <summary>
    /// 7.2: the unit against what a domain was built for; -EINVAL (paging_domain_compatible).
    /// </summary>
    private static Errno CheckGeneric(VtdCapabilities unit, DriverProfile domain, DomainType type)
    {
        if (!type.IsPaging())
        {
            return Errno.OK;
        }

        var built = VtdVariants.Of(domain.Variant);
        var shape = VtdTableShape.Of(built, domain.IovaUpperFirst is not null);
        var fits = shape.Suits(unit, built.IsPagingCoherent,
            VtdGenericDomain.NeedsSync(built, shape.FirstStage))
            && (domain.ReadOnly == Errno.OK || unit.HasNesting)
            && (shape.FirstStage || !IsDirty(domain) || unit.HasDirtyBits);
        return fits ? Errno.OK : Errno.EINVAL;
    }

    private static bool IsDirty(DriverProfile domain) => domain.Capabilities == Capabilities.DirtyTracking;

    private static DriverProfile Classic(
        DriverProfile common, VtdRules rules, VtdCapabilities capabilities, Machine machine)
    {
        var second = Classic(common, rules, capabilities, machine, firstStage: false);
        var first = Classic(common, rules, capabilities, machine, firstStage: true);
        return second with
        {
            ForDomain = (type, flags) =>
                flags != AllocFlags.None ? ByUser(flags) : machine.UsesFirstStage(type) ? first : second,
            ForFlagsOp = ByUser,
        };

        DriverProfile ByUser(AllocFlags flags) => second with
        {
            Finalise = FinaliseRule.AtAlloc,
            ReadOnly = (flags & AllocFlags.NestParent) != 0 ? Errno.EINVAL : Errno.OK,
            Capabilities = Needs(flags),
        };
    }

    private static DriverProfile Classic(
        DriverProfile common, VtdRules rules, VtdCapabilities capabilities, Machine machine, bool firstStage)
    {
        var width = capabilities.Width;
        var large = machine.CommonLargeLevels(firstStage) switch
        {
            0 => 0UL,
            1 => Size2M,
            _ => Size2M
            | Size1G
        };
        return common with
        {
            PageSizes = new PageSizes(Size4K | large),
            PageSizesBefore = new PageSizes(Size4K),
            Aperture = Aperture.OfBits(firstStage ? width - 1 : width),
            ApertureBefore = Aperture.OfBits(DefaultWidth),
            Finalise = FinaliseRule.AtFirstAttach,
            MapBeforeFinalise = Errno.OK,
            IovaLast = (1UL << width) - 1,
            IovaOutside = Errno.EFAULT,
            IovaWraps = Errno.EINVAL,
            MapChecks = [MapCheck.Iova, MapCheck.Permission],
            SyncReaches = firstStage && !rules.WidensFirstStage ? UnderFlushed : null,
            Masks = firstStage ? IovaMasking.SignedDma : IovaMasking.None,
            GathersPages = true,
            FlushAllSparesDevices = !rules.StaticDomains && capabilities.IsCaching,
            MissesPasidsBeforeAttach = rules.StaticDomains,
            WriteOnly = WriteOnlyRule.BecomesReadWrite,
            Overlap = OverlapRule.KeepOldAndSucceed,
            OverlapSmaller = OverlapRule.Replace,
            OverlapLarge = OverlapRule.Replace,
            Hole = HoleRule.CountToEntryEnd,
            EntryShifts = [12, 21, 30, 39, 48],
            MappedBeyond = rules.TooWide,
            RefusedBeforeChange = rules.RefusesLockedRegions ? [Errno.EPERM] : [],
            CheckAttach = rules.RefusesLockedRegions
                ? (_, device, type) =>
                    type == DomainType.Unmanaged && HasLockedRegion(device) ? Errno.EPERM : Errno.OK
                : null,
            CheckCompatible = c =>
                IsDirty(c.Domain) && c.Type.IsPaging() && !capabilities.HasDirtyBits ? Errno.EINVAL
                    : Errno.OK,
        };
    }

    /// <summary>
    /// 6.1, first stage: as many pages as the range has, rounded to a power of two, from an aligned start.
    /// </summary>
    private static (ulong First, ulong Last) UnderFlushed(ulong first, ulong last)
    {
        if (last < first || (first == 0 && last == ulong.MaxValue))
        {
            return (first, last);
        }

        var mask = VtdPagingDomain.MaskOfSize(first, last);
        var start = VtdPagingDomain.AlignDown(first, mask);
        return (start, mask >= 52 ? ulong.MaxValue : start + (1UL << (12 + mask)) - 1);
    }

    /// <summary>
    /// set_dev_pasid: a unit without PASIDs, a domain with dirty tracking (6.12), a context entry copied from
    /// the crashed kernel, a domain that does not suit the unit, a PASID beyond the device's table (a replace
    /// is not tested by the core).
    /// </summary>
    private static Errno CheckPasid(VtdRules rules, VtdCapabilities unit, in PasidCase c)
    {
        if (unit.Pasids == 0)
        {
            return Errno.EOPNOTSUPP;
        }

        if (!rules.Generic && c.Type.IsPaging() && IsDirty(c.Domain))
        {
            return Errno.EINVAL;
        }

        if (c.Inherited)
        {
            return Errno.EBUSY;
        }

        var errno = rules.Generic ? CheckGeneric(unit, c.Domain, c.Type) : Errno.OK;
        return errno == Errno.OK && c.Pasid.Value >= VtdPasidTable.LimitOf(c.Device.MaxPasids)
            ? Errno.ENODEV
            : errno;
    }
}
