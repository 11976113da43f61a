using System.Collections.Immutable;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// Small changes to a scenario that is known to be interesting: the topology stays, commands are cut,
/// doubled, moved, taken from a second scenario or given other operands. Deterministic by seed; the result is
/// valid.
/// </summary>
public static class ScenarioMutator
{
    /// <summary>Commands a mutated scenario has at most.</summary>
    public const int LengthMax = 4096;

    /// <summary>
    /// A changed copy of <paramref name="scenario"/>. Commands of <paramref name="donor"/> are taken only
    /// where their operands exist in the topology of <paramref name="scenario"/>.
    /// </summary>
    public static Scenario Mutate(Scenario scenario, Scenario? donor, ulong seed)
    {
        var dice = new Dice(seed);
        var commands = scenario.Commands.ToList();
        for (var n = 1 + dice.Below(4); n > 0; n--)
        {
            Change(dice, scenario.Topology, commands, donor?.Commands ?? scenario.Commands);
        }

        if (commands.Count > LengthMax)
        {
            commands.RemoveRange(LengthMax, commands.Count - LengthMax);
        }

        return scenario with { Commands = commands.ToImmutableArray() };
    }

    private static void Change(
        Dice dice, Topology topology, List<Command> commands, IReadOnlyList<Command> donor)
    {
        if (commands.Count == 0)
        {
            Insert(commands, 0, Fitting(topology, donor));
            return;
        }

        var at = dice.Below(commands.Count);
        var run = Math.Min(commands.Count - at, 1 + dice.Below(8));
        switch (dice.Weighted([20, 15, 15, 20, 30]))
        {
            case 0:
                commands.RemoveRange(at, run);
                break;
            case 1:
                Insert(commands, dice.Below(commands.Count + 1), commands.GetRange(at, run));
                break;
            case 2:
                var moved = commands.GetRange(at, run);
                commands.RemoveRange(at, run);
                Insert(commands, dice.Below(commands.Count + 1), moved);
                break;
            case 3:
                var from = donor.Count == 0 ? 0 : dice.Below(donor.Count);
                Insert(commands, at, Fitting(topology, donor.Skip(from).Take(1 + dice.Below(16))));
                break;
            default:
                commands[at] = Alter(dice, topology, commands, at);
                break;
        }
    }

    private static void Insert(List<Command> commands, int at, IEnumerable<Command> more) =>
        commands.InsertRange(at, more.ToArray());

    private static IEnumerable<Command> Fitting(Topology topology, IEnumerable<Command> commands) =>
        commands.Where(c => Fits(topology, c));

    /// <summary>Do all the operands name something of the topology?</summary>
    internal static bool Fits(Topology topology, Command command)
    {
        foreach (var operand in CommandShape.Of(command.Op).Operands)
        {
            var fits = operand switch
            {
                Operand.Instance => command.A < topology.Instances.Length,
                Operand.Device => command.A < topology.Devices.Length,
                Operand.DeviceB => command.B < topology.Devices.Length,
                Operand.Group => command.A < topology.GroupCount,
                Operand.GroupB => command.B < topology.GroupCount,
                Operand.RequesterIndex => command.B < topology.Devices[command.A].Requesters.Length,
                Operand.Domain => command.Domain.Role switch
                {
                    DomainRole.Slot => true,
                    DomainRole.Default or DomainRole.Blocking => command.Domain.Index < topology.GroupCount,
                    _ => command.Domain.Index < topology.Instances.Length,
                },
                _ => true,
            };
            if (!fits)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Another address, size, number or name in one command; addresses come from the other commands or move
    /// by powers of two, so that they meet.
    /// </summary>
    private static Command Alter(Dice dice, Topology topology, List<Command> commands, int at)
    {
        var command = commands[at];
        var other = dice.Pick(commands);
        var shift = dice.Between(12, 30);
        var delta = (dice.Percent(50) ? 1UL : ulong.MaxValue) << shift;
        var altered = dice.Pick(CommandShape.Of(command.Op).Operands) switch
        {
            Operand.Instance => command with { A = dice.Below(topology.Instances.Length) },
            Operand.Device => command with { A = dice.Below(topology.Devices.Length) },
            Operand.DeviceB => command with { B = dice.Below(topology.Devices.Length) },
            Operand.Group => command with { A = dice.Below(topology.GroupCount) },
            Operand.GroupB => command with { B = dice.Below(topology.GroupCount) },
            Operand.Owner => command with { A = dice.Below(3) },
            Operand.Slot => command with { A = DomainRef.Slot(dice.Below(LightState.Slots)).Packed },
            Operand.Domain => command with { A = AlterDomain(dice, topology).Packed },
            Operand.Iova => command with { Iova = dice.Percent(50) ? other.Iova : command.Iova + delta },
            Operand.Pa => command with { Pa = dice.Percent(30) ? other.Pa : command.Pa + delta },
            Operand.Size => command with { Size = AlterSize(dice, command.Size) },
            Operand.Prot => command with { Extra = command.Extra ^ (1U << dice.Below(6)) },
            Operand.Type => command with { Extra = (uint)dice.Below(4) },
            Operand.Pasid => command with { Extra = (uint)dice.Below(5) },
            Operand.AllocFlags => command with { Extra = (uint)dice.Below(8) },
            Operand.Access => command with { Extra = command.Extra ^ 1 },
            Operand.DmaPasid => command with { Size = (ulong)dice.Below(4) },
            Operand.Skip => command with { Size = (ulong)dice.Below(4) },
            _ => command,
        };
        var moved = altered.Iova != command.Iova || altered.Pa != command.Pa;
        if (moved && altered.Op == Op.Map)
        {
            // A huge map at another place may need hundreds of thousands of small pages.
            altered = altered with { Size = Math.Min(altered.Size, 0x20_0000) };
        }

        return Fits(topology, altered) ? altered : command;
    }

    /// <summary>Stays below 64 MiB, or what it was.</summary>
    private static ulong AlterSize(Dice dice, ulong size) => dice.Below(4) switch
    {
        0 => 0x1000UL << dice.Below(14),
        1 => size < 0x200_0000 ? size + 0x1000 : size,
        2 => size >= 0x2000 ? size - 0x1000 : size,
        _ => size / 2,
    };

    private static DomainRef AlterDomain(Dice dice, Topology topology)
    {
        var role = (DomainRole)dice.Weighted([70, 15, 5, 5, 5]);
        return new DomainRef(role, dice.Below(role switch
        {
            DomainRole.Slot => LightState.Slots,
            DomainRole.Default or DomainRole.Blocking => topology.GroupCount,
            _ => topology.Instances.Length,
        }));
    }
}
