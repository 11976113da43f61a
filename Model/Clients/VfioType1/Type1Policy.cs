using Conformance.Model.Contract;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>
/// What the type1 backend of one kernel version decides, in parts; a part that is not named is that of 7.2.
/// The parts are also what a specimen replaces.
/// </summary>
public sealed record Type1Policy
{
    /// <summary>
    /// What a domain that cannot be had gives; OK: what the core says (6.12 on; 6.1 was told NULL only).
    /// </summary>
    public Errno NoDomain { get; init; }

    /// <summary>
    /// A range that goes round the end of the address space (7.2: -EOVERFLOW, before it -EINVAL).
    /// </summary>
    public Errno RangeWraps { get; init; } = Errno.EOVERFLOW;

    public MappingLookup Lookup { get; init; } = new InclusiveLookup();

    /// <summary>
    /// A new domain is asked whether it takes two pages for a large one (vfio_test_domain_fgsp; not in 7.2).
    /// </summary>
    public bool ProbesSplitting { get; init; }

    public Type1Requests Requests { get; init; } = new();

    public DomainSharing Sharing { get; init; } = new();

    public Type1Unmapping Unmapping { get; init; } = new();

    /// <summary>As 6.12 has it.</summary>
    public static Type1Policy V6_12 { get; } = new()
    {
        RangeWraps = Errno.EINVAL,
        Lookup = new WrappingLookup(),
        ProbesSplitting = true,
    };

    /// <summary>As 6.1 has it.</summary>
    public static Type1Policy V6_1 { get; } = V6_12 with { NoDomain = Errno.EIO };
}

/// <summary>What a process may ask for.</summary>
public class Type1Requests
{
    /// <summary>What the pages of a mapping are mapped with: CACHE, and what the process asked for.</summary>
    public virtual Prot ProtOf(Type1Mapping mapping) => Prot.Cache | mapping.Prot;

    /// <summary>
    /// v2 refuses (-EINVAL) a range that begins or ends inside a mapping; v1 has no such test.
    /// </summary>
    public virtual bool CutsMapping(MappingList mappings, ulong first, ulong last) =>
        (mappings.Find(first, 1) is { } at && at.Iova != first)
        || (mappings.Find(last, 1) is { } end && unchecked(end.Iova + (end.Size - 1)) != last);
}
