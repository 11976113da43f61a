using System.Diagnostics.CodeAnalysis;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Oracle;

/// <summary>Which translations that are gone a device may still reach.</summary>
public interface IStaleOracle
{
    /// <summary>
    /// The access may land at the physical address although the domain no longer says so: the translation was
    /// removed (or replaced without a flush) after the last <c>iotlb_sync</c> that covers it and the last
    /// <c>flush_iotlb_all</c>, and the requester is on that domain now.
    /// </summary>
    bool MayStillReach(Requester requester, Pasid pasid, Iova iova, DmaAccess access, PhysAddr pa);

    /// <summary>
    /// The access may be refused although the domain permits it now: a translation of before, of the same
    /// kind as in <see cref="MayStillReach"/>, does not permit it.
    /// </summary>
    bool MayStillRefuse(Requester requester, Pasid pasid, Iova iova, DmaAccess access);
}

/// <summary>The numbers that a refusal of the abstract hardware carries; for printing.</summary>
public static class AbstractFault
{
    public const uint Blocked = 1;
    public const uint NotMapped = 2;
    public const uint Permission = 3;
    public const uint NoPasidContext = 4;
    public const uint Untranslated = 5;
    public const uint OutsideWindow = 6;
}

/// <summary>
/// The abstract driver with its ideal hardware: no tables, no caches. With the core above it, this is what
/// every real driver is compared with.
/// </summary>
public sealed class AbstractStack : IDriverStack, IStaleOracle
{
    private readonly DriverContext context;
    private readonly AbstractDevice?[] devices;
    private readonly DriverProfile?[] profiles;
    private readonly bool[] started;
    private readonly Dictionary<ulong, RequesterContext> contexts = [];

    private AbstractStack(DriverContext context, Func<InstanceId, DriverProfile> profileOf)
    {
        this.context = context;
        profiles = new DriverProfile?[context.Topology.Instances.Length];
        started = new bool[profiles.Length];
        foreach (var instance in context.Instances)
        {
            var profile = profileOf(instance);
            profiles[instance.Index] = profile.InTopology?.Invoke(context.Topology) ?? profile;
        }

        devices = [.. context.Topology.Devices.Select(DeviceFor)];
        Driver = new AbstractDriver(this, [.. profiles.OfType<DriverProfile>()]);
    }

    public IIommuDriver Driver { get; }

    internal FaultPlan Faults => context.Faults;

    internal bool IsKdump => context.Topology.Kernel.Kdump;

    /// <summary>
    /// The abstract driver for the instances of one driver, each with the profile of its variant.
    /// </summary>
    /// <param name="context">What a stack is built from; its trace is not written.</param>
    /// <param name="profileOf">What the driver declares for an instance.</param>
    public static AbstractStack Create(DriverContext context, Func<InstanceId, DriverProfile> profileOf) =>
        new(context, profileOf);

    /// <summary>
    /// The profile that governs an instance of this stack, the topology taken into account.
    /// </summary>
    public DriverProfile ProfileOf(InstanceId instance) =>
        profiles[instance.Index]
        ?? throw new ArgumentException($"{instance} is another driver's", nameof(instance));

    public Errno StartInstance(InstanceId instance)
    {
        var result = ProfileOf(instance).StartResult;
        started[instance.Index] |= result == Errno.OK;
        return result;
    }

    public bool ForcesStrict(InstanceId instance) => ProfileOf(instance).ForcesStrict;

    public DmaOutcome Dma(Requester requester, Pasid pasid, Iova iova, DmaAccess access)
    {
        var profile = ProfileOf(requester.Instance);
        if (!started[requester.Instance.Index])
        {
            return Unattached(profile, profile.BeforeStart, iova, access);
        }

        if (profile.Untranslated is { } window && iova.Value >= window.First && iova.Value <= window.Last)
        {
            return DmaOutcome.Refused(AbstractFault.Untranslated);
        }

        if (!contexts.TryGetValue(Key(requester), out var context))
        {
            return Unattached(profile, profile.Unattached, iova, access);
        }

        if (pasid == Pasid.None)
        {
            return context.Kind == ContextKind.Unattached
                ? Unattached(profile, context.Unattached, iova, access)
                : Through(profile, context.Kind, context.Domain, iova, access);
        }

        return context.TryPasid(pasid, out var second)
            ? Through(profile, second.Kind, second.Domain, iova, access)
            : DmaOutcome.Refused(AbstractFault.NoPasidContext);
    }

    public void Walk(Requester requester, Pasid pasid, Action<TranslationRun> sink)
    {
        var profile = ProfileOf(requester.Instance);
        var unattached = profile.BeforeStart;
        var kind = ContextKind.Unattached;
        AbstractDomain? domain = null;
        if (started[requester.Instance.Index] && contexts.TryGetValue(Key(requester), out var context))
        {
            (kind, domain, unattached) = (context.Kind, context.Domain, context.Unattached);
            if (pasid != Pasid.None)
            {
                (kind, domain) = context.TryPasid(pasid, out var second)
                    ? (second.Kind, second.Domain)
                    : (ContextKind.Blocked, null);
            }
        }

        switch (kind)
        {
            case ContextKind.Translated:
                Report(domain!, WindowOf(profile, domain!), sink);
                break;
            case ContextKind.Bypass when profile.IdentityRanges is { } ranges:
                foreach (var (first, last) in ranges)
                {
                    sink(new TranslationRun(first, first, last - first + 1, Read: true, Write: true));
                }

                break;
            case ContextKind.Bypass:
            case ContextKind.Unattached when unattached == UnattachedDma.Bypass:
                sink(new TranslationRun(0, 0, 0, Read: true, Write: true));
                break;
            case ContextKind.Unattached when unattached == UnattachedDma.Platform:
                if (profile.PlatformTable is { } run)
                {
                    sink(run);
                }

                break;
            default:
                break;
        }
    }

    public bool MayStillReach(Requester requester, Pasid pasid, Iova iova, DmaAccess access, PhysAddr pa) =>
        DomainOf(requester, pasid) is { Stale: { IsEmpty: false } stale } domain
        && domain.Profile.TryWalk(iova.Value, out var at)
        && stale.MayReach(at, access, pa.Value, contexts[Key(requester)].CachesItself);

    public bool MayStillRefuse(Requester requester, Pasid pasid, Iova iova, DmaAccess access) =>
        DomainOf(requester, pasid) is { Stale: { IsEmpty: false } stale } domain
        && domain.Profile.TryWalk(iova.Value, out var at) && stale.MayRefuse(at, access);

    internal bool IsStarted(RequesterContext requester) => started[requester.Instance];

    internal bool TryDevice(IommuDevice dev, [NotNullWhen(true)] out AbstractDevice? device)
    {
        device = devices[dev.Id.Index];
        return device is not null;
    }

    /// <summary>The device; throws when no instance of this driver serves it.</summary>
    internal AbstractDevice DeviceOf(IommuDevice dev) =>
        devices[dev.Id.Index] ?? throw new InvalidOperationException($"{dev} is another driver's device");

    /// <summary>The hardware translates some requester by a domain.</summary>
    internal bool IsPointedTo(AbstractDomain domain) =>
        Array.Exists(devices, d => d is not null && Array.Exists(d.Contexts, c => c.PointsTo(domain)));

    /// <summary>A device other than the given one is on a domain.</summary>
    internal bool AnyOn(AbstractDomain domain, AbstractDevice except) =>
        Array.Exists(devices, d => d is not null && d != except && d.Primary.Domain == domain);

    /// <summary>A device that is in a group forbids another to join it.</summary>
    internal bool IsBarredFromGroup(AbstractDevice joining) =>
        joining.Profile.CheckGroup is { } check
        && Array.Exists(devices, d => d is { IsGrouped: true } && d != joining
            && d.Spec.Group == joining.Spec.Group && check(joining.Spec, d.Spec) != Errno.OK);

    /// <summary>Every device on a domain has a capability.</summary>
    internal bool AllOn(AbstractDomain domain, Capabilities capability) =>
        devices.All(d => d?.Primary.Domain != domain || (d.Profile.Capabilities & capability) != 0);

    private static ulong Key(Requester requester) =>
        ((ulong)(uint)requester.Instance.Index << 32) | requester.Id.Value;

    /// <summary>Where domains have profiles of their own, the window is the table's.</summary>
    private static (ulong First, ulong Last) WindowOf(DriverProfile unit, AbstractDomain domain) =>
        (unit.ForDomain is null ? null : domain.Profile.DmaWindow) ?? (0, ulong.MaxValue);

    private static void Report(
        AbstractDomain domain, (ulong First, ulong Last) window, Action<TranslationRun> sink)
    {
        foreach (var run in domain.Space)
        {
            if (run.Last < window.First || run.Start > window.Last)
            {
                continue;
            }

            var part = run.Part(Math.Max(run.Start, window.First), Math.Min(run.Last, window.Last));
            var upper = domain.Profile.SignedUpperFirst ?? ulong.MaxValue;
            if (part.Start < upper && part.Last >= upper)
            {
                Report(part.Part(part.Start, upper - 1), 0, sink);
                part = part.Part(upper, part.Last);
            }

            Report(part, part.Start >= upper ? 0 - (2 * upper) : 0, sink);
        }
    }

    private static void Report(in AddressRun run, ulong extension, Action<TranslationRun> sink) =>
        sink(new TranslationRun(
            run.Start | extension,
            run.Pa,
            run.Length,
            (run.Prot & Prot.Read) != 0,
            (run.Prot & Prot.Write) != 0));

    private static DmaOutcome Unattached(
        DriverProfile profile, UnattachedDma mode, Iova iova, DmaAccess access) => mode switch
        {
            UnattachedDma.Bypass => DmaOutcome.At(iova.Value),
            UnattachedDma.Platform => profile.PlatformDma(iova, access),
            _ => DmaOutcome.Refused(AbstractFault.Blocked),
        };

    private static DmaOutcome Through(
        DriverProfile profile, ContextKind kind, AbstractDomain? domain, Iova iova, DmaAccess access)
    {
        if (kind == ContextKind.Bypass)
        {
            return profile.IdentityReaches(iova)
                ? DmaOutcome.At(iova.Value)
                : DmaOutcome.Refused(AbstractFault.OutsideWindow);
        }

        if (kind != ContextKind.Translated || domain is null)
        {
            return DmaOutcome.Refused(AbstractFault.Blocked);
        }

        // A window of the fabric is the unit's; where domains have profiles of their own, it is the table's.
        if (!(profile.ForDomain is null ? profile : domain.Profile).InDmaWindow(iova))
        {
            return DmaOutcome.Refused(AbstractFault.OutsideWindow);
        }

        if (!domain.Profile.TryWalk(iova.Value, out var at))
        {
            return DmaOutcome.Refused(AbstractFault.OutsideWindow);
        }

        if (!domain.Space.TryFind(at, out var run))
        {
            return DmaOutcome.Refused(AbstractFault.NotMapped);
        }

        return StaleRuns.Permits(run.Prot, access)
            ? DmaOutcome.At(run.PaOf(at))
            : DmaOutcome.Refused(AbstractFault.Permission);
    }

    /// <summary>What a requester translates through, if it has a domain.</summary>
    private AbstractDomain? DomainOf(Requester requester, Pasid pasid)
    {
        if (!contexts.TryGetValue(Key(requester), out var context))
        {
            return null;
        }

        return pasid == Pasid.None ? context.Domain
            : context.TryPasid(pasid, out var second) ? second.Domain : null;
    }

    private AbstractDevice? DeviceFor(DeviceSpec spec)
    {
        if (profiles[spec.Instance.Index] is not { } profile)
        {
            return null;
        }

        var own = new RequesterContext[spec.Requesters.Length];
        for (var i = 0; i < own.Length; i++)
        {
            own[i] = ContextFor(spec, spec.Requesters[i]);
        }

        return new AbstractDevice(spec, profile, own);
    }

    private RequesterContext ContextFor(DeviceSpec spec, Requester requester)
    {
        if (!contexts.TryGetValue(Key(requester), out var found))
        {
            var profile = ProfileOf(requester.Instance);
            var unattached = profile.UnattachedFor?.Invoke(spec) ?? profile.Unattached;
            found = new RequesterContext(profile, requester.Instance.Index, unattached, spec.Ats);
            contexts[Key(requester)] = found;
        }

        return found;
    }
}
