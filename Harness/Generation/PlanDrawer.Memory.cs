using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>Plans about map and unmap.</summary>
internal sealed partial class PlanDrawer
{
    private const Prot ReadWrite = Prot.Read | Prot.Write;

    private void BeginMemory(PlanKind plan)
    {
        var group = draw.Group(static g => g.Slot >= 0);
        switch (plan)
        {
            case PlanKind.StaticMap:
                StaticMap(group);
                break;
            case PlanKind.TableChurn:
                TableChurn(group);
                break;
            default:
                FastUnmap(group);
                break;
        }
    }

    private void StaticMap(int group)
    {
        var unit = topology.Devices[draw.DeviceOf(group)].Instance;
        var domain = dice.Below(5) switch
        {
            0 => DomainRef.IdentityOf(unit),
            1 => DomainRef.BlockedOf(unit),
            2 => DomainRef.BlockingOf(new GroupId(group)),
            _ => DomainRef.DefaultOf(new GroupId(group)),
        };
        MapSteps(domain, 1);
        Step(() => draw.DrawIovaToPhys(domain));
        DmaStep(group);
        UnmapLastStep(Op.Unmap, domain);
        DmaStep(group);
    }

    /// <summary>
    /// One place, a large page and small pages in turn: each change needs another kind of entry.
    /// </summary>
    private void TableChurn(int group)
    {
        var slot = Slot(group);
        var domain = DomainRef.Slot(slot);
        if (state.Groups[group].Slot < 0 && dice.Percent(80))
        {
            AttachStep(slot, group);
        }

        var large = dice.Percent(80) ? 0 : 1;
        var place = (ulong)dice.Below(6);
        var pa = (ulong)dice.Between(1, 200);
        var smallFirst = dice.Percent(50);
        for (var turn = 0; turn < dice.Between(2, 4); turn++)
        {
            var small = (turn % 2 == 0) == smallFirst;
            var at = (ulong)dice.Below(3);
            Step(() => Make.Map(domain, ChurnRange(domain, large, place, pa, small, at), ReadWrite));
            DmaStep(group);
            if (dice.Percent(85))
            {
                UnmapLastStep(dice.Percent(75) ? Op.Unmap : Op.UnmapFast, domain);
                DmaStep(group);
            }
        }
    }

    private MappedRange ChurnRange(DomainRef domain, int level, ulong place, ulong pa, bool small, ulong at)
    {
        var ladder = draw.LadderOf(domain);
        var size = ladder.Large[Math.Min(level, ladder.Large.Count - 1)];
        size = size > 1UL << 30 ? ladder.Large[0] : size;
        var first = (ladder.First + size - 1) & ~(size - 1);
        var span = ladder.Last - first;
        var iova = first + (size * place <= span - Math.Min(span, size) ? size * place : 0);
        var target = (size * pa) + size - 1 <= ladder.PaLast ? size * pa : 0;
        return small
            ? new MappedRange(iova + (at * ladder.Min), target + (at * ladder.Min), ladder.Min * (1 + at))
            : new MappedRange(iova, target, size);
    }

    private void FastUnmap(int group)
    {
        var slot = Slot(group);
        var domain = dice.Percent(75) ? DomainRef.Slot(slot) : DomainRef.DefaultOf(new GroupId(group));
        var count = dice.Between(1, 3);
        MapSteps(domain, count);
        DmaStep(group);
        for (var n = 0; n < count; n++)
        {
            UnmapLastStep(dice.Percent(85) ? Op.UnmapFast : Op.Unmap, domain);
        }

        if (dice.Percent(25))
        {
            MapSteps(domain, 1);
        }

        DmaStep(group);
        Step(Make.OnDomain(dice.Percent(75) ? Op.Sync : Op.FlushAll, domain));
        DmaStep(group);
    }
}
