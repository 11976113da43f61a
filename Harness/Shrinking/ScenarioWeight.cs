using System.Numerics;
using System.Runtime.InteropServices;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>
/// How much a scenario says, as a total order: commands, then devices and instances, then attributes, then
/// the bits of addresses and sizes, then the size of all numbers. Each shrinking step lowers it, so shrinking
/// ends.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ScenarioWeight(
    int Commands, int Things, int Attributes, int Bits, UInt128 Values)
    : IComparable<ScenarioWeight>
{
    /// <summary>The IOVA, and the size, that needs no explanation.</summary>
    public const ulong PlainIova = 0x1000;

    /// <summary>The physical address that needs no explanation.</summary>
    public const ulong PlainPa = 0x10_0000;

    public static ScenarioWeight Of(Scenario scenario)
    {
        var topology = scenario.Topology;
        var sum = new Sum();
        foreach (var device in topology.Devices)
        {
            AddDevice(ref sum, device);
        }

        var attributes = sum.Attributes + topology.GroupCount
            + (topology.CpuPageShift == 12 ? 0 : 1)
            + (topology.Kernel.Passthrough is null ? 0 : 1)
            + (topology.Kernel.Strict is null ? 0 : 1)
            + (topology.Kernel.Kdump ? 1 : 0)
            + (topology.Kernel.Vfio ? 1 : 0)
            + topology.Instances.Count(i => i != First(topology, i));
        foreach (var command in scenario.Commands)
        {
            foreach (var operand in CommandShape.Of(command.Op).Operands)
            {
                AddOperand(ref sum, operand, command);
            }
        }

        var things = topology.Devices.Length + topology.Instances.Length;
        return new ScenarioWeight(scenario.Commands.Count, things, attributes, sum.Bits, sum.Values);
    }

    /// <summary>The first instance of the same driver.</summary>
    public static InstanceSpec First(Topology topology, InstanceSpec instance) =>
        topology.Instances.First(i => string.Equals(i.Driver, instance.Driver, StringComparison.Ordinal));

    public int CompareTo(ScenarioWeight other) =>
        (Commands, Things, Attributes, Bits, Values).CompareTo(
            (other.Commands, other.Things, other.Attributes, other.Bits, other.Values));

    private static void AddDevice(ref Sum sum, DeviceSpec device)
    {
        sum.Attributes += device.Requesters.Length
            + (device.Pci ? 1 : 0) + (device.Untrusted ? 1 : 0) + (device.Ats ? 1 : 0)
            + (device.ColdPlug ? 0 : 1) + (device.Deferred ? 1 : 0)
            + (device.MaxPasids == 0 ? 0 : 1) + (device.Wish == DeviceWish.None ? 0 : 1);
        sum.Values += (uint)device.Group + device.MaxPasids;
        foreach (var requester in device.Requesters)
        {
            sum.Number(requester.Id.Value, plain: 0);
        }

        foreach (var region in device.Regions)
        {
            sum.Attributes += region.Prot == (Prot.Read | Prot.Write) ? 1 : 2;
            sum.Number(region.Start.Value, PlainIova);
            sum.Number(region.Length, PlainIova);
        }
    }

    private static void AddOperand(ref Sum sum, Operand operand, in Command command)
    {
        switch (operand)
        {
            case Operand.Iova:
                sum.Number(command.Iova, PlainIova);
                break;
            case Operand.Pa:
                sum.Number(command.Pa, PlainPa);
                break;
            case Operand.Size:
                sum.Number(command.Size, PlainIova);
                break;
            case Operand.SourceIova:
                sum.Number(command.Pa, PlainIova);
                break;
            case Operand.Memory:
                sum.Number(command.Pa, plain: 0);
                break;
            default:
                sum.Values += SmallRank(operand, command);
                break;
        }
    }

    private static uint SmallRank(Operand operand, in Command command) => operand switch
    {
        Operand.Instance or Operand.Device or Operand.Group => (uint)command.A,
        Operand.Ioas or Operand.Hwpt or Operand.Container => (uint)command.A,
        Operand.DeviceB or Operand.GroupB or Operand.RequesterIndex => (uint)command.B,
        Operand.ContextB or Operand.IoasB => (uint)command.B,
        Operand.Table => TableRank(command.Table),
        Operand.Parent => TableRank(command.Parent),
        Operand.Owner => command.A == 1 ? 0 : 1 + (uint)command.A,
        Operand.Slot or Operand.Domain => (uint)command.Domain.Index,
        Operand.Skip or Operand.DmaPasid => (uint)command.Size,
        Operand.Prot => command.Prot == (Prot.Read | Prot.Write) ? 0 : 1 + command.Extra,
        Operand.Pasid => command.Extra == 1 ? 0 : command.Extra,
        // v2 is what users use.
        Operand.Type1Version => command.Extra == 2 ? 0U : 1,
        Operand.Errno => (Errno)command.Extra == Errno.ENOMEM ? 0 : 1 + command.Extra,
        _ => command.Extra,
    };

    /// <summary>An IOAS needs no allocation of a HWPT before it.</summary>
    private static uint TableRank(PageTableRef table) =>
        (uint)table.Index + (table.IsHwpt ? (uint)ClientLimits.Ioas : 0);

    [StructLayout(LayoutKind.Auto)]
    private struct Sum
    {
        public int Attributes;
        public int Bits;
        public UInt128 Values;

        public void Number(ulong value, ulong plain)
        {
            if (value != plain)
            {
                Bits += 1 + BitOperations.PopCount(value) + (64 - BitOperations.LeadingZeroCount(value));
                Values += value;
            }
        }
    }
}
