using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients;

/// <summary>The calls of the core that clients make on a domain, by its slot, and on a group.</summary>
internal static class DomainCalls
{
    /// <summary>iommu_map.</summary>
    public static Errno Map(
        this KernelCalls kernel, DomainRef domain, ulong iova, ulong pa, ulong size, Prot prot) =>
        kernel.Call(new Command(Op.Map, domain.Packed, 0, iova, pa, size, (uint)prot)).Errno;

    /// <summary>iommu_unmap; gives the bytes.</summary>
    public static ulong Unmap(this KernelCalls kernel, DomainRef domain, ulong iova, ulong size) =>
        kernel.Call(new Command(Op.Unmap, domain.Packed, 0, iova, 0, size, 0)).Value;

    /// <summary>iommu_iova_to_phys.</summary>
    public static ulong IovaToPhys(this KernelCalls kernel, DomainRef domain, ulong iova) =>
        kernel.Call(new Command(Op.IovaToPhys, domain.Packed, 0, iova, 0, 0, 0)).Value;

    /// <summary>iommu_unmap_fast; gives the bytes, whose invalidation waits for <see cref="Sync"/>.</summary>
    public static ulong UnmapFast(this KernelCalls kernel, DomainRef domain, ulong iova, ulong size) =>
        kernel.Call(new Command(Op.UnmapFast, domain.Packed, 0, iova, 0, size, 0)).Value;

    /// <summary>iommu_iotlb_sync.</summary>
    public static void Sync(this KernelCalls kernel, DomainRef domain) =>
        kernel.Call(new Command(Op.Sync, domain.Packed, 0, 0, 0, 0, 0));

    /// <summary>iommu_attach_group.</summary>
    public static Errno AttachGroup(this KernelCalls kernel, DomainRef domain, GroupId group) =>
        kernel.Call(new Command(Op.AttachGroup, domain.Packed, group.Index, 0, 0, 0, 0)).Errno;

    /// <summary>iommu_detach_group.</summary>
    public static void DetachGroup(this KernelCalls kernel, DomainRef domain, GroupId group) =>
        kernel.Call(new Command(Op.DetachGroup, domain.Packed, group.Index, 0, 0, 0, 0));

    /// <summary>iommu_group_claim_dma_owner.</summary>
    public static Errno ClaimGroup(this KernelCalls kernel, OwnerId owner, GroupId group) =>
        kernel.Call(new Command(Op.ClaimGroup, owner.Index, group.Index, 0, 0, 0, 0)).Errno;

    /// <summary>iommu_group_release_dma_owner.</summary>
    public static void ReleaseGroupOwner(this KernelCalls kernel, GroupId group) =>
        kernel.Call(new Command(Op.ReleaseGroupOwner, group.Index, 0, 0, 0, 0, 0));

    /// <summary>iommu_domain_free.</summary>
    public static void Free(this KernelCalls kernel, DomainRef domain) =>
        kernel.Call(new Command(Op.Free, domain.Packed, 0, 0, 0, 0, 0));
}
