using Conformance.Model.Clients.Iommufd;
using Conformance.Model.Clients.VfioType1;
using Conformance.Model.Contract;

namespace Conformance.Model.Core;

/// <summary>
/// A kernel version range, expressed as data and policies of the core. A policy that is not named is that of
/// the newest
/// era. The list of eras is <see cref="Eras"/>.
/// </summary>
/// <param name="Name"><c>v6.5</c>: the first version that behaves so.</param>
/// <param name="Order">Position in time, 0 is the oldest.</param>
/// <param name="Tree">The exact tree whose driver behaviour belongs to it.</param>
public sealed record Era(string Name, int Order, KernelTree Tree)
{
    /// <summary>One line: what marks the era.</summary>
    public string Marker { get; init; } = "";

    /// <summary>attach_dev is told what the core believes is attached (v6.19 on).</summary>
    public bool PassesOldDomain { get; init; } = true;

    /// <summary>A second driver's instance is refused with -EBUSY (v5.19 to v6.6).</summary>
    public bool OneDriverPerSystem { get; init; }

    /// <summary>iommu_device_claim_dma_owner exists (v6.2 on).</summary>
    public bool HasDeviceClaim { get; init; } = true;

    /// <summary>iommu_group_replace_domain or iommu_replace_group_handle exists (v6.6 on).</summary>
    public bool HasReplace { get; init; } = true;

    /// <summary>Attach handles exist (v6.11 on).</summary>
    public bool HasHandles { get; init; } = true;

    public ProbePolicy Probe { get; init; } = new ModernProbe();

    public ReleasePolicy Release { get; init; } = new ReleaseThroughDomain { IdentityForDirect = true };

    public DefaultTypePolicy DefaultType { get; init; } = new AgreedDefaultType();

    public FlushQueuePolicy FlushQueue { get; init; } = FlushQueuePolicy.TaggedThenDemoted;

    public AllocPolicy Alloc { get; init; } = new DeviceAlloc();

    public DirectMappingPolicy DirectMappings { get; init; } = new() { AsksForAddressOne = true };

    public SetDomainPolicy SetDomain { get; init; } = new ResetAwareSetDomain();

    public ForeignDomainPolicy Foreign { get; init; } = ForeignDomainPolicy.RefusedButOwnStatic;

    public OwnershipPolicy Ownership { get; init; } = new();

    public SysfsPolicy Sysfs { get; init; } = new ModernSysfs();

    public MapPolicy Map { get; init; } = new GenericTableMapping();

    public PasidPolicy Pasid { get; init; } = new PasidWithReplace();

    public ResetPolicy Reset { get; init; } = new StagedReset();

    /// <summary>iommufd with VFIO character devices (v6.6 on); null where there is none.</summary>
    public IommufdPolicy? Iommufd { get; init; } = new();

    /// <summary>VFIO containers with the type1 backend.</summary>
    public Type1Policy Vfio { get; init; } = new();

    public override string ToString() => Name;
}
