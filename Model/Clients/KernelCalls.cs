using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Clients;

/// <summary>
/// How clients call the core: by the commands of the core, so that the trace shows each call as a command and
/// every rule judges it like one that a scenario wrote.
/// </summary>
public sealed class KernelCalls(IommuCore core)
{
    /// <summary>The core, for questions that change nothing.</summary>
    public IommuCore Core { get; } = core;

    public Era Era => Core.Era;

    public Topology Topology => Core.Topology;

    /// <summary>One call, with its beginning and end in the trace.</summary>
    public Outcome Call(in Command command)
    {
        Begin(command);
        return End(Core.Execute(command));
    }

    /// <summary>
    /// iommufd's own way to allocate, shown as an <see cref="Op.Alloc"/>: it asks the flags op of the driver
    /// without flags too.
    /// </summary>
    public Outcome AllocForIommufd(DomainRef slot, IommuDevice dev, AllocFlags flags)
    {
        Begin(new Command(Op.Alloc, slot.Packed, dev.Id.Index, 0, 0, 0, (uint)flags));
        return End(Core.AllocForIommufd(slot.Index, dev, flags));
    }

    private void Begin(in Command command)
    {
        ref var begin = ref Core.Trace.Add(EventKind.CommandBegin);
        begin.Flag = true;
        begin.A = (ulong)command.Op | ((ulong)command.Extra << 32);
        begin.B = (uint)command.A | ((ulong)(uint)command.B << 32);
        begin.C = command.Iova;
        begin.D = command.Pa;
        begin.E = command.Size;
    }

    private Outcome End(Outcome outcome)
    {
        ref var end = ref Core.Trace.Add(EventKind.CommandEnd);
        end.Errno = outcome.Errno;
        end.A = outcome.Value;
        end.Flag = outcome.NoOp;
        return outcome;
    }

    /// <summary>
    /// The command that a <see cref="EventKind.CommandBegin"/> of a client's call stands for.
    /// </summary>
    public static Command Of(in TraceEvent begin) => new(
        (Op)(begin.A & 0xff),
        (int)(uint)begin.B,
        (int)(uint)(begin.B >> 32),
        begin.C,
        begin.D,
        begin.E,
        (uint)(begin.A >> 32));
}
