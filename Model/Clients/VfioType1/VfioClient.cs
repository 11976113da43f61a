using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>
/// VFIO groups and containers with the type1 backend (core.md 8). Here a command becomes a call on what its
/// names stand for.
/// </summary>
/// <remarks>
/// <para>
/// The process has the file of a group open exactly while the group is in a container: set-container opens
/// it and closes it after an error, unset-container closes it. A command is a no-op when it needs a file that
/// is not there or not open, or names memory or a protection that the process cannot ask for.
/// </para>
/// <para>
/// A device without a kernel driver is bound to a VFIO driver, except one that is not coherent, which VFIO
/// does not take (__vfio_register_dev). A group has a file while it has such a device.
/// </para>
/// <para>
/// The resets at the first open and the last close of a device are not shown.
/// </para>
/// </remarks>
internal sealed class VfioClient : IClient
{
    private readonly KernelCalls kernel;
    private readonly ClientMemory memory;
    private readonly Container[] containers;
    private readonly Dictionary<Group, VfioGroup> files = [];
    private readonly VfioGroup?[] opened;

    public VfioClient(KernelCalls kernel, ClientMemory memory)
    {
        this.kernel = kernel;
        this.memory = memory;
        containers = new Container[ClientLimits.Containers];
        for (var i = 0; i < containers.Length; i++)
        {
            containers[i] = new Container(kernel, memory);
        }

        opened = new VfioGroup?[kernel.Topology.Devices.Length];
    }

    public Outcome Execute(in Command command) => command.Op switch
    {
        Op.VfioSetContainer => SetContainer(containers[command.A], new GroupId(command.B)),
        Op.VfioUnsetContainer => UnsetContainer(new GroupId(command.A)),
        Op.VfioSetIommu => Outcome.Of(containers[command.A].SetIommu(isV2: command.Extra == 2)),
        Op.VfioOpen => Open(kernel.Core.Devices[command.A]),
        Op.VfioClose => Close(command.A),
        _ => Access(command, containers[command.A].Backend),
    };

    public bool Holds(IommuDevice dev) => opened[dev.Id.Index] is not null;

    /// <summary>The file of the group is open.</summary>
    public bool HasFile(Group group) => files.ContainsKey(group);

    /// <summary>
    /// The device is the last one for which its group, in a container, has a file: VFIO would take the group
    /// out of the container as the device leaves.
    /// </summary>
    public bool KeepsGroup(IommuDevice dev) =>
        kernel.Core.GroupOf(dev) is { } group && HasFile(group) && IsTaken(dev)
        && group.Devices.TrueForAll(member => member.Device == dev || !IsTaken(member.Device));

    /// <summary>The container of an index has a backend: what it may map.</summary>
    public IReadOnlyList<(ulong First, ulong Last)>? ValidOf(int container) =>
        containers[container].Backend?.Valid;

    private bool IsTaken(IommuDevice dev) =>
        !kernel.Core.IsBound(dev) && IommuCore.IsCapable(dev, Capabilities.CacheCoherency);

    /// <summary>
    /// A file is opened once: -EBUSY. Then VFIO_GROUP_SET_CONTAINER.
    /// </summary>
    private Outcome SetContainer(Container container, GroupId id)
    {
        if (kernel.Core.Resolve(id) is not { } group
            || !group.Devices.Exists(member => IsTaken(member.Device)))
        {
            return Outcome.Nothing;
        }

        if (HasFile(group))
        {
            return Outcome.Of(Errno.EBUSY);
        }

        var result = container.Join(group, out var joined);
        if (joined is not null)
        {
            files.Add(group, joined);
        }

        return Outcome.Of(result);
    }

    /// <summary>-EBUSY while a device is open.</summary>
    private Outcome UnsetContainer(GroupId id)
    {
        if (kernel.Core.Resolve(id) is not { } group || !files.TryGetValue(group, out var file))
        {
            return Outcome.Nothing;
        }

        if (file.Devices > 0)
        {
            return Outcome.Of(Errno.EBUSY);
        }

        file.Container.Leave(file);
        files.Remove(group);
        return Outcome.Ok;
    }

    /// <summary>
    /// -ENODEV for a device that VFIO does not have, -EINVAL before VFIO_SET_IOMMU.
    /// </summary>
    private Outcome Open(IommuDevice dev)
    {
        if (kernel.Core.GroupOf(dev) is not { } group || !files.TryGetValue(group, out var file))
        {
            return Outcome.Nothing;
        }

        if (!IsTaken(dev))
        {
            return Outcome.Of(Errno.ENODEV);
        }

        if (file.Container.Backend is null)
        {
            return Outcome.Of(Errno.EINVAL);
        }

        file.Devices++;
        opened[dev.Id.Index] = file;
        return Outcome.Ok;
    }

    private Outcome Close(int device)
    {
        if (opened[device] is not { } file)
        {
            return Outcome.Nothing;
        }

        file.Devices--;
        opened[device] = null;
        return Outcome.Ok;
    }

    /// <summary>
    /// An ioctl that a container hands on to its backend: -EINVAL while it has none. A memory offset of the
    /// process lies in the memory or in the hole of the same size behind it, where nothing can be pinned.
    /// </summary>
    private Outcome Access(in Command command, Type1? backend)
    {
        var prot = command.Op == Op.VfioMap ? command.Prot : Prot.None;
        if ((prot & ~(Prot.Read | Prot.Write)) != 0
            || (command.Op == Op.VfioMap && command.Memory.Value >= 2 * memory.Size))
        {
            return Outcome.Nothing;
        }

        if (backend is null)
        {
            return Outcome.Of(Errno.EINVAL);
        }

        return command.Op switch
        {
            Op.VfioMap => Outcome.Of(backend.Map(command.Iova, command.Memory, command.Size, prot)),
            Op.VfioUnmap => backend.Unmap(command.Iova, command.Size),
            _ => Outcome.Bytes(backend.UnmapAll()),
        };
    }
}
