using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>What commands of VFIO type1 probably do (core.md 8).</summary>
internal sealed partial class ClientState
{
    /// <summary>Groups in a container.</summary>
    public int GroupsIn(int container) => Groups.Count(g => g.Container == container);

    /// <summary>A device of the group has an open descriptor.</summary>
    public bool HasOpen(int group) => place.DevicesOf(group).Any(d => Devices[d.Index].VfioOpen);

    private void ApplyVfio(in Command command)
    {
        switch (command.Op)
        {
            case Op.VfioSetContainer:
                if (!IsOwned(command.B) && !IsBound(command.B) && IsPresent(command.B))
                {
                    Groups[command.B].Container = command.A;
                }

                break;
            case Op.VfioUnsetContainer when !HasOpen(command.A):
                Leave(Groups[command.A]);
                break;
            case Op.VfioOpen:
                var device = Devices[command.A];
                device.VfioOpen |= device is { Present: true, Bound: 0 }
                    && GroupOf(command.A).Container is >= 0 and var at && Containers[at].Version != 0;
                break;
            case Op.VfioClose:
                Devices[command.A].VfioOpen = false;
                break;
            case Op.VfioSetIommu when GroupsIn(command.A) > 0 && Containers[command.A].Version == 0:
                Containers[command.A].Version = (int)command.Extra;
                break;
            case Op.VfioMap or Op.VfioUnmap or Op.VfioUnmapAll:
                ApplyType1(command);
                break;
            default:
                break;
        }
    }

    private bool IsPresent(int group) => place.DevicesOf(group).Any(d => Devices[d.Index].Present);

    /// <summary>The backend goes with the last group, and all mappings with it.</summary>
    private void Leave(HeldGroup group)
    {
        var container = group.Container;
        group.Container = -1;
        if (container >= 0 && GroupsIn(container) == 0)
        {
            Containers[container].Version = 0;
            Containers[container].Memory.Clear();
        }
    }

    private void ApplyType1(in Command command)
    {
        var container = Containers[command.A];
        if (container.Version == 0)
        {
            return;
        }

        switch (command.Op)
        {
            case Op.VfioMap:
                Map(container.Memory, command.Iova, command.Memory, command.Size, command.Prot);
                break;
            case Op.VfioUnmap:
                container.Memory.Unmap(command.Iova, command.Size);
                break;
            case Op.VfioUnmapAll:
                container.Memory.UnmapAll();
                break;
            default:
                break;
        }
    }
}
