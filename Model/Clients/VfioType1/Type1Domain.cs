using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>A domain of a container and the groups on it (struct vfio_domain).</summary>
/// <param name="Name">Its slot in the core.</param>
/// <param name="Domain">What is in the slot.</param>
public sealed record Type1Domain(DomainRef Name, IommuDomain Domain)
{
    /// <summary>The last one first.</summary>
    public List<Group> Groups { get; } = [];

    /// <summary>Accesses that do not snoop can no longer pass the caches by.</summary>
    public bool IsCoherent { get; set; }

    /// <summary>
    /// Two pages in a row come out as one: contiguous memory is not looked for (fgsp, up to 6.12).
    /// </summary>
    public bool HasFineLargePages { get; set; }

    /// <summary>
    /// A group of the other might share this one: same ops and same coherency. Kinds of ops that one driver
    /// keeps for its paging domains (the two stages of VT-d) count as the same: attach refuses what does not
    /// fit, and a refusal here is as if they differed.
    /// </summary>
    public bool IsLike(Type1Domain other) =>
        Domain.Owner == other.Domain.Owner && Domain.Ops == other.Domain.Ops
        && Domain.IsGenericPageTable == other.Domain.IsGenericPageTable
        && IsCoherent == other.IsCoherent;

    public bool Equals(Type1Domain? other) => ReferenceEquals(this, other);

    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);
}
