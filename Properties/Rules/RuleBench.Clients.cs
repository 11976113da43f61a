using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Rules;

/// <summary>Commands of clients, and what iommufd tells of its objects.</summary>
internal sealed partial class RuleBench
{
    public RuleBench ClientBegin(Op op, int a = 0, int b = 0, ulong iova = 0, ulong size = 0, uint extra = 0)
    {
        Record();
        trace.Clear();
        shown = 0;
        command = new Command(op, a, b, iova, 0, size, extra);
        rules.Begin(command);
        trace.Add(EventKind.ClientBegin).A = (ulong)commands++;
        return Show();
    }

    /// <summary>A call of the client into the core; <see cref="End"/> ends it.</summary>
    public RuleBench Calls(Op op, int a = 0, int b = 0) =>
        Event(EventKind.CommandBegin, (ref TraceEvent e) =>
            (e.Flag, e.A, e.B) = (true, (ulong)op, (uint)a | ((ulong)(uint)b << 32)));

    public RuleBench ClientEnd(Errno errno = Errno.OK) =>
        Event(EventKind.ClientEnd, (ref TraceEvent e) => e.Errno = errno);

    /// <summary>A run of an area in A0.</summary>
    public RuleBench Area(ulong iova, ulong pa, ulong size) =>
        Event(EventKind.IoasArea, (ref TraceEvent e) =>
            (e.Flag, e.B, e.C, e.D) = (true, iova, size, pa));

    /// <summary>A range of A0 reserved for a device.</summary>
    public RuleBench Reserved(int device, ulong first, ulong last) =>
        Event(EventKind.IoasReserved, (ref TraceEvent e) =>
            (e.Flag, e.Device, e.B, e.C) = (true, (short)device, first, last));

    /// <summary>A domain shows A0.</summary>
    public RuleBench Linked(DomainId domain, bool automatic = false) =>
        Event(EventKind.HwptLinked, (ref TraceEvent e) =>
            (e.Flag, e.Domain, e.B) = (true, domain, automatic ? 1UL : 0));

    /// <summary>A device is attached to a HWPT of A0, or has left it.</summary>
    public RuleBench OnHwpt(int device, DomainId domain, bool attached = true) =>
        Event(EventKind.HwptAttached, (ref TraceEvent e) =>
            (e.Flag, e.Device, e.Domain) = (attached, (short)device, domain));

    public RuleBench Tried(int device, DomainId domain, Errno errno = Errno.OK) =>
        Event(EventKind.HwptTried, (ref TraceEvent e) =>
            (e.Device, e.Domain, e.Errno) = ((short)device, domain, errno));
}
