using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// How the driver writes descriptors; what the hardware makes of them is the silicon's affair.
/// </summary>
/// <remarks>Source: io-pgtable-dart.c: paddr_to_iopte, iopte_to_paddr, dart_prot_to_pte,
/// dart_init_pte.</remarks>
public abstract class DartEncoding
{
    /// <summary>
    /// The address field of a table or leaf descriptor; address bits beyond the field are lost.
    /// </summary>
    public abstract ulong Address(ulong pa);

    /// <summary>The address a descriptor names.</summary>
    public abstract ulong AddressOf(ulong entry);

    /// <summary>The permission and cache bits of a leaf; permissions are negative.</summary>
    public abstract ulong Permissions(Prot prot);

    /// <summary>The sub-page window of a leaf: always the entire page.</summary>
    public virtual ulong SubPages => DartBits.SubPageLast << DartBits.SubPageEndShift;

    public ulong Table(ulong pa) => Address(pa) | DartBits.Valid;

    /// <summary>All of a leaf but its address.</summary>
    public ulong LeafBits(Prot prot) => Permissions(prot) | SubPages | DartBits.Valid;
}

/// <summary>DART1 of every tree.</summary>
public class Dart1Encoding : DartEncoding
{
    public override ulong Address(ulong pa) => pa & DartBits.Dart1Address;

    public override ulong AddressOf(ulong entry) => entry & DartBits.Dart1Address;

    public override ulong Permissions(Prot prot) =>
        DartBits.Dart1SubPageDisable
        | ((prot & Prot.Write) == 0 ? DartBits.Dart1NoWrite : 0)
        | ((prot & Prot.Read) == 0 ? DartBits.Dart1NoRead : 0);
}

/// <summary>DART2.</summary>
/// <param name="alwaysNoCache">
/// 6.1 and 6.12 set bit 1 on every leaf in both formats, which is NO_CACHE here; 7.2 sets it without
/// IOMMU_CACHE only.
/// </param>
public class Dart2Encoding(bool alwaysNoCache) : DartEncoding
{
    public override ulong Address(ulong pa) => (pa >> DartBits.Dart2AddressShift) & DartBits.Dart2Address;

    public override ulong AddressOf(ulong entry) =>
        (entry & DartBits.Dart2Address) << DartBits.Dart2AddressShift;

    public override ulong Permissions(Prot prot) =>
        (alwaysNoCache || (prot & Prot.Cache) == 0 ? DartBits.Dart2NoCache : 0)
        | ((prot & Prot.Write) == 0 ? DartBits.Dart2NoWrite : 0)
        | ((prot & Prot.Read) == 0 ? DartBits.Dart2NoRead : 0);
}
