using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Clients.Iommufd;

/// <summary>What rules may know of IOAS and HWPTs: events in the trace.</summary>
public sealed class IoasEvents(KernelCalls kernel, ClientMemory memory)
{
    private Trace Trace => kernel.Core.Trace;

    /// <summary>A new area, a run of contiguous memory at a time.</summary>
    public void Added(int ioas, IoptArea area)
    {
        if (!Trace.Enabled)
        {
            return;
        }

        var at = new MemoryOffset(area.Pages.First + area.StartByte);
        if (!memory.Holds(at, area.Length))
        {
            Area(ioas, area, area.First, ulong.MaxValue, area.Length, added: true);
            return;
        }

        foreach (var run in memory.Runs(at, area.Length))
        {
            Area(ioas, area, area.First + (run.At.Value - at.Value), run.Pa.Value, run.Size, added: true);
        }
    }

    public void Removed(int ioas, IoptArea area) =>
        Area(ioas, area, area.First, 0, area.Length, added: false);

    public void Reserved(int ioas, ulong first, ulong last, object owner)
    {
        ref var e = ref Of(EventKind.IoasReserved, owner);
        e.A = (ulong)ioas;
        e.B = first;
        e.C = last;
        e.Flag = true;
    }

    public void Unreserved(int ioas, object owner) => Of(EventKind.IoasReserved, owner).A = (ulong)ioas;

    public void Linked(Hwpt hwpt, bool linked)
    {
        ref var e = ref Of(EventKind.HwptLinked, hwpt);
        e.A = (ulong)hwpt.Ioas.Slot;
        e.B = hwpt.IsAutomatic ? 1UL : 0;
        e.Flag = linked;
    }

    /// <summary>A device counts as attached to a HWPT from now on, or no longer.</summary>
    public void Attached(FdDevice idev, Hwpt hwpt, bool attached)
    {
        ref var e = ref Of(EventKind.HwptAttached, hwpt);
        e.Device = (short)idev.Device.Id.Index;
        e.A = (ulong)hwpt.Ioas.Slot;
        e.Flag = attached;
    }

    /// <summary>An automatic HWPT was tried in the search for one.</summary>
    public void Tried(FdDevice idev, Hwpt hwpt, Errno result)
    {
        ref var e = ref Of(EventKind.HwptTried, hwpt);
        e.Device = (short)idev.Device.Id.Index;
        e.A = (ulong)hwpt.Ioas.Slot;
        e.Errno = result;
    }

    public void Warn(WarnCode code, IommuDevice dev) => kernel.Core.Warn(code, dev: dev);

    private void Area(int ioas, IoptArea area, ulong iova, ulong pa, ulong size, bool added)
    {
        ref var e = ref Trace.Add(EventKind.IoasArea);
        e.A = (ulong)ioas;
        e.B = iova;
        e.C = size;
        e.D = pa;
        e.Extra = (byte)area.Prot;
        e.Flag = added;
    }

    private ref TraceEvent Of(EventKind kind, object owner)
    {
        ref var e = ref Trace.Add(kind);
        switch (owner)
        {
            case IommuDevice dev:
                e.Device = (short)dev.Id.Index;
                break;
            case Hwpt hwpt:
                e.Domain = hwpt.Domain.Id;
                break;
        }

        return ref e;
    }
}
