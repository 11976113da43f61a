using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>What a translation context makes of an access.</summary>
internal enum ContextKind : byte
{
    /// <summary>As the profile says of a device without domain.</summary>
    Unattached,
    Blocked,
    Bypass,
    Translated,
}

/// <summary>One PASID of a requester.</summary>
internal readonly record struct PasidContext(Pasid Pasid, ContextKind Kind, AbstractDomain Domain);

/// <summary>
/// What the ideal hardware holds for one requester. All requesters of a device move together; a requester
/// that two devices share follows the last one moved.
/// </summary>
/// <param name="profile">Profile of the requester's instance.</param>
/// <param name="instance">Index of that instance.</param>
/// <param name="unattached">What the requester can do before its first attach.</param>
/// <param name="cachesItself">The device has a translation cache of its own (ATS).</param>
internal sealed class RequesterContext(
    DriverProfile profile, int instance, UnattachedDma unattached, bool cachesItself)
{
    private readonly List<PasidContext> pasids = [];

    public DriverProfile Profile { get; } = profile;

    public int Instance { get; } = instance;

    public bool CachesItself { get; } = cachesItself;

    public ContextKind Kind { get; private set; }

    /// <summary>The domain attached; null when none is, whatever <see cref="Kind"/>.</summary>
    public AbstractDomain? Domain { get; private set; }

    public UnattachedDma Unattached { get; private set; } = unattached;

    public bool HasPasids => pasids.Count > 0;

    /// <summary>Normal DMA or some PASID goes through a domain.</summary>
    public bool PointsTo(AbstractDomain domain) =>
        Domain == domain || pasids.Exists(context => context.Domain == domain);

    public void Move(ContextKind kind, AbstractDomain? domain) => (Kind, Domain) = (kind, domain);

    /// <summary>No domain any more: back to what the driver does without one.</summary>
    public void Detach()
    {
        Move(ContextKind.Unattached, null);
        Unattached = Profile.Unattached;
    }

    public void SetPasid(in PasidContext context)
    {
        ClearPasid(context.Pasid);
        pasids.Add(context);
    }

    public void ClearPasid(Pasid pasid)
    {
        for (var i = 0; i < pasids.Count; i++)
        {
            if (pasids[i].Pasid == pasid)
            {
                pasids.RemoveAt(i);
                return;
            }
        }
    }

    public void ClearPasids() => pasids.Clear();

    /// <summary>The context of a PASID; false when nothing is on it.</summary>
    public bool TryPasid(Pasid pasid, out PasidContext context)
    {
        foreach (var candidate in pasids)
        {
            if (candidate.Pasid == pasid)
            {
                context = candidate;
                return true;
            }
        }

        context = default;
        return false;
    }
}
