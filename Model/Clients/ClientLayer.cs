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

    /// <summary>
    /// The kernel has transparent huge pages; to be set before the first command, true at first.
    /// </summary>
    public bool HasHugePages
    {
        get => iommufd.HasHugePages;
        set => iommufd.HasHugePages = value;
    }

    /// <summary>
    /// What IOMMU_IOAS_IOVA_RANGES tells of an IOAS, whose digest is the outcome of the command: ranges,
    /// ascending, and alignment in bytes. Null: there is no such IOAS.
    /// </summary>
    public (IReadOnlyList<(ulong First, ulong Last)> Ranges, ulong Alignment)? RangesOf(int ioas) =>
        iommufd.TableOf(ioas) is { } table ? (table.UsableRanges(), table.Alignment) : null;

    /// <summary>Runs a command of a client, device accesses excepted.</summary>
    public Outcome Execute(in Command command) => command.Op switch
    {
        Op.FailNth => Outcome.Ok,
        Op.ShowType => ShowType(new GroupId(command.A)),
        Op.FdBind when IsHeld(command.A) || kernel.Core.IsBound(kernel.Core.Devices[command.A]) =>
            Outcome.Nothing,
        Op.VfioOpen when IsHeld(command.A) || kernel.Core.IsBound(kernel.Core.Devices[command.A]) =>
            Outcome.Nothing,
        Op.FdBind when kernel.Era.Iommufd is not null && IsOpenAsGroup(command.A) => Outcome.Of(Errno.EBUSY),
        Op.VfioSetContainer when IsOpenAsDevice(new GroupId(command.B)) => Outcome.Of(Errno.EBUSY),
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
                return IsHeld(command.A) || vfio.KeepsGroup(kernel.Core.Devices[command.A]);
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

    /// <summary>The file of the device's group is open (vfio_device_block_group).</summary>
    private bool IsOpenAsGroup(int device) =>
        kernel.Core.GroupOf(kernel.Core.Devices[device]) is { } group && vfio.HasFile(group);

    /// <summary>
    /// A device of the group is open as a character device: the file of the group cannot be opened
    /// (vfio_group_fops_open).
    /// </summary>
    private bool IsOpenAsDevice(GroupId id) =>
        kernel.Core.Resolve(id) is { } group
        && group.Devices.Exists(member => iommufd.Holds(member.Device));

    /// <summary>
    /// iommu_group_show_type: the type of the default domain, plus 1; 0 for "unknown" where there is none.
    /// </summary>
    private Outcome ShowType(GroupId id) => kernel.Core.Resolve(id) is not { } group
        ? Outcome.Nothing
        : Outcome.Bytes(group.DefaultDomain is { } domain ? 1 + (ulong)domain.Type : 0);
}
