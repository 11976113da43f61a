using Conformance.Model.Clients;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Core;

/// <summary>Builds the stack of one driver for a system.</summary>
public delegate IDriverStack StackBuilder(string driver, DriverContext context);

/// <summary>
/// Core and driver stacks over one topology: executes commands and lets DMA be tried. With abstract stacks it
/// is the
/// oracle, with real ones the system under test.
/// </summary>
public sealed class IommuSystem
{
    private readonly IDriverStack[] stackOfInstance;
    private bool armed;

    /// <param name="topology">Where it plays.</param>
    /// <param name="era">Which kernel.</param>
    /// <param name="build">Makes the stack of a driver.</param>
    /// <param name="traced">False: nothing is recorded.</param>
    public IommuSystem(Topology topology, Era era, StackBuilder build, bool traced)
    {
        Topology = topology;
        Trace = new Trace { Enabled = traced };
        var faults = new FaultPlan();
        stackOfInstance = new IDriverStack[topology.Instances.Length];
        foreach (var driver in topology.Instances.Select(i => i.Driver).Distinct(StringComparer.Ordinal))
        {
            var instances = topology.InstancesOf(driver);
            var stack = build(driver, new DriverContext(topology, era.Tree, instances, faults, Trace));
            foreach (var instance in instances)
            {
                stackOfInstance[instance.Index] = stack;
            }
        }

        Core = new IommuCore(topology, era, stackOfInstance, faults, Trace);
        Clients = new ClientLayer(Core);
    }

    public Topology Topology { get; }

    public Trace Trace { get; }

    public IommuCore Core { get; }

    public ClientLayer Clients { get; }

    /// <summary>The driver threw or stalled: nothing after it means anything.</summary>
    public bool Dead { get; private set; }

    /// <summary>
    /// Runs command <paramref name="index"/>. Whatever a driver throws ends the system and is in the trace;
    /// the
    /// outcome is then meaningless.
    /// </summary>
    public Outcome Execute(int index, in Command command)
    {
        Trace.Add(command.IsClient ? EventKind.ClientBegin : EventKind.CommandBegin).A = (ulong)index;
        var disarm = armed;
        armed = command.Op is Op.FailAttach or Op.FailMap or Op.FailAlloc;
        Outcome outcome;
        try
        {
            outcome = Run(command);
        }
        catch (DriverStuckException stuck)
        {
            return Die(EventKind.DriverStuck, stuck);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            return Die(EventKind.DriverThrew, fault);
        }

        if (disarm)
        {
            Core.Faults.Disarm();
        }

        ref var e = ref Trace.Add(command.IsClient ? EventKind.ClientEnd : EventKind.CommandEnd);
        e.Errno = outcome.Errno;
        e.A = outcome.Value;
        e.Flag = outcome.NoOp;
        return outcome;
    }

    /// <summary>
    /// A device access; <paramref name="requester"/> is an index into the device's requesters.
    /// </summary>
    public DmaOutcome Dma(DeviceId device, int requester, Pasid pasid, Iova iova, DmaAccess access)
    {
        var who = Topology.Devices[device.Index].Requesters[requester];
        var outcome = stackOfInstance[who.Instance.Index].Dma(who, pasid, iova, access);
        ref var e = ref Trace.Add(EventKind.Dma);
        e.Device = (short)device.Index;
        e.D = (ulong)requester;
        e.E = pasid.Value;
        e.A = iova.Value;
        e.B = outcome.Pa.Value;
        e.C = outcome.Code;
        e.Flag = outcome.Landed;
        e.Extra = (byte)access;
        return outcome;
    }

    /// <summary>The stack behind a requester.</summary>
    public IDriverStack StackOf(Requester requester) => stackOfInstance[requester.Instance.Index];

    private Outcome Run(in Command command) => command.Op switch
    {
        Op.Dma => Access(command, new Pasid((uint)command.Size), new Iova(command.Iova)),
        Op.DmaMemory => command.Memory.Value < Clients.Memory.Size
            ? Access(command, Pasid.None, new Iova(Clients.Memory.PaOf(command.Memory).Value))
            : Outcome.Nothing,
        _ when command.IsClient => Clients.Execute(command),
        _ => Clients.Forbids(command) ? Outcome.Nothing : Core.Execute(command),
    };

    private Outcome Access(in Command command, Pasid pasid, Iova iova)
    {
        var spec = Topology.Devices[command.A];
        if (command.B >= spec.Requesters.Length || (pasid != Pasid.None && pasid.Value >= spec.MaxPasids))
        {
            return Outcome.Nothing;
        }

        var dma = Dma(new DeviceId(command.A), command.B, pasid, iova, command.Access);
        return dma.Landed ? Outcome.Bytes(dma.Pa.Value) : Outcome.Of(Errno.EFAULT);
    }

    private Outcome Die(EventKind kind, Exception fault)
    {
        Dead = true;
        Trace.Note = $"{fault.GetType().Name}: {fault.Message}";
        Trace.Add(kind);
        return Outcome.Nothing;
    }
}
