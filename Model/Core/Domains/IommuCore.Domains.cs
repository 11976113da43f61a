using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Core;

/// <summary>
/// Domains in their roles: the slots of the scenario, default and blocking domains of groups.
/// </summary>
public sealed partial class IommuCore
{
    private readonly Dictionary<int, IommuDomain> slots = [];

    /// <summary>By serial; null until the core has given the domain a role.</summary>
    private readonly List<DomainRef?> names = [null];

    /// <summary>The domain a scenario names, or null when the name means nothing now.</summary>
    public IommuDomain? Resolve(DomainRef name) => name.Role switch
    {
        DomainRole.Slot => slots.GetValueOrDefault(name.Index),
        DomainRole.Default => Resolve(new GroupId(name.Index))?.DefaultDomain,
        DomainRole.Blocking => Resolve(new GroupId(name.Index))?.BlockingDomain,
        _ when name.Index >= Started.Length || !Started[name.Index] => null,
        DomainRole.Identity => StackOf(new InstanceId(name.Index)).Driver.IdentityDomain,
        _ => StackOf(new InstanceId(name.Index)).Driver.BlockedDomain,
    };

    /// <summary>__iommu_group_alloc_blocking_domain: made once, kept until the group dies.</summary>
    public Errno EnsureBlockingDomain(Group group)
    {
        if (group.BlockingDomain is not null)
        {
            return Errno.OK;
        }

        var result = Era.Alloc.Blocking(this, group);
        if (result.Domain is not { } domain)
        {
            return result.Errno;
        }

        Name(domain, DomainRef.BlockingOf(group.Id));
        group.BlockingDomain = domain;
        NoteRecord(group);
        return Errno.OK;
    }

    /// <summary>Frees a default or blocking domain; static ones have no owner and stay.</summary>
    public void FreeIfOwned(IommuDomain? domain)
    {
        if (domain?.Owner is not null)
        {
            CallFree(domain);
        }
    }

    /// <summary>Gives a domain its printed name; static ones keep theirs.</summary>
    public void Name(IommuDomain domain, DomainRef name)
    {
        if (domain.Owner is not null)
        {
            domain.Ref = name;
            names[domain.Id.Serial] = name;
        }
    }

    /// <summary>
    /// How the scenario calls a domain, freed ones too; slots that were used again show their serial.
    /// </summary>
    public string NameOf(DomainId id) =>
        id.Serial < names.Count && names[id.Serial] is { } name ? name.ToString() : id.ToString();

    /// <summary>Still attached by the record of a group, RID or PASID.</summary>
    private bool IsAttachedSomewhere(IommuDomain domain)
    {
        foreach (var group in groupsByKey.Values)
        {
            if (group.Domain == domain || group.Pasids.Values.Any(slot => slot.Domain == domain))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>
    /// A domain for a HWPT of iommufd: allocated as iommufd does, which asks the driver's flags op itself.
    /// </summary>
    public Outcome AllocForIommufd(int slot, IommuDevice dev, AllocFlags flags) =>
        Alloc(slot, dev, () => Era.Alloc.ForIommufd(this, dev, flags));

    private Outcome Alloc(int slot, IommuDevice dev, AllocFlags flags) =>
        Alloc(slot, dev, () => Era.Alloc.ForUser(this, dev, flags));

    private Outcome Alloc(int slot, IommuDevice dev, Func<AllocResult> allocate)
    {
        if (slots.ContainsKey(slot))
        {
            return Outcome.Nothing;
        }

        if (dev.Driver is null)
        {
            return Outcome.Of(Errno.ENODEV);
        }

        var result = allocate();
        if (result.Domain is not { } domain)
        {
            return Outcome.Of(result.Errno);
        }

        Name(domain, DomainRef.Slot(slot));
        slots[slot] = domain;
        return Outcome.Ok;
    }

    private Outcome Free(int slot)
    {
        if (!slots.TryGetValue(slot, out var domain) || leaked.Contains(domain)
            || IsAttachedSomewhere(domain))
        {
            return Outcome.Nothing;
        }

        slots.Remove(slot);
        CallFree(domain);
        return Outcome.Ok;
    }
}
