using Conformance.Model.Contract;
using Conformance.Model.Core;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>
/// A group that has come with a domain of its own moves to one that is there already, if the two are alike
/// (vfio_iommu_type1_attach_group).
/// </summary>
public class DomainSharing
{
    /// <summary>
    /// The domain that took the group; null: none would, the group is back on its own. An error: it is on
    /// neither.
    /// </summary>
    public Errno Share(
        KernelCalls kernel, IEnumerable<Type1Domain> present, Type1Domain own, Group group,
        out Type1Domain? taken)
    {
        foreach (var domain in present.Where(own.IsLike))
        {
            if (Move(kernel, own, domain, group) == Errno.OK)
            {
                taken = domain;
                return Errno.OK;
            }

            var result = kernel.AttachGroup(own.Name, group.Id);
            if (result != Errno.OK)
            {
                taken = null;
                return result;
            }
        }

        taken = null;
        return Errno.OK;
    }

    /// <summary>Over the blocking domain, since the group is owned. An error leaves it there.</summary>
    protected virtual Errno Move(KernelCalls kernel, Type1Domain from, Type1Domain to, Group group)
    {
        kernel.DetachGroup(from.Name, group.Id);
        return kernel.AttachGroup(to.Name, group.Id);
    }
}
