using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Clients;

/// <summary>
/// What a client tells of the pages that it holds: it pins them before a device may reach them and lets go of
/// them when none can any more. Pins of a page are counted; what keeps count is the rule.
/// </summary>
public sealed class PinAccount(KernelCalls kernel, ClientMemory memory)
{
    /// <summary>Pages are pinned, a run of contiguous memory at a time.</summary>
    /// <param name="at">First byte, aligned to pages; all of the range is in the memory.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="writes">Pinned so that a device may write them (FOLL_WRITE).</param>
    public void Pin(MemoryOffset at, ulong size, bool writes)
    {
        if (!kernel.Core.Trace.Enabled)
        {
            return;
        }

        foreach (var run in memory.Runs(at, size))
        {
            Tell(EventKind.PagesPinned, run.Pa.Value, run.Size, writes);
        }
    }

    /// <summary>One pin of each page of a run of physical memory ends.</summary>
    /// <param name="pa">First byte, aligned to pages.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="writes">As the pages were pinned.</param>
    public void Unpin(PhysAddr pa, ulong size, bool writes) =>
        Tell(EventKind.PagesUnpinned, pa.Value, size, writes);

    private void Tell(EventKind kind, ulong pa, ulong size, bool writes)
    {
        ref var e = ref kernel.Core.Trace.Add(kind);
        e.B = pa;
        e.C = size;
        e.Flag = writes;
    }
}
