using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients;

/// <summary>
/// The clients over one core: which of them a command is for, and which commands of the kernel itself would
/// reach into what a client holds.
/// </summary>
public sealed class ClientLayer
{
    private readonly KernelCalls kernel;
    private readonly Iommufd.IommufdClient iommufd;
    private readonly VfioType1.VfioClient vfio;

    public ClientLayer(IommuCore core)
    {
        kernel = new KernelCalls(core);
        Memory = new ClientMemory(core.Topology.CpuPageShift);
        iommufd = new Iommufd.IommufdClient(kernel, Memory);
        vfio = new VfioType1.VfioClient(kernel, Memory);
    }

    /// <summary>What the clients map.</summary>
    public ClientMemory Memory { get; }

    /// <summary>Runs a command of a client, device accesses excepted.</summary>
    public Outcome Execute(in Command command) => command.Op switch
    {
        Op.FailNth => Outcome.Ok,
        Op.ShowType => ShowType(new GroupId(command.A)),
        Op.FdBind when IsHeld(command.A) || kernel.Core.IsBound(kernel.Core.Devices[command.A]) =>
            Outcome.Nothing,
        Op.VfioOpen when IsHeld(command.A) || kernel.Core.IsBound(kernel.Core.Devices[command.A]) =>
            Outcome.Nothing,
        <= Op.HwptDirty => iommufd.Execute(command),
        _ => vfio.Execute(command),
    };

    /// <summary>
    /// A command of the kernel that nobody gives while a client holds the group or the device: only the owner
    /// moves a group, and an open descriptor keeps driver and device where they are.
    /// </summary>
    public bool Forbids(in Command command)
    {
        switch (command.Op)
        {
            case Op.Bind or Op.Unbind or Op.Release:
                return IsHeld(command.A);
            case Op.AttachGroup or Op.DetachGroup or Op.Replace or Op.AttachHandle or Op.DetachHandle:
                return IsOwned(kernel.Core.Resolve(new GroupId(command.B)));
            case Op.ReleaseGroupOwner:
                return IsOwned(kernel.Core.Resolve(new GroupId(command.A)));
            case Op.ReleaseDeviceOwner:
                return IsOwned(kernel.Core.GroupOf(kernel.Core.Devices[command.A]));
            case Op.AttachDevice or Op.DetachDevice or Op.AttachPasid or Op.ReplacePasid or Op.DetachPasid:
                return IsOwned(kernel.Core.GroupOf(kernel.Core.Devices[command.B]));
            default:
                return false;
        }
    }

    private static bool IsOwned(Group? group) => group is not null && ClientSlots.IsClient(group.Owner);

    private bool IsHeld(int device)
    {
        var dev = kernel.Core.Devices[device];
        return iommufd.Holds(dev) || vfio.Holds(dev);
    }

    /// <summary>iommu_group_show_type: the type of the default domain.</summary>
    private Outcome ShowType(GroupId id) =>
        kernel.Core.Resolve(id) is { DefaultDomain: { } domain }
            ? Outcome.Bytes(1 + (ulong)domain.Type)
            : Outcome.Nothing;
}
