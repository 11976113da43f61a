using Conformance.Model.Contract;
using Conformance.Model.Core;

namespace Conformance.Drivers.Specimens;

/// <summary>Bugs of second translation contexts.</summary>
internal static class PasidSpecimens
{
    private const string Sibling = "\ndevice d1 i0:0x10 group 0 pci ats pasids 4";

    public static readonly IReadOnlyList<Specimen> All =
    [
        Sketch.OnSmmu(
            60,
            "core-pasid-undone-for-all",
            "a failed PASID attach is undone for every device of the group, also for those that never had it",
            "b025dea63cde \"iommu: Undo pasid attachment only for the devices that have succeeded\" (v6.10), "
                + "before it; B003",
            """
            register i0
            alloc D0 d0 +pasid
            fail-attach d0 0 -ENOMEM
            attach-pasid D0 d0 1
            """) with
        {
            ChangeCore = era => era with { Pasid = new UndoneForAll() },
        },
        Sketch.OnSmmu(
            57,
            "core-reset-restores-siblings",
            "the end of one device's reset sets the PASIDs of the whole group: a sibling in reset can do DMA",
            "1615e8896a8f, PASIDs are attached again per device (7.0 stable); B016",
            """
            register i0
            alloc D0 d0 +pasid
            attach-pasid D0 d0 1
            reset-prepare d0
            reset-done d0
            """,
            Sibling) with
        {
            ChangeCore = era => era with { Reset = new RestoresSiblings() },
        },
    ];

    private sealed class UndoneForAll : PasidWithReplace
    {
        protected override void UndoMove(
            IommuCore core,
            Group group,
            IReadOnlyList<IommuDevice> done,
            Pasid pasid,
            IommuDomain domain,
            IommuDomain? old) =>
            base.UndoMove(core, group, [.. Users(group).Select(member => member.Device)], pasid, domain, old);
    }

    private sealed class RestoresSiblings : StagedReset
    {
        protected override void MovePasids(IommuCore core, Group group, GroupDevice member, bool toBlocking)
        {
            foreach (var other in group.Devices)
            {
                if (!toBlocking || other == member)
                {
                    base.MovePasids(core, group, other, toBlocking);
                }
            }
        }
    }
}
