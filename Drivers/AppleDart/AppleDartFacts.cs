using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// The declared tests of devices and attaches, as far as firmware's description of a topology decides them.
/// </summary>
internal sealed class AppleDartFacts(DriverProfile profile, Topology topology)
{
    private readonly KernelTree tree = profile.Tree;
    private readonly int slots = profile.Tree == KernelTree.V7_2 ? 3 : 2;

    /// <summary>
    /// -EINVAL when the units of a device disagree, lack one of its streams, or are more than the driver's
    /// slots.
    /// </summary>
    public Errno CheckProbe(DeviceSpec device)
    {
        var first = Variant(device.Instance);
        foreach (var requester in device.Requesters)
        {
            var next = Variant(requester.Instance);
            var agree = tree == KernelTree.V7_2
                ? first.Ias == next.Ias
                : first.Bypass == next.Bypass;
            var known = requester.Id.Value < next.Streams;
            if (!agree || !known || first.PageShift != next.PageShift || first.Format != next.Format)
            {
                return Errno.EINVAL;
            }
        }

        return Units(device).Count() > slots ? Errno.EINVAL : Errno.OK;
    }

    /// <summary>-EINVAL for the reasons that core.md calls "how the domain is configured".</summary>
    public Errno CheckAttach(DeviceSpec? madeFor, DeviceSpec device, DomainType type)
    {
        var forced = type.IsPaging() || (tree == KernelTree.V6_1 && type == DomainType.Blocked);
        if ((ForcesBypass(device) && forced) || (type == DomainType.Identity && !HasBypass(device)))
        {
            return Errno.EINVAL;
        }

        var same = madeFor is null || Units(madeFor).SequenceEqual(Units(device));
        return type.IsPaging() && profile.KnownTypes.Contains(type) && !same ? Errno.EINVAL : Errno.OK;
    }

    public DomainType? DefDomainType(DeviceSpec device)
    {
        if (ForcesBypass(device))
        {
            return DomainType.Identity;
        }

        return HasBypass(device) ? null : DomainType.Dma;
    }

    /// <summary>
    /// -EINVAL unless two devices, one of them PCI, are behind one and the same single unit.
    /// </summary>
    public Errno CheckGroup(DeviceSpec one, DeviceSpec other) =>
        (!one.Pci && !other.Pci) || Units(one).Concat(Units(other)).Distinct().Count() == 1
            ? Errno.OK
            : Errno.EINVAL;

    /// <summary>The page of the MSI doorbell, 0xfffff000, of a PCI device.</summary>
    public IReadOnlyList<ResvRegion> RegionsFor(DeviceSpec device)
    {
        var start = 0xffff_f000 & ~(topology.CpuPageSize - 1);
        const Prot DoorbellProt = Prot.Write | Prot.NoExec | Prot.Mmio;
        return device.Pci
            ? [new ResvRegion(ResvType.Msi, new Iova(start), topology.CpuPageSize, DoorbellProt)]
            : [];
    }

    private bool ForcesBypass(DeviceSpec device) =>
        Variant(device.Instance).PageShift > topology.CpuPageShift;

    private bool HasBypass(DeviceSpec device) => tree == KernelTree.V7_2
        ? device.Requesters.All(r => Variant(r.Instance).Bypass)
        : Variant(device.Instance).Bypass;

    /// <summary>Units in the order in which firmware first names them.</summary>
    private static IEnumerable<InstanceId> Units(DeviceSpec device) =>
        device.Requesters.Select(r => r.Instance).Distinct();

    private AppleDartVariant Variant(InstanceId instance) =>
        AppleDartVariant.Of(topology.Instances[instance.Index].Variant);
}
