using Conformance.Model.Clients;
using Conformance.Model.Clients.VfioType1;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of VFIO type1, each in one part of its policy.</summary>
internal static class VfioSpecimens
{
    private const string SecondDevice = "\ndevice d1 i0:0x10 group 1 pci";

    public static readonly IReadOnlyList<Specimen> All =
    [
        Sketch.OnSmmu(
            21,
            "type1-unpins-before-sync",
            "pages are unpinned before the invalidation of their unmap: a device may still reach them",
            Sketch.Constructed + " (vfio_sync_unpin syncs first)",
            """
            register i0
            vfio-set-container c0 g0
            vfio-set-iommu c0 v2
            vfio-map c0 0x1000 m0x0 0x1000 rw
            vfio-unmap c0 0x1000 0x1000
            """) with
        {
            ChangeCore = With(policy => policy with { Unmapping = new UnpinsFirst() }),
        },
        Sketch.OnSmmu(
            21,
            "type1-unmaps-first-domain-only",
            "an unmap takes a mapping out of one domain of the container: the others reach unpinned pages",
            Sketch.Constructed,
            """
            register i0
            vfio-set-container c0 g0
            vfio-set-iommu c0 v2
            fail-attach d1 1 -EINVAL
            vfio-set-container c0 g1
            vfio-map c0 0x1000 m0x0 0x1000 rw
            vfio-unmap c0 0x1000 0x1000
            """,
            SecondDevice) with
        {
            ChangeCore = With(policy => policy with { Unmapping = new FirstDomainOnly() }),
        },
        Sketch.OnSmmu(
            22,
            "type1-maps-all-writable",
            "memory that the process gave for reading is mapped for writing",
            Sketch.Constructed,
            """
            register i0
            vfio-set-container c0 g0
            vfio-set-iommu c0 v2
            vfio-map c0 0x1000 m0x0 0x1000 r
            """) with
        {
            ChangeCore = With(policy => policy with { Requests = new AllWritable() }),
        },
        Sketch.OnSmmu(
            54,
            "type1-v2-unmaps-parts",
            "an unmap of the first page of a mapping takes all of it away and reports more than was asked",
            "v1 of the interface, which v2 was made to end",
            """
            register i0
            vfio-set-container c0 g0
            vfio-set-iommu c0 v2
            vfio-map c0 0x1000 m0x0 0x2000 rw
            vfio-unmap c0 0x1000 0x1000
            """) with
        {
            ChangeCore = With(policy => policy with { Requests = new CutsAnything() }),
        },
        Sketch.OnSmmu(
            55,
            "type1-shares-without-blocking",
            "a group goes from its own domain straight to the shared one: devices meet either on the way",
            Sketch.Constructed,
            """
            register i0
            vfio-set-container c0 g0
            vfio-set-container c0 g1
            vfio-set-iommu c0 v2
            """,
            SecondDevice) with
        {
            ChangeCore = With(policy => policy with { Sharing = new Straight() }),
        },
    ];

    private static Func<Era, Era> With(Func<Type1Policy, Type1Policy> change) =>
        era => era with { Vfio = change(era.Vfio) };

    private sealed class UnpinsFirst : Type1Unmapping
    {
        protected override void SyncAndUnpin(
            Type1 container, Type1Mapping mapping, List<(ulong Pa, ulong Size)> waiting)
        {
            Unpin(container, mapping, waiting);
            base.SyncAndUnpin(container, mapping, waiting);
        }
    }

    private sealed class FirstDomainOnly : Type1Unmapping
    {
        protected override void UnmapOthers(Type1 container, Type1Mapping mapping)
        {
            // The others keep it.
        }
    }

    private sealed class AllWritable : Type1Requests
    {
        public override Prot ProtOf(Type1Mapping mapping) => base.ProtOf(mapping) | Prot.Write;
    }

    private sealed class CutsAnything : Type1Requests
    {
        public override bool CutsMapping(MappingList mappings, ulong first, ulong last) => false;
    }

    private sealed class Straight : DomainSharing
    {
        protected override Errno Move(KernelCalls kernel, Type1Domain from, Type1Domain to, Group group) =>
            kernel.Call(new Command(Op.Replace, to.Name.Packed, group.Id.Index, 0, 0, 0, 0)).Errno;
    }
}
