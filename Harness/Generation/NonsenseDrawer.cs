using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// Spoils one operand of a command on purpose; the result is still a command of the text form.
/// </summary>
internal sealed class NonsenseDrawer(Dice dice, Topology topology, CommandDrawer draw)
{
    public Command Spoil(Command command)
    {
        var spoiled = Spoil(command, dice.Pick(CommandShape.Of(command.Op).Operands));
        if (spoiled.Op is not (Op.Map or Op.Unmap or Op.UnmapFast))
        {
            return spoiled;
        }

        var pa = spoiled.Op == Op.Map ? spoiled.Pa : spoiled.Iova;
        var size = RangeDrawer.Bearable(draw.LadderOf(spoiled.Domain), spoiled.Iova, pa, spoiled.Size);
        return spoiled with { Size = size };
    }

    private Command Spoil(Command command, Operand operand) => operand switch
    {
        Operand.Instance => command with { A = dice.Below(topology.Instances.Length) },
        Operand.Device => SpoilDevice(command),
        Operand.DeviceB => command with { B = dice.Below(topology.Devices.Length) },
        Operand.Group => command with { A = dice.Below(topology.GroupCount) },
        Operand.GroupB => command with { B = dice.Below(topology.GroupCount) },
        Operand.Owner => command with { A = dice.Percent(60) ? 0 : dice.Below(4) },
        Operand.Slot => command with { A = DomainRef.Slot(dice.Below(LightState.Slots + 1)).Packed },
        Operand.Domain => command with { A = SpoilDomain().Packed },
        Operand.Iova => command with { Iova = SpoilAddress(command, command.Iova) },
        Operand.Pa => command with { Pa = SpoilPa(command) },
        Operand.Size => command with { Size = SpoilSize(command) },
        Operand.Prot => command with { Extra = dice.Percent(70) ? 0 : (uint)dice.Below(64) },
        Operand.Type => command with { Extra = (uint)dice.Below(4) },
        Operand.Pasid => command with { Extra = dice.Percent(50) ? 0 : (uint)dice.Next() >> dice.Below(30) },
        Operand.DmaPasid => command with { Size = (ulong)dice.Below(4) },
        Operand.AllocFlags => command with { Extra = (uint)dice.Below(8) },
        _ => command,
    };

    /// <summary>
    /// A DMA's requester index counts the device's own requesters, so it goes back to the first.
    /// </summary>
    private Command SpoilDevice(Command command)
    {
        var device = dice.Below(topology.Devices.Length);
        return command.Op == Op.Dma ? command with { A = device, B = 0 } : command with { A = device };
    }

    private DomainRef SpoilDomain() => dice.Below(6) switch
    {
        0 => DomainRef.DefaultOf(new GroupId(dice.Below(topology.GroupCount))),
        1 => DomainRef.BlockingOf(new GroupId(dice.Below(topology.GroupCount))),
        2 => DomainRef.IdentityOf(new InstanceId(dice.Below(topology.Instances.Length))),
        3 => DomainRef.BlockedOf(new InstanceId(dice.Below(topology.Instances.Length))),
        _ => DomainRef.Slot(dice.Below(LightState.Slots + 1)),
    };

    private ulong SpoilAddress(in Command command, ulong address)
    {
        var ladder = draw.LadderOf(DomainOf(command));
        return dice.Below(6) switch
        {
            0 => address + 1,
            1 => address + (ladder.Min / 2),
            2 => 0 - ladder.Min,
            3 => ladder.Last + 1,
            4 => ladder.IovaLast + 1,
            _ => 0 - Math.Max(command.Size, ladder.Min),
        };
    }

    private ulong SpoilPa(in Command command)
    {
        var ladder = draw.LadderOf(DomainOf(command));
        return dice.Below(4) switch
        {
            0 => command.Pa + 1,
            1 => ladder.PaLast + 1,
            2 => 0 - ladder.Min,
            _ => ladder.PaLast & ~(ladder.Min - 1),
        };
    }

    private ulong SpoilSize(in Command command)
    {
        var ladder = draw.LadderOf(DomainOf(command));
        var kind = dice.Below(3);
        if (kind == 0 || ladder.SizesOnly)
        {
            return 0;
        }

        return kind == 1 ? command.Size + 1 : ladder.Min / 2;
    }

    private static DomainRef DomainOf(in Command command) =>
        CommandShape.Of(command.Op).Operands.Contains(Operand.Domain) ? command.Domain : DomainRef.Slot(0);
}
