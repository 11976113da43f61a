using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>
/// One user-level operation. The word of each in the text form is in <see cref="CommandShape"/>.
/// </summary>
public enum Op : byte
{
    /// <summary>iommu_device_register: start an instance and scan the bus.</summary>
    Register,

    /// <summary>Hotplug: iommu_probe_device.</summary>
    Probe,

    /// <summary>The device leaves its bus: iommu_release_device.</summary>
    Release,

    /// <summary>A kernel driver binds: iommu_device_use_default_domain.</summary>
    Bind,

    /// <summary>It unbinds: iommu_device_unuse_default_domain.</summary>
    Unbind,

    /// <summary>iommu_paging_domain_alloc(_flags) (iommu_domain_alloc before v6.11): UNMANAGED.</summary>
    Alloc,

    /// <summary>
    /// iommu_domain_free; a user frees only what he has detached, so refused while attached.
    /// </summary>
    Free,

    AttachDevice,
    AttachGroup,
    DetachDevice,
    DetachGroup,

    /// <summary>iommu_group_replace_domain (v6.6 to v6.14), iommu_replace_group_handle (later).</summary>
    Replace,

    /// <summary>iommu_attach_group_handle (v6.11 on).</summary>
    AttachHandle,

    /// <summary>iommu_detach_group_handle (v6.11 on).</summary>
    DetachHandle,

    ClaimGroup,
    ClaimDevice,
    ReleaseGroupOwner,
    ReleaseDeviceOwner,

    /// <summary>Write to the sysfs attribute <c>type</c>.</summary>
    SetType,

    Map,

    /// <summary>iommu_unmap: with sync.</summary>
    Unmap,

    /// <summary>
    /// iommu_unmap_fast: without; the pending gather of the domain waits for <see cref="Sync"/>.
    /// </summary>
    UnmapFast,

    /// <summary>iommu_iotlb_sync of what <see cref="UnmapFast"/> left pending on the domain.</summary>
    Sync,

    IovaToPhys,

    /// <summary>flush_iotlb_all, as the flush queue does.</summary>
    FlushAll,

    /// <summary>First DMA mapping of a device in a kdump kernel: iommu_deferred_attach.</summary>
    DeferredAttach,

    AttachPasid,
    ReplacePasid,
    DetachPasid,

    /// <summary>pci_dev_reset_iommu_prepare (v7.0 on).</summary>
    ResetPrepare,

    /// <summary>pci_dev_reset_iommu_done (v7.0 on).</summary>
    ResetDone,

    /// <summary>The device accesses memory.</summary>
    Dma,

    /// <summary>Fault: in the next command the n-th paging attach of a device fails.</summary>
    FailAttach,

    /// <summary>Fault: in the next command the n-th map call fails after half of its pages.</summary>
    FailMap,

    /// <summary>Fault: in the next command the first domain allocation fails.</summary>
    FailAlloc,

    // ---- what a process may ask of the kernel: the clients of the core (core.md 7, 8) ----

    /// <summary>
    /// Fault: the n-th allocation of the kernel in the next client command fails
    /// (<c>/proc/self/fail-nth</c>). Nothing happens where there is no real kernel.
    /// </summary>
    FailNth,

    /// <summary>Read of the sysfs attribute <c>type</c> of a group.</summary>
    ShowType,

    /// <summary>The device accesses the physical address of a byte of the client's memory.</summary>
    DmaMemory,

    /// <summary>Open the device's character device and VFIO_DEVICE_BIND_IOMMUFD.</summary>
    FdBind,

    /// <summary>Close it: the device leaves what it is attached to, then its context.</summary>
    FdUnbind,

    /// <summary>VFIO_DEVICE_ATTACH_IOMMUFD_PT to an IOAS or a HWPT; of an attached device: replace.</summary>
    FdAttach,

    /// <summary>VFIO_DEVICE_DETACH_IOMMUFD_PT.</summary>
    FdDetach,

    /// <summary>IOMMU_IOAS_ALLOC.</summary>
    IoasAlloc,

    /// <summary>IOMMU_DESTROY of an IOAS.</summary>
    IoasDestroy,

    /// <summary>IOMMU_IOAS_MAP at a fixed IOVA.</summary>
    IoasMap,

    /// <summary>IOMMU_IOAS_MAP where the kernel chooses; gives the IOVA.</summary>
    IoasMapAuto,

    /// <summary>IOMMU_IOAS_COPY at a fixed IOVA, from the second IOAS into the first.</summary>
    IoasCopy,

    /// <summary>IOMMU_IOAS_UNMAP; gives the bytes.</summary>
    IoasUnmap,

    /// <summary>IOMMU_IOAS_UNMAP of everything (iova 0, length all ones); gives the bytes.</summary>
    IoasUnmapAll,

    /// <summary>IOMMU_IOAS_IOVA_RANGES; gives a digest of ranges and alignment.</summary>
    IoasRanges,

    /// <summary>IOMMU_IOAS_ALLOW_IOVAS with one range; size 0: with none.</summary>
    IoasAllow,

    /// <summary>IOMMU_OPTION_HUGE_PAGES of an IOAS.</summary>
    IoasHuge,

    /// <summary>IOMMU_HWPT_ALLOC on an IOAS, or on a HWPT as its nesting parent.</summary>
    HwptAlloc,

    /// <summary>IOMMU_DESTROY of a HWPT.</summary>
    HwptDestroy,

    /// <summary>IOMMU_HWPT_SET_DIRTY_TRACKING.</summary>
    HwptDirty,

    /// <summary>Open the group file and VFIO_GROUP_SET_CONTAINER.</summary>
    VfioSetContainer,

    /// <summary>VFIO_GROUP_UNSET_CONTAINER, then close the group file if that went well.</summary>
    VfioUnsetContainer,

    /// <summary>VFIO_SET_IOMMU with VFIO_TYPE1_IOMMU or VFIO_TYPE1v2_IOMMU.</summary>
    VfioSetIommu,

    /// <summary>VFIO_GROUP_GET_DEVICE_FD.</summary>
    VfioOpen,

    /// <summary>Close that descriptor.</summary>
    VfioClose,

    /// <summary>VFIO_IOMMU_MAP_DMA.</summary>
    VfioMap,

    /// <summary>VFIO_IOMMU_UNMAP_DMA; gives the bytes.</summary>
    VfioUnmap,

    /// <summary>VFIO_IOMMU_UNMAP_DMA with VFIO_DMA_UNMAP_FLAG_ALL; gives the bytes.</summary>
    VfioUnmapAll,
}

/// <summary>A command: an operation and its operands, 40 bytes, no references.</summary>
/// <param name="Op">The operation.</param>
/// <param name="A">First index operand: device, group, instance, owner or packed
/// <see cref="DomainRef"/>.</param>
/// <param name="B">Second index operand.</param>
/// <param name="Iova">IOVA in bytes.</param>
/// <param name="Pa">Physical address in bytes.</param>
/// <param name="Size">Size in bytes, or a small count.</param>
/// <param name="Extra">Prot, type, pasid, flags, access or errno, as the shape says.</param>
public readonly record struct Command(Op Op, int A, int B, ulong Iova, ulong Pa, ulong Size, uint Extra)
{
    /// <summary>The domain operand of commands that have one (always in <see cref="A"/>).</summary>
    public DomainRef Domain => DomainRef.Unpack(A);

    public Prot Prot => (Prot)Extra;

    public Pasid Pasid => new(Extra);

    public DmaAccess Access => (DmaAccess)(Extra & 1);

    /// <summary>An operation of a client, not of the kernel itself.</summary>
    public bool IsClient => Op >= Op.FailNth;

    /// <summary>The IOAS or HWPT operand of commands that have one in <see cref="A"/>.</summary>
    public PageTableRef Table => PageTableRef.Unpack(A);

    /// <summary>The IOAS or HWPT a HWPT is allocated on (in <see cref="Pa"/>).</summary>
    public PageTableRef Parent => PageTableRef.Unpack((int)Pa);

    /// <summary>First byte in the client's memory (in <see cref="Pa"/>).</summary>
    public MemoryOffset Memory => new(Pa);

    public HwptFlags HwptFlags => (HwptFlags)Extra;

    public override string ToString() => CommandShape.Print(this);
}

/// <summary>What sysfs may be asked for.</summary>
public enum TypeRequest : byte
{
    Identity,
    Dma,
    DmaFq,
    Auto,
}

/// <summary>
/// A scenario: era, topology, commands. Plain data; every sub-list of commands is a scenario too.
/// </summary>
/// <remarks>Equality is structural: equal commands in equal order over an equal topology.</remarks>
public sealed record Scenario(string Era, Topology Topology, IReadOnlyList<Command> Commands)
{
    public bool Equals(Scenario? other)
    {
        if (other is null || Commands.Count != other.Commands.Count
            || !string.Equals(Era, other.Era, StringComparison.Ordinal))
        {
            return false;
        }

        for (var i = 0; i < Commands.Count; i++)
        {
            if (Commands[i] != other.Commands[i])
            {
                return false;
            }
        }

        return Topology.Equals(other.Topology);
    }

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(Era, StringComparer.Ordinal);
        hash.Add(Topology);
        foreach (var command in Commands)
        {
            hash.Add(command);
        }

        return hash.ToHashCode();
    }

    public override string ToString() => ScenarioText.Print(this);
}
