using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Clients.VfioType1;

/// <summary>Groups come and go.</summary>
public sealed partial class Type1
{
    /// <summary>
    /// vfio_iommu_type1_attach_group: a domain of its own first, then, where one of the container's is like
    /// it, that one. An error leaves the group on the blocking domain.
    /// </summary>
    public Errno Attach(Group group)
    {
        var result = Allocate(group, out var own);
        if (own is null)
        {
            return result;
        }

        result = Kernel.AttachGroup(own.Name, group.Id);
        if (result != Errno.OK)
        {
            Kernel.Free(own.Name);
            return result;
        }

        var shared = valid.Copy();
        if (!Fits(own, group, shared))
        {
            return Undo(own, group, Errno.EINVAL);
        }

        own.IsCoherent = Kernel.Core.CallEnforceCacheCoherency(own.Domain);
        result = Policy.Sharing.Share(Kernel, [.. domains], own, group, out var taken);
        if (taken is not null || result != Errno.OK)
        {
            Kernel.Free(own.Name);
            taken?.Groups.Insert(0, group);
            valid = taken is null ? valid : shared;
            return result;
        }

        if (Policy.ProbesSplitting)
        {
            ProbeSplitting(own, shared);
        }

        result = Replay(own);
        if (result != Errno.OK)
        {
            return Undo(own, group, result);
        }

        own.Groups.Add(group);
        domains.Insert(0, own);
        UpdatePageSizes();
        valid = shared;
        return Errno.OK;
    }

    /// <summary>
    /// vfio_iommu_type1_detach_group: the group goes to the blocking domain; the last group of a domain takes
    /// it along, and the last domain all mappings.
    /// </summary>
    public void Detach(Group group)
    {
        var rest = valid.Copy();
        if (domains.Find(d => d.Groups.Contains(group)) is { } domain)
        {
            Kernel.DetachGroup(domain.Name, group.Id);
            domain.Groups.Remove(group);
            if (domain.Groups.Count == 0)
            {
                Retire(domain);
                rest.Expand(domains);
                UpdatePageSizes();
            }
        }

        if (rest.Refresh(domains.SelectMany(d => d.Groups).SelectMany(RegionsOf)))
        {
            valid = rest;
        }
    }

    private Errno Allocate(Group group, out Type1Domain? domain)
    {
        domain = null;
        var name = FreeName();
        var dev = group.Devices[0].Device;
        var result = Kernel.Call(new Command(Op.Alloc, name.Packed, dev.Id.Index, 0, 0, 0, 0));
        if (result.Errno != Errno.OK)
        {
            return Policy.NoDomain == Errno.OK ? result.Errno : Policy.NoDomain;
        }

        domain = Kernel.Core.Resolve(name) is { } made
            ? new Type1Domain(name, made)
            : throw new InvalidOperationException($"the core does not know {name} that it allocated");
        return Errno.OK;
    }

    private DomainRef FreeName()
    {
        var index = 0;
        while (Kernel.Core.Resolve(ClientSlots.Vfio(index)) is not null)
        {
            index++;
        }

        return ClientSlots.Vfio(index);
    }

    /// <summary>
    /// Aperture and reserved regions of the newcomer leave every mapping in place and something to map in.
    /// </summary>
    private bool Fits(Type1Domain own, Group group, ValidIovas shared)
    {
        if (shared.Conflicts(own.Domain.Aperture, Mappings))
        {
            return false;
        }

        var regions = RegionsOf(group);
        foreach (var region in regions)
        {
            if (region.Type != ResvType.DirectRelaxable
                && Mappings.Find(region.Start.Value, region.Length) is not null)
            {
                return false;
            }
        }

        shared.Resize(own.Domain.Aperture);
        return shared.Exclude(regions);
    }

    private Errno Undo(Type1Domain own, Group group, Errno result)
    {
        Kernel.DetachGroup(own.Name, group.Id);
        Kernel.Free(own.Name);
        return result;
    }

    private void Retire(Type1Domain domain)
    {
        if (domains.Count == 1)
        {
            RemoveAll();
        }

        Kernel.Free(domain.Name);
        domains.Remove(domain);
    }

    /// <summary>
    /// vfio_test_domain_fgsp: two pages of the kernel are mapped at the first place for them; when one of
    /// them cannot be unmapped alone, large pages come by themselves.
    /// </summary>
    private void ProbeSplitting(Type1Domain own, ValidIovas shared)
    {
        var pair = 2 * PageSize;
        foreach (var (first, last) in shared.Ranges)
        {
            var start = unchecked((first + pair - 1) & ~(pair - 1));
            if (start >= last || last - start < pair)
            {
                continue;
            }

            if (Kernel.Map(own.Name, start, memory.Behind.Value, pair, Prot.Cache | Prot.Read | Prot.Write)
                != Errno.OK)
            {
                return;
            }

            own.HasFineLargePages = Kernel.Unmap(own.Name, start, PageSize) != PageSize;
            if (!own.HasFineLargePages)
            {
                Kernel.Unmap(own.Name, start + PageSize, PageSize);
            }

            return;
        }
    }

    /// <summary>
    /// vfio_iommu_replay: every mapping into a new domain, by what the first one says of it; an error takes
    /// all of them out again, the failed one first.
    /// </summary>
    private Errno Replay(Type1Domain own)
    {
        for (var i = 0; i < Mappings.All.Count; i++)
        {
            var result = Replay(own, Mappings.All[i]);
            if (result != Errno.OK)
            {
                for (var undone = i; undone >= 0; undone--)
                {
                    Kernel.Unmap(own.Name, Mappings.All[undone].Iova, Mappings.All[undone].Size);
                }

                return result;
            }
        }

        return Errno.OK;
    }

    private Errno Replay(Type1Domain own, Type1Mapping mapping)
    {
        var walked = Mappings.Walked(mapping);
        var done = 0UL;
        while (done < walked)
        {
            var iova = unchecked(mapping.Iova + done);
            var pa = Kernel.IovaToPhys(domains[0].Name, iova);
            if (pa == 0)
            {
                done += PageSize;
                continue;
            }

            var size = ContiguousFrom(domains[0], iova, pa, walked - done);
            var result = Kernel.Map(own.Name, iova, pa, size, Policy.Requests.ProtOf(mapping));
            if (result != Errno.OK)
            {
                return result;
            }

            done += size;
        }

        return Errno.OK;
    }
}
