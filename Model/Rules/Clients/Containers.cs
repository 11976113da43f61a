using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>R54. Seen by what iommu_unmap takes out of the domains of the container meanwhile.</summary>
public sealed class R54PartsStay : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(54),
        RuleFamily.Clients,
        "A v2 unmap never changes a mapping that is only partly covered.",
        "vfio_iommu_type1.c: vfio_dma_do_unmap; core.md 8.3, 9 (54)",
        "v5.19",
        SecurityRelevant: false);

    private readonly List<UserMapping> cut = [];

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants => [EventKind.ClientBegin, EventKind.CoreUnmap];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        if (e.Kind == EventKind.ClientBegin)
        {
            FindCut(context);
            return;
        }

        var client = context.Ledger.Client;
        if (cut.Count == 0 || e.E == 0 || context.Ledger.ContainerOf(e.Domain)?.Index != client.A)
        {
            return;
        }

        var (first, last) = (e.A, Request.End(e.A, e.E));
        foreach (var mapping in cut)
        {
            if (mapping.First <= last && first <= mapping.Last)
            {
                Break(context, index, $"0x{first:x}..0x{last:x} goes out of {e.Domain}, and with it a part "
                    + $"of the mapping 0x{mapping.First:x}..0x{mapping.Last:x}, by {client}");
            }
        }
    }

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        cut.Clear();
    }

    private void FindCut(RuleContext context)
    {
        cut.Clear();
        var command = context.Command;
        if (command.Op != Op.VfioUnmap || command.Size == 0
            || context.Ledger.Containers[command.A] is not { IsV2: true } container)
        {
            return;
        }

        var (first, last) = (command.Iova, Request.End(command.Iova, command.Size));
        cut.AddRange(container.Mappings.Where(
            m => m.First <= last && first <= m.Last && (m.First < first || m.Last > last)));
        if (cut.Count > 0)
        {
            Hold();
        }
    }
}

/// <summary>
/// R55. At the call that attaches the group a second time all of it is on its blocking domain; what a device
/// reaches there R65 says.
/// </summary>
public sealed class R55SharingBlocks : Rule
{
    public static readonly RuleInfo Promise = new(
        new RuleId(55),
        RuleFamily.Clients,
        "A group moves to blocking between detach and attach when VFIO has it share a domain.",
        "vfio_iommu_type1.c: vfio_iommu_type1_attach_group; iommu.c: __iommu_group_set_core_domain; "
            + "core.md 8.2, 9 (55)",
        "v5.19",
        SecurityRelevant: true);

    private readonly HashSet<int> attached = [];

    public override RuleInfo Info => Promise;

    public override ReadOnlySpan<EventKind> Wants =>
        [EventKind.ClientBegin, EventKind.CommandBegin, EventKind.CommandEnd];

    public override void On(in TraceEvent e, int index, RuleContext context)
    {
        var command = context.Command;
        switch (e.Kind)
        {
            case EventKind.ClientBegin:
                attached.Clear();
                break;
            case EventKind.CommandBegin when e.Flag && command.Op is Op.AttachGroup or Op.Replace:
                if (context.Ledger.Client.Op is Op.VfioSetContainer or Op.VfioSetIommu
                    && attached.Contains(command.B))
                {
                    Hold();
                    Check(command.B, index, context);
                }

                break;
            case EventKind.CommandEnd when command.Op == Op.AttachGroup && !e.Flag:
                Note(command.B, e.Errno == Errno.OK);
                break;
            case EventKind.CommandEnd when command.Op == Op.DetachGroup
                && context.Ledger.Now.SetDomainErrno != Errno.OK:
                Note(command.B, isAttached: false);
                break;
        }
    }

    public override void Reset(RuleContext context)
    {
        base.Reset(context);
        attached.Clear();
    }

    /// <summary>After a failed attach or detach old cores leave devices anywhere: no premise then.</summary>
    private void Note(int group, bool isAttached)
    {
        if (isAttached)
        {
            attached.Add(group);
        }
        else
        {
            attached.Remove(group);
        }
    }

    private void Check(int index, int at, RuleContext context)
    {
        var ledger = context.Ledger;
        if (ledger.Group(index) is not { } group)
        {
            return;
        }

        if (group.Domain != group.Blocking)
        {
            Break(context, at, $"g{index} is moved to another domain while it is on {group.Domain}");
            return;
        }

        foreach (var member in group.Members)
        {
            var device = ledger.Devices[member];
            if (device.IsPlaced && device.Domain != group.Blocking)
            {
                Break(context, at, $"{device} is on {device.Domain} while its group is moved to another "
                    + "domain");
            }
        }
    }
}
