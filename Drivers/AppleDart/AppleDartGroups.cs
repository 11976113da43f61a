using Conformance.Model.Contract;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// Who shares a group with whom (apple_dart_device_group): the owners of a device's streams decide, then the
/// bus.
/// </summary>
/// <remarks>
/// The bus's key stands for pci_device_group. A platform device has a group of its own in Linux; a key that
/// it shares with another means that firmware gives both the same place on the fabric, so they join too.
/// </remarks>
internal sealed class AppleDartGroups
{
    private readonly Dictionary<int, Group> groups = [];

    /// <summary>
    /// The group's key; negative for -EINVAL: streams owned by two groups (or only the first of them owned),
    /// or PCI devices of one group that are not all behind one and the same unit.
    /// </summary>
    public int Join(IommuDevice dev, AppleDartMaster master)
    {
        if (!TryOwner(master, out var mark))
        {
            return -1;
        }

        var key = mark != 0 ? mark - 1 : dev.Spec.Group;
        if (!groups.TryGetValue(key, out var group))
        {
            groups[key] = group = new Group();
        }
        else if (mark == 0 && !group.Present.TrueForAll(m => CanMerge(m, master)))
        {
            return -1;
        }

        if (mark == 0)
        {
            group.Merged.Add(master);
            MarkStreams(master, key + 1);
        }

        group.Present.Add(master);
        master.GroupMark = key + 1;
        return key;
    }

    /// <summary>All streams of a group are forgotten when its last device has left.</summary>
    public void Leave(AppleDartMaster master)
    {
        var key = master.GroupMark - 1;
        master.GroupMark = 0;
        if (!groups.TryGetValue(key, out var group) || !group.Present.Remove(master))
        {
            return;
        }

        if (group.Present.Count > 0)
        {
            return;
        }

        groups.Remove(key);
        foreach (var merged in group.Merged)
        {
            MarkStreams(merged, 0);
        }
    }

    /// <summary>Owner of all streams, 0 for none; false when they differ.</summary>
    private static bool TryOwner(AppleDartMaster master, out int mark)
    {
        mark = 0;
        for (var slot = 0; slot < master.Slots && master.Unit(slot) is { } unit; slot++)
        {
            for (var stream = 0u; master.Streams(slot).Next(ref stream, unit.Streams); stream++)
            {
                var owner = unit.StreamOwners[stream];
                if (mark != 0 && owner != mark)
                {
                    return false;
                }

                mark = owner;
            }
        }

        return true;
    }

    private static bool CanMerge(AppleDartMaster member, AppleDartMaster master) =>
        (!member.IsPci && !master.IsPci)
        || (member.Unit(1) is null && master.Unit(1) is null && member.First == master.First);

    private static void MarkStreams(AppleDartMaster master, int mark)
    {
        for (var slot = 0; slot < master.Slots && master.Unit(slot) is { } unit; slot++)
        {
            for (var stream = 0u; master.Streams(slot).Next(ref stream, unit.Streams); stream++)
            {
                unit.StreamOwners[stream] = mark;
            }
        }
    }

    private sealed class Group
    {
        /// <summary>Its devices.</summary>
        public List<AppleDartMaster> Present { get; } = [];

        /// <summary>Those, present or gone, whose streams the group owns (its iommudata).</summary>
        public List<AppleDartMaster> Merged { get; } = [];
    }
}
