namespace Conformance.Harness.Generation;

/// <summary>Sequences that bring about the premise of a rule which single commands rarely meet.</summary>
internal enum PlanKind
{
    /// <summary>Claim, attach, map, access, unmap, detach, release.</summary>
    OwnerCycle,

    /// <summary>
    /// A device of a group refuses, while the group is attached, replaced, claimed or given back.
    /// </summary>
    GroupFailure,

    /// <summary>A device joins a group that has an owner.</summary>
    HotplugIntoOwned,

    /// <summary>Nothing bound, then a write to the sysfs attribute <c>type</c>.</summary>
    ChangeType,

    /// <summary>Prepare, things that must wait or must succeed, done.</summary>
    Reset,

    /// <summary>All devices of a group leave, the last too, and come back.</summary>
    UnplugAll,

    /// <summary>A PASID gets a domain, another one, none.</summary>
    PasidCycle,

    /// <summary>Map calls on domains that cannot map, and on the default domain.</summary>
    StaticMap,

    /// <summary>A large page and small pages take turns at one place, so that tables come and go.</summary>
    TableChurn,

    /// <summary>Several unmaps share one late invalidation.</summary>
    FastUnmap,

    /// <summary>The first attach of a device waits for its first mapping.</summary>
    DeferredFirst,

    /// <summary>
    /// A device whose firmware region must stay reachable is claimed or given another type.
    /// </summary>
    DirectRegion,

    /// <summary>A map of several page sizes fails in the middle.</summary>
    MapFailure,

    /// <summary>An allocation fails where a domain is needed.</summary>
    AllocFailure,

    /// <summary>A domain is freed and its name used again.</summary>
    FreeAndReuse,

    /// <summary>Mappings are made before the first attach.</summary>
    MapBeforeAttach,

    /// <summary>One domain serves two groups.</summary>
    SharedDomain,
}
