using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>
/// Moves the commands of a scenario to a smaller topology; what names a thing that is gone goes too.
/// </summary>
internal sealed class Retarget
{
    private const int Gone = -1;

    private readonly Topology old;
    private readonly Topology next;
    private readonly int[] devices;
    private readonly int[] instances;
    private readonly int[] groups;

    /// <param name="old">The topology that the commands are written for.</param>
    /// <param name="next">The new one.</param>
    /// <param name="devices">New index by old index, -1 for gone.</param>
    /// <param name="instances">New index by old index, -1 for gone.</param>
    private Retarget(Topology old, Topology next, int[] devices, int[] instances)
    {
        this.old = old;
        this.next = next;
        this.devices = devices;
        this.instances = instances;
        groups = [.. Enumerable.Range(0, old.GroupCount).Select(NewGroup)];
    }

    /// <summary>The scenario with other devices, all still there.</summary>
    public static Scenario WithTopology(Scenario scenario, Topology next) => new Retarget(
        scenario.Topology,
        next,
        [.. Enumerable.Range(0, scenario.Topology.Devices.Length)],
        [.. Enumerable.Range(0, scenario.Topology.Instances.Length)]).Move(scenario);

    /// <summary>The scenario without one device; null when it is the only one.</summary>
    public static Scenario? WithoutDevice(Scenario scenario, int device)
    {
        var topology = scenario.Topology;
        return topology.Devices.Length == 1
            ? null
            : new Retarget(
                topology,
                topology with { Devices = topology.Devices.RemoveAt(device) },
                Without(topology.Devices.Length, d => d == device),
                Without(topology.Instances.Length, static _ => false)).Move(scenario);
    }

    /// <summary>
    /// The scenario without one instance, without the requesters on it, and without the devices that had no
    /// other; null when nothing would be left.
    /// </summary>
    public static Scenario? WithoutInstance(Scenario scenario, int instance)
    {
        var topology = scenario.Topology;
        var renumbered = Without(topology.Instances.Length, i => i == instance);
        var kept = topology.Devices
            .Select(d => d with
            {
                Requesters =
                [
                    .. d.Requesters.Where(r => r.Instance.Index != instance)
                        .Select(r => r with { Instance = new InstanceId(renumbered[r.Instance.Index]) }),
                ],
            })
            .ToList();
        var smaller = topology with
        {
            Instances = topology.Instances.RemoveAt(instance),
            Devices = [.. kept.Where(d => !d.Requesters.IsEmpty)],
        };
        var present = Without(kept.Count, d => kept[d].Requesters.IsEmpty);
        return smaller.Devices.IsEmpty
            ? null
            : new Retarget(topology, smaller, present, renumbered).Move(scenario);
    }

    private static int[] Without(int count, Func<int, bool> gone)
    {
        var kept = 0;
        return [.. Enumerable.Range(0, count).Select(i => gone(i) ? Gone : kept++)];
    }

    private Scenario Move(Scenario scenario)
    {
        var commands = ImmutableArray.CreateBuilder<Command>();
        foreach (var command in scenario.Commands)
        {
            if (Move(command) is { } moved)
            {
                commands.Add(moved);
            }
        }

        return new Scenario(scenario.Era, next, commands.ToImmutable());
    }

    private Command? Move(Command command)
    {
        var moved = command;
        foreach (var operand in CommandShape.Of(command.Op).Operands)
        {
            moved = operand switch
            {
                Operand.Instance => moved with { A = instances[command.A] },
                Operand.Device => moved with { A = devices[command.A] },
                Operand.Group => moved with { A = groups[command.A] },
                Operand.DeviceB => moved with { B = devices[command.B] },
                Operand.GroupB => moved with { B = groups[command.B] },
                Operand.Domain => moved with { A = Move(command.Domain) },
                Operand.RequesterIndex => moved with { B = MoveRequester(command.A, command.B) },
                _ => moved,
            };
            if (moved.A == Gone || moved.B == Gone)
            {
                return null;
            }
        }

        return moved;
    }

    private int Move(DomainRef domain)
    {
        var index = domain.Role switch
        {
            DomainRole.Slot => domain.Index,
            DomainRole.Default or DomainRole.Blocking => groups[domain.Index],
            _ => instances[domain.Index],
        };
        return index == Gone ? Gone : (domain with { Index = index }).Packed;
    }

    private int NewGroup(int group)
    {
        foreach (var member in old.DevicesOf(new GroupId(group)))
        {
            if (devices[member.Index] != Gone)
            {
                return next.GroupOf(new DeviceId(devices[member.Index])).Index;
            }
        }

        return Gone;
    }

    /// <summary>
    /// The same requester where it still is, else the same place in the list, else the first.
    /// </summary>
    private int MoveRequester(int device, int index)
    {
        var was = old.Devices[device].Requesters[index];
        var now = next.Devices[devices[device]].Requesters;
        var at = now.IndexOf(was with { Instance = new InstanceId(instances[was.Instance.Index]) });
        if (at >= 0)
        {
            return at;
        }

        return now.Length == old.Devices[device].Requesters.Length ? index : 0;
    }
}
