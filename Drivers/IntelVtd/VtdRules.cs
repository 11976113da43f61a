using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Drivers.IntelVtd;

/// <summary>
/// What the three trees do differently, as data. Sources are in drivers/iommu/intel/ of each tree.
/// </summary>
internal sealed record VtdRules
{
    /// <summary>7.2: page tables of the shared library, everything final at allocation.</summary>
    public bool Generic { get; init; }

    /// <summary>
    /// 6.12, 7.2: static blocked and identity domains, blocking unconditionally before each attach.
    /// </summary>
    public bool StaticDomains { get; init; }

    /// <summary>
    /// 6.12, 7.2: scalable context entries are written at probe; 6.1 writes them at attach.
    /// </summary>
    public bool ContextAtProbe { get; init; }

    /// <summary>
    /// 7.2, scalable mode: ATS is on from probe_finalize to release. Before that, and in legacy mode, it
    /// comes
    /// and goes with what is attached for requests without PASID.
    /// </summary>
    public bool AtsFromProbe { get; init; }

    /// <summary>6.1, 6.12: bit 0 is set on every second-stage leaf.</summary>
    public bool AlwaysReadable { get; init; }

    /// <summary>6.1: first-stage entries carry XD, and the PASID entry enables it.</summary>
    public bool ExecuteDisable { get; init; }

    /// <summary>6.12, 7.2: IH is sent when no table was freed; the queue of 6.1 never sends it.</summary>
    public bool SendsHint { get; init; }

    /// <summary>
    /// 6.12, 7.2: a first-stage range flush is widened until it is aligned; 6.1 aligns its start down and
    /// leaves the size, so the end stays unflushed.
    /// </summary>
    public bool WidensFirstStage { get; init; }

    /// <summary>
    /// 6.1: an UNMANAGED domain is refused for a device with a non-relaxable RMRR, before any change.
    /// </summary>
    public bool RefusesLockedRegions { get; init; }

    /// <summary>6.12, 7.2: a unit without pass-through wishes DMA for every device.</summary>
    public bool WishesDmaWithoutPassThrough { get; init; }

    /// <summary>6.1: an address beyond the table depth is a kernel BUG; 6.12 returns an error.</summary>
    public bool BugBeyondTable { get; init; }

    /// <summary>
    /// Result of attaching a domain with mappings beyond the unit's width (6.1 -EFAULT, 6.12 -EINVAL).
    /// </summary>
    public Errno TooWide { get; init; }

    /// <summary>Result when forced snooping is asked of a unit without it (6.1 -EOPNOTSUPP).</summary>
    public Errno NoSnoop { get; init; }

    /// <summary>6.12: enforce_cache_coherency refuses a second stage that already has mappings.</summary>
    public bool SnoopBeforeMappings { get; init; }

    public static VtdRules Of(KernelTree tree) => tree switch
    {
        KernelTree.V6_1 => V61,
        KernelTree.V6_12 => V612,
        _ => V72,
    };

    public VtdFormat Format(bool firstStage) =>
        firstStage ? new VtdFirstStage(ExecuteDisable) : new VtdSecondStage(AlwaysReadable);

    private static readonly VtdRules V61 = new()
    {
        AlwaysReadable = true,
        ExecuteDisable = true,
        RefusesLockedRegions = true,
        BugBeyondTable = true,
        TooWide = Errno.EFAULT,
        NoSnoop = Errno.EOPNOTSUPP,
    };

    private static readonly VtdRules V612 = new()
    {
        StaticDomains = true,
        ContextAtProbe = true,
        AlwaysReadable = true,
        SendsHint = true,
        WidensFirstStage = true,
        WishesDmaWithoutPassThrough = true,
        TooWide = Errno.EINVAL,
        NoSnoop = Errno.EINVAL,
        SnoopBeforeMappings = true,
    };

    private static readonly VtdRules V72 = new()
    {
        Generic = true,
        StaticDomains = true,
        ContextAtProbe = true,
        AtsFromProbe = true,
        SendsHint = true,
        WidensFirstStage = true,
        WishesDmaWithoutPassThrough = true,
        TooWide = Errno.EINVAL,
        NoSnoop = Errno.EINVAL,
    };
}

/// <summary>
/// Single steps of the driver, as it does them. A specimen replaces exactly one of them; nothing else may
/// differ.
/// </summary>
internal class VtdSteps
{
    /// <summary>Attach blocks the device before it looks at the new domain.</summary>
    public virtual bool BlocksBeforeAttach => true;

    /// <summary>A blocked context or PASID entry is zeroed after the flush.</summary>
    public virtual bool ZeroesBlockedEntry => true;

    /// <summary>Table pages wait for the invalidation before they are freed.</summary>
    public virtual bool FreesAfterFlush => true;

    /// <summary>Caching mode: new mappings are flushed.</summary>
    public virtual bool FlushesAfterMap => true;

    /// <summary>Device TLBs are part of an invalidation.</summary>
    public virtual bool FlushesDeviceTlb => true;

    /// <summary>6.1: the PASID entry of a first stage with XD enables that bit.</summary>
    public virtual bool EnablesNoExecute => true;

    /// <summary>A table written for an incoherent walker is cleaned to memory.</summary>
    public virtual bool CleansTables => true;

    /// <summary>A PASID entry with a second stage is flushed by domain, not by PASID.</summary>
    public virtual bool FlushesSecondStageByDomain => true;

    /// <summary>A device released before its first attach is left alone.</summary>
    public virtual bool ToleratesReleaseWithoutDomain => true;

    /// <summary>Blocking drops the cached context entry.</summary>
    public virtual void FlushBlockedContext(VtdUnit unit, ushort did, ushort sid) =>
        unit.Flush.Context(VtdCommands.Selective, did, sid);

    /// <summary>The domain id whose translations a block drops.</summary>
    public virtual ushort DidToFlush(VtdUnit unit, ushort old) => old;

    /// <summary>The invalidation hint: only leaves changed.</summary>
    public virtual bool LeafOnly(bool noTableFreed) => noTableFreed;

    /// <summary>The value of the address-width field for a table of so many levels.</summary>
    public virtual ulong AddressWidth(int levels) => (ulong)(levels - 2);

    /// <summary>How many of a device's requester ids get a context entry.</summary>
    public virtual int Programmed(int requesters) => requesters;

    /// <summary>The domain id that "not present" contexts are cached under.</summary>
    public virtual ushort DidOfMissing(ushort did) => VtdEntryBits.NegativeDid;

    /// <summary>
    /// Address mask of the smallest aligned block of pages that holds first to last byte
    /// (cache.c: calculate_psi_aligned_address).
    /// </summary>
    public virtual int MaskOf(ulong first, ulong last)
    {
        var differ = (first ^ last) >> 12;
        return 64 - System.Numerics.BitOperations.LeadingZeroCount(differ);
    }
}
