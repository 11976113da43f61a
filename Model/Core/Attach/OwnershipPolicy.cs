using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>DMA ownership: who may drive a group, the kernel or one owner (core.md 4.2, 4.5).</summary>
/// <remarks>The steps are virtual for the specimens, which get one of them wrong.</remarks>
public class OwnershipPolicy
{
    /// <summary>A NULL owner warns and is -EINVAL (v6.2 on).</summary>
    public bool RefusesNullOwner { get; init; } = true;

    /// <summary>Attached PASIDs count as "in use" (v6.2 on).</summary>
    public bool SeesPasids { get; init; } = true;

    /// <summary>Bind is deferred while the group has no default domain (6.12 on).</summary>
    public bool BindNeedsDefaultDomain { get; init; } = true;

    /// <summary>
    /// Bind accepts a current identity domain in place of an identity default (up to v6.6).
    /// </summary>
    public bool IdentityIsAsGoodAsDefault { get; init; }

    /// <summary>iommu_group_claim_dma_owner.</summary>
    public virtual Errno ClaimGroup(IommuCore core, Group group, OwnerId owner)
    {
        if (IsBadOwner(core, group, owner))
        {
            return Errno.EINVAL;
        }

        return group.OwnerCount > 0 ? Errno.EPERM : Take(core, group, owner);
    }

    /// <summary>iommu_device_claim_dma_owner: the same owner may claim again.</summary>
    public virtual Errno ClaimDevice(IommuCore core, IommuDevice dev, OwnerId owner)
    {
        var group = core.GroupOf(dev);
        if (IsBadOwner(core, group, owner))
        {
            return Errno.EINVAL;
        }

        if (group is null)
        {
            return Errno.ENODEV;
        }

        if (group.OwnerCount == 0)
        {
            return Take(core, group, owner);
        }

        if (group.Owner != owner)
        {
            return Errno.EPERM;
        }

        group.OwnerCount++;
        core.NoteRecord(group);
        return Errno.OK;
    }

    /// <summary>iommu_group_release_dma_owner: void.</summary>
    public virtual void ReleaseGroup(IommuCore core, Group group)
    {
        if (group.OwnerCount == 0 || group.Owner.Index == 0 || HasPasids(group))
        {
            core.Warn(WarnCode.BadRelease, group);
            return;
        }

        group.OwnerCount = 0;
        group.Owner = default;
        core.NoteRecord(group);
        if (core.SetDomain(group, group.DefaultDomain, must: true) != Errno.OK)
        {
            core.Warn(WarnCode.AttachFailed, group);
        }
    }

    /// <summary>iommu_device_release_dma_owner: with more than one claim just counts, whoever owns.</summary>
    public virtual void ReleaseDevice(IommuCore core, Group group)
    {
        if (group.OwnerCount > 1)
        {
            group.OwnerCount--;
            core.NoteRecord(group);
            return;
        }

        ReleaseGroup(core, group);
    }

    /// <summary>iommu_device_use_default_domain.</summary>
    public virtual Errno Use(IommuCore core, IommuDevice dev)
    {
        if (core.GroupOf(dev) is not { } group)
        {
            return Errno.OK;
        }

        if (BindNeedsDefaultDomain && group.DefaultDomain is null)
        {
            return Errno.EPROBEDEFER;
        }

        if (group.OwnerCount > 0 && (!IsOnDefault(group) || group.Owner.Index != 0 || HasPasids(group)))
        {
            return Errno.EBUSY;
        }

        group.OwnerCount++;
        core.NoteRecord(group);
        return Errno.OK;
    }

    /// <summary>iommu_device_unuse_default_domain: void.</summary>
    public virtual void Unuse(IommuCore core, IommuDevice dev)
    {
        if (core.GroupOf(dev) is not { } group)
        {
            return;
        }

        if (group.OwnerCount == 0 || HasPasids(group))
        {
            core.Warn(WarnCode.BadRelease, group, dev);
            return;
        }

        group.OwnerCount--;
        core.NoteRecord(group);
    }

    /// <summary>
    /// __iommu_take_dma_ownership: -EBUSY in a user's state, else blocking, then the owner.
    /// </summary>
    protected virtual Errno Take(IommuCore core, Group group, OwnerId owner)
    {
        if ((group.Domain is not null && group.Domain != group.DefaultDomain) || HasPasids(group))
        {
            return Errno.EBUSY;
        }

        var result = core.EnsureBlockingDomain(group);
        if (result == Errno.OK)
        {
            result = core.SetDomain(group, group.BlockingDomain, must: false);
        }

        if (result != Errno.OK)
        {
            return result;
        }

        group.Owner = owner;
        group.OwnerCount = 1;
        core.NoteRecord(group);
        return Errno.OK;
    }

    private bool IsBadOwner(IommuCore core, Group? group, OwnerId owner)
    {
        if (owner.Index != 0 || !RefusesNullOwner)
        {
            return false;
        }

        core.Warn(WarnCode.NullOwner, group);
        return true;
    }

    private bool HasPasids(Group group) => SeesPasids && group.Pasids.Count > 0;

    private bool IsOnDefault(Group group) => group.Domain == group.DefaultDomain
        || (IdentityIsAsGoodAsDefault
            && group.Domain is { Type: DomainType.Identity }
            && group.DefaultDomain is { Type: DomainType.Identity });
}
