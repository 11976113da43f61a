using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>A group whose file is open and set to a container (struct vfio_group).</summary>
internal sealed class VfioGroup(Group group, Container container)
{
    public Group Group { get; } = group;

    public Container Container { get; } = container;

    /// <summary>Open device descriptors; each holds the container.</summary>
    public int Devices { get; set; }
}

/// <summary>A container, open from the beginning (drivers/vfio/container.c).</summary>
internal sealed class Container(KernelCalls kernel, ClientMemory memory)
{
    private readonly List<VfioGroup> groups = [];

    /// <summary>Null until VFIO_SET_IOMMU, and again when the last group has left.</summary>
    public Type1? Backend { get; private set; }

    /// <summary>
    /// vfio_container_attach_group: the claim, then the backend if there is one, whose failure gives the
    /// group back.
    /// </summary>
    public Errno Join(Group group, out VfioGroup? joined)
    {
        joined = null;
        var owner = ClientSlots.GroupOwner(group.Id);
        var result = kernel.ClaimGroup(owner, group.Id);
        if (result != Errno.OK)
        {
            return result;
        }

        result = Backend?.Attach(group) ?? Errno.OK;
        if (result != Errno.OK)
        {
            kernel.ReleaseGroupOwner(group.Id);
            return result;
        }

        joined = new VfioGroup(group, this);
        groups.Insert(0, joined);
        return Errno.OK;
    }

    /// <summary>vfio_group_detach_container.</summary>
    public void Leave(VfioGroup leaving)
    {
        Backend?.Detach(leaving.Group);
        kernel.ReleaseGroupOwner(leaving.Group.Id);
        groups.Remove(leaving);
        if (groups.Count == 0)
        {
            Backend?.Release();
            Backend = null;
        }
    }

    /// <summary>
    /// vfio_ioctl_set_iommu: every group, the last one first; an error takes those before it off again.
    /// </summary>
    public Errno SetIommu(bool isV2)
    {
        if (groups.Count == 0 || Backend is not null)
        {
            return Errno.EINVAL;
        }

        var backend = new Type1(kernel, memory, isV2);
        for (var i = 0; i < groups.Count; i++)
        {
            var result = backend.Attach(groups[i].Group);
            if (result == Errno.OK)
            {
                continue;
            }

            for (var undone = i - 1; undone >= 0; undone--)
            {
                backend.Detach(groups[undone].Group);
            }

            backend.Release();
            return result;
        }

        Backend = backend;
        return Errno.OK;
    }
}
