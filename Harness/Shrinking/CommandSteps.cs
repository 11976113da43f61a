using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>Scenarios in which one operand of one command is simpler.</summary>
internal static class CommandSteps
{
    private const Prot ReadWrite = Prot.Read | Prot.Write;

    public static IEnumerable<Scenario> Of(Scenario scenario)
    {
        var commands = scenario.Commands.ToImmutableArray();
        for (var i = 0; i < commands.Length; i++)
        {
            foreach (var operand in CommandShape.Of(commands[i].Op).Operands)
            {
                foreach (var simpler in Simpler(scenario.Topology, operand, commands[i]))
                {
                    yield return scenario with { Commands = commands.SetItem(i, simpler) };
                }
            }
        }
    }

    private static IEnumerable<Command> Simpler(Topology topology, Operand operand, Command command) =>
        operand switch
        {
            Operand.Instance or Operand.Group => Below(command.A).Select(a => command with { A = a }),
            Operand.Device => Below(command.A).Select(a => OnDevice(topology, command, a)),
            Operand.Ioas or Operand.Hwpt or Operand.Container =>
                Below(command.A).Select(a => command with { A = a }),
            Operand.DeviceB or Operand.GroupB or Operand.RequesterIndex or Operand.ContextB
                or Operand.IoasB => Below(command.B).Select(b => command with { B = b }),
            Operand.Table => Tables(command.Table).Select(t => command with { A = t.Packed }),
            Operand.Parent => Tables(command.Parent).Select(t => command with { Pa = (ulong)t.Packed }),
            Operand.Memory => NumberSteps.Of(command.Pa, plain: 0).Select(v => command with { Pa = v }),
            Operand.SourceIova => NumberSteps.Of(command.Pa, ScenarioWeight.PlainIova)
                .Select(v => command with { Pa = v }),
            Operand.Type1Version => [command with { Extra = 2 }],
            Operand.Owner => Prepend(1, command.A).Select(a => command with { A = a }),
            Operand.Slot or Operand.Domain =>
                from n in Below(command.Domain.Index)
                select command with { A = (command.Domain with { Index = n }).Packed },
            Operand.Iova =>
                NumberSteps.Of(command.Iova, ScenarioWeight.PlainIova).Select(v => command with { Iova = v }),
            Operand.Pa => NumberSteps.Of(command.Pa, ScenarioWeight.PlainPa)
                .Select(v => command with { Pa = v }),
            Operand.Size =>
                NumberSteps.Of(command.Size, ScenarioWeight.PlainIova).Select(v => command with { Size = v }),
            Operand.Skip or Operand.DmaPasid =>
                Below((int)Math.Min(command.Size, 16)).Select(n => command with { Size = (ulong)n }),
            Operand.Prot => Flags(command.Extra, (uint)ReadWrite).Select(p => command with { Extra = p }),
            Operand.AllocFlags or Operand.HwptFlags =>
                Flags(command.Extra, 0).Select(f => command with { Extra = f }),
            Operand.Pasid =>
                Prepend(1, (int)Math.Min(command.Extra, 16)).Select(p => command with { Extra = (uint)p }),
            Operand.Errno => [command with { Extra = (uint)Errno.ENOMEM }],
            _ => Below((int)command.Extra).Select(e => command with { Extra = (uint)e }),
        };

    /// <summary>
    /// A lower device; a DMA's requester goes back to the first one where the device has fewer.
    /// </summary>
    private static Command OnDevice(Topology topology, Command command, int device) =>
        command.Op is Op.Dma or Op.DmaMemory && command.B >= topology.Devices[device].Requesters.Length
            ? command with { A = device, B = 0 }
            : command with { A = device };

    /// <summary>Lower ones of the same kind; in place of a HWPT an IOAS, too.</summary>
    private static IEnumerable<PageTableRef> Tables(PageTableRef table) =>
        Enumerable.Range(0, table.IsHwpt ? ClientLimits.Ioas : 0).Select(PageTableRef.Ioas)
            .Concat(Below(table.Index).Select(n => table with { Index = n }));

    private static IEnumerable<int> Below(int value) => Enumerable.Range(0, Math.Max(value, 0));

    private static IEnumerable<int> Prepend(int first, int value) => Below(value).Prepend(first);

    /// <summary>The plain set, then one flag less at a time.</summary>
    private static IEnumerable<uint> Flags(uint flags, uint plain)
    {
        yield return plain;
        for (var bit = 1U; bit <= flags; bit <<= 1)
        {
            if ((flags & bit) != 0)
            {
                yield return flags & ~bit;
            }
        }
    }
}
