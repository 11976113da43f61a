using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>VFIO containers, from the commands of the process.</summary>
public sealed partial class TraceLedger
{
    private readonly ContainerFacts[] containers =
        [.. Enumerable.Range(0, ClientLimits.Containers).Select(i => new ContainerFacts(i))];

    private readonly Dictionary<int, int> containerOfGroup = [];

    public IReadOnlyList<ContainerFacts> Containers => containers;

    /// <summary>The container that a domain was allocated for, null for none.</summary>
    public ContainerFacts? ContainerOf(DomainId domain) =>
        Array.Find(containers, container => container.Domains.Contains(domain));

    private void ResetContainers()
    {
        containerOfGroup.Clear();
        foreach (var container in containers)
        {
            container.Reset();
        }
    }

    private void NoteClientDomain(DomainFacts domain)
    {
        domain.OfClient = Now.Command.Domain.Index >= ClientSlots.First;
        if (domain.OfClient && Client.Op is Op.VfioSetContainer or Op.VfioSetIommu)
        {
            containers[Client.A].Domains.Add(domain.Id);
        }
    }

    private void EndContainerCommand(in TraceEvent e)
    {
        if (e.Flag || e.Errno != Errno.OK)
        {
            return;
        }

        var client = Client;
        switch (client.Op)
        {
            case Op.VfioSetContainer:
                containers[client.A].Groups++;
                containerOfGroup[client.B] = client.A;
                break;
            case Op.VfioUnsetContainer when containerOfGroup.Remove(client.A, out var left):
                containers[left].Groups--;
                if (containers[left].Groups == 0)
                {
                    containers[left].Empty();
                }

                break;
            case Op.VfioSetIommu:
                containers[client.A].IsV2 = client.Extra == 2;
                break;
            case Op.VfioMap:
                containers[client.A].Mappings.Add(
                    new UserMapping(client.Iova, Request.End(client.Iova, client.Size), client.Prot));
                break;
            case Op.VfioUnmap or Op.VfioUnmapAll:
                RemoveMappings(containers[client.A], client);
                break;
        }
    }

    /// <summary>All that begin in the range; v1 none when one is met in its middle.</summary>
    private static void RemoveMappings(ContainerFacts container, in Command client)
    {
        var all = client.Op == Op.VfioUnmapAll;
        var (first, last) = all ? (0, ulong.MaxValue) : (client.Iova, Request.End(client.Iova, client.Size));
        if (container.IsV2 || !container.Mappings.Exists(m => m.First < first && m.Last >= first))
        {
            container.Mappings.RemoveAll(m => m.First >= first && m.First <= last);
        }
    }
}
