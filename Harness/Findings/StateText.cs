using Conformance.Model.Contract;
using Conformance.Model.Core;

namespace Conformance.Harness.Findings;

/// <summary>The state of a system as a reviewer wants to see it: one line a group.</summary>
public static class StateText
{
    /// <summary>Groups in the order of their numbers; devices without IOMMU last.</summary>
    public static IReadOnlyList<string> Describe(IommuCore core)
    {
        var lines = core.Groups.OrderBy(group => group.Id.Index).Select(group => Line(core, group)).ToList();
        var outside = core.Devices.Where(dev => dev.Driver is null).Select(dev => dev.Id.ToString()).ToList();
        if (outside.Count > 0)
        {
            lines.Add($"without IOMMU: {string.Join(' ', outside)}");
        }

        return lines;
    }

    private static string Line(IommuCore core, Group group)
    {
        var devices = string.Join(' ', group.Devices.Select(member => Device(core, member)));
        var text = $"{group.Id} [{devices}] domain {Name(group.Domain)}, "
            + $"default {Name(group.DefaultDomain)}, blocking {Name(group.BlockingDomain)}, "
            + $"owner {group.Owner}, owner_cnt {group.OwnerCount}";
        foreach (var (pasid, slot) in group.Pasids)
        {
            text += pasid == 0 ? $", handle {Name(slot.Domain)}" : $", pasid {pasid} {Name(slot.Domain)}";
        }

        return text;
    }

    private static string Device(IommuCore core, GroupDevice member) => member.Device.Id
        + (core.IsBound(member.Device) ? "(bound)" : "")
        + (member.Device.AttachDeferred ? "(deferred)" : "")
        + (member.Blocked ? "(in reset)" : "");

    private static string Name(IommuDomain? domain) => domain?.ToString() ?? "NULL";
}
