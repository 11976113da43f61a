using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients;

/// <summary>The calls of the core that clients make on a domain, by its slot.</summary>
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

    /// <summary>iommu_domain_free.</summary>
    public static void Free(this KernelCalls kernel, DomainRef domain) =>
        kernel.Call(new Command(Op.Free, domain.Packed, 0, 0, 0, 0, 0));
}
