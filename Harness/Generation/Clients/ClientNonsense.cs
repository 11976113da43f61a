using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>
/// Spoils one operand of a client's command on purpose; the result is still a command of the text form.
/// </summary>
internal sealed class ClientNonsense(Dice dice, ClientPlace place)
{
    public Command Spoil(Command command)
    {
        // What the kernel itself maps, and accesses at addresses, are somebody else's mistakes.
        if (!command.IsClient)
        {
            return command;
        }

        var operands = CommandShape.Of(command.Op).Operands;
        return Spoil(command, dice.Pick(operands));
    }

    private Command Spoil(Command command, Operand operand) => operand switch
    {
        Operand.Device => SpoilDevice(command),
        Operand.DeviceB => command with { B = dice.Below(place.Topology.Devices.Length) },
        Operand.Group => command with { A = dice.Below(place.Topology.GroupCount) },
        Operand.GroupB => command with { B = dice.Below(place.Topology.GroupCount) },
        Operand.ContextB => command with { B = dice.Below(ClientLimits.Contexts) },
        Operand.Ioas or Operand.Hwpt => command with { A = dice.Below(ClientState.Slots + 1) },
        Operand.IoasB => command with { B = dice.Below(ClientState.Slots + 1) },
        Operand.Table => command with { A = AnyTable().Packed },
        Operand.Parent => command with { Pa = (ulong)AnyTable().Packed },
        Operand.Container => command with { A = dice.Below(ClientLimits.Containers) },
        Operand.Iova => command with { Iova = SpoilAddress(command.Iova, command.Size) },
        Operand.SourceIova => command with { Pa = SpoilAddress(command.Pa, command.Size) },
        Operand.Memory when command.Op == Op.DmaMemory => command with { Pa = LastWord },
        Operand.Memory => command with { Pa = SpoilMemory(command) },
        Operand.Size => command with { Size = SpoilSize(command) },
        Operand.Prot => command with { Extra = (uint)dice.Below(4) },
        Operand.Type1Version => command with { Extra = command.Extra == 1 ? 2U : 1U },
        Operand.HwptFlags => command with { Extra = (uint)dice.Below(16) },
        _ => command,
    };

    /// <summary>
    /// A DMA's requester index counts the device's own requesters, so it goes back to the first.
    /// </summary>
    private Command SpoilDevice(Command command)
    {
        var device = dice.Below(place.Topology.Devices.Length);
        return command with { A = device, B = command.Op == Op.DmaMemory ? 0 : command.B };
    }

    private PageTableRef AnyTable() => dice.Percent(50)
        ? PageTableRef.Ioas(dice.Below(ClientState.Slots + 1))
        : PageTableRef.Hwpt(dice.Below(ClientState.Slots + 1));

    private ulong SpoilAddress(ulong address, ulong size)
    {
        var ladder = place.LadderOf(dice.Below(place.Topology.Devices.Length));
        var page = place.Memory.PageSize;
        return dice.Below(9) switch
        {
            0 => address + 1,
            1 => address + (page / 2),
            2 => 0 - page,
            3 => ladder.Last + 1,
            4 => ladder.IovaLast + 1 - size,
            5 => 0 - size,
            6 => 0 - size + page,
            7 => ulong.MaxValue,
            _ => 0,
        };
    }

    private ulong LastWord => place.Memory.Size - 4;

    /// <summary>Byte offsets, and the end of the memory.</summary>
    private ulong SpoilMemory(in Command command)
    {
        var page = place.Memory.PageSize;
        var last = command.Size < place.Memory.Size ? place.Memory.Size - command.Size : 0;
        return dice.Below(4) switch
        {
            0 => Math.Min(command.Pa, last - Math.Min(last, page)) + 1,
            1 => Math.Min(command.Pa, last - Math.Min(last, page)) + (page / 2),
            2 => last,
            _ => 0,
        };
    }

    private ulong SpoilSize(in Command command)
    {
        var page = place.Memory.PageSize;
        return dice.Below(7) switch
        {
            0 or 1 => 0,
            2 => command.Size + 1,
            3 => page / 2,
            4 => 0 - command.Iova,
            5 => 0 - command.Iova + page,
            _ => ulong.MaxValue,
        };
    }
}
