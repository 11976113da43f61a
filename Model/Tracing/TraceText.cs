using Conformance.Model.Clients;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Model.Tracing;

/// <summary>Events in the kernel's words, one line each.</summary>
public sealed class TraceText(Func<DomainId, string> nameOf)
{
    /// <summary>The line of one event; commands themselves are printed by their owner.</summary>
    public string Line(in TraceEvent e) => e.Kind switch
    {
        EventKind.CommandBegin => e.Flag ? $"  calls {KernelCalls.Of(e)}" : $"command {e.A}",
        EventKind.ClientBegin => $"command {e.A}",
        EventKind.CommandEnd or EventKind.ClientEnd =>
            e.Flag ? "= nothing to do" : $"= {e.Errno.Text()}{Value(e.A)}",
        <= EventKind.FlushIotlbAll => DriverCall(e),
        <= EventKind.TypeRelabelled => Record(e),
        EventKind.Dma => DmaLine(e),
        EventKind.TableAlloc => $"  table page 0x{e.A:x} (0x{e.C:x} bytes) allocated",
        EventKind.TableFree => $"  table page 0x{e.A:x} (0x{e.C:x} bytes) freed",
        EventKind.WalkThroughFreed => $"  hardware walks through freed table page 0x{e.A:x}",
        EventKind.BadCommand => $"  hardware cannot understand 0x{e.A:x} 0x{e.B:x}",
        EventKind.Invalidate => $"  hardware invalidates: 0x{e.A:x} 0x{e.B:x}",
        EventKind.DriverThrew => "  the driver crashed",
        >= EventKind.EnforceCacheCoherency => Client(e),
        _ => "  the driver does not come back",
    };

    private string Client(in TraceEvent e) => e.Kind switch
    {
        EventKind.EnforceCacheCoherency =>
            $"  enforce_cache_coherency({Name(e.Domain)}) = {(e.Flag ? "true" : "false")}",
        EventKind.IoasArea => $"  A{e.A}: area 0x{e.B:x} (0x{e.C:x} bytes)"
            + (e.Flag ? $" at {Place(e.D)}, {OperandText.ProtText((Prot)e.Extra)}" : " removed"),
        EventKind.IoasReserved => e.Flag
            ? $"  A{e.A}: 0x{e.B:x}..0x{e.C:x} reserved for {Owner(e)}"
            : $"  A{e.A}: nothing is reserved for {Owner(e)}",
        EventKind.HwptLinked => $"  A{e.A}: {Name(e.Domain)} {(e.Flag ? "shows it" : "no longer shows it")}",
        EventKind.HwptAttached =>
            $"  d{e.Device} {(e.Flag ? "is on" : "has left")} {Name(e.Domain)} of A{e.A}",
        EventKind.PagesPinned =>
            $"  0x{e.B:x} (0x{e.C:x} bytes) pinned for {(e.Flag ? "writing" : "reading")}",
        EventKind.PagesUnpinned => $"  0x{e.B:x} (0x{e.C:x} bytes) unpinned",
        _ => $"  A{e.A}: {Name(e.Domain)} tried for d{e.Device} {Result(e)}",
    };

    private static string Place(ulong pa) => pa == ulong.MaxValue ? "no memory" : $"0x{pa:x}";

    private string Owner(in TraceEvent e) => e.Device >= 0 ? $"d{e.Device}" : Name(e.Domain);

    private static string Value(ulong value) => value == 0 ? "" : $" (0x{value:x})";

    private static string Result(in TraceEvent e) => $"= {e.Errno.Text()}";

    private string DriverCall(in TraceEvent e) => e.Kind switch
    {
        EventKind.ProbeDevice => $"  probe_device(d{e.Device}) {Result(e)}",
        EventKind.ProbeFinalize => $"  probe_finalize(d{e.Device})",
        EventKind.ReleaseDevice => $"  release_device(d{e.Device})",
        EventKind.DomainAlloc => $"  domain_alloc({e.Type.Text()}, d{e.Device}{Flags(e)}) = "
            + (e.Domain == DomainId.None ? e.Errno == Errno.OK ? "NULL" : e.Errno.Text() : Name(e.Domain)),
        EventKind.DomainFree => $"  free({Name(e.Domain)})",
        EventKind.StaticDomain => $"  static domain {Name(e.Domain)} ({e.Type.Text()})",
        EventKind.AttachDev => $"  attach_dev({Name(e.Domain)} {e.Type.Text()}, d{e.Device}"
            + (e.Flag ? $", old {Name(e.Old)})" : ")") + $" {Result(e)}",
        EventKind.DetachDev => $"  detach_dev({Name(e.Domain)}, d{e.Device})",
        EventKind.SetPlatformDmaOps => $"  set_platform_dma_ops(d{e.Device})",
        EventKind.SetDevPasid =>
            $"  set_dev_pasid({Name(e.Domain)}, d{e.Device}, {e.A}, old {Name(e.Old)}) {Result(e)}",
        _ => MappingCall(e),
    };

    private string MappingCall(in TraceEvent e) => e.Kind switch
    {
        EventKind.MapPages => $"  map_pages({Name(e.Domain)}, 0x{e.A:x}, 0x{e.B:x}, 0x{e.C:x} x {e.D}, "
            + $"{OperandText.ProtText((Prot)e.Extra)}) {Result(e)}, mapped 0x{e.E:x}",
        EventKind.MapRange => $"  map_range({Name(e.Domain)}, 0x{e.A:x}, 0x{e.B:x}, 0x{e.C:x}, "
            + $"{OperandText.ProtText((Prot)e.Extra)}) {Result(e)}, mapped 0x{e.E:x}",
        EventKind.UnmapPages =>
            $"  unmap_pages({Name(e.Domain)}, 0x{e.A:x}, 0x{e.C:x} x {e.D}) = 0x{e.E:x}",
        EventKind.UnmapRange => $"  unmap_range({Name(e.Domain)}, 0x{e.A:x}, 0x{e.C:x}) = 0x{e.E:x}",
        EventKind.IotlbSyncMap => $"  iotlb_sync_map({Name(e.Domain)}, 0x{e.A:x}, 0x{e.C:x}) {Result(e)}",
        EventKind.IotlbSync => e.Flag
            ? $"  iotlb_sync({Name(e.Domain)}, empty gather)"
            : $"  iotlb_sync({Name(e.Domain)}, 0x{e.A:x}..0x{e.B:x}, {e.D} pages to free)",
        _ => $"  flush_iotlb_all({Name(e.Domain)})",
    };

    private string Record(in TraceEvent e) => e.Kind switch
    {
        EventKind.GroupJoin => $"  d{e.Device} joins g{e.Group}",
        EventKind.GroupLeave => $"  d{e.Device} leaves g{e.Group}{(e.Flag ? ", the last" : "")}",
        EventKind.GroupRecord => $"  g{e.Group}: domain {Name(e.Domain)}, default {Name(e.Old)}, "
            + $"owner {new OwnerId((int)e.B)}, owner_cnt {e.C}" + (e.D == 0 ? "" : $", recovery_cnt {e.D}"),
        EventKind.SetDomainBegin =>
            $"  g{e.Group}: set domain {Name(e.Domain)}{(e.Flag ? ", must succeed" : "")}",
        EventKind.SetDomainEnd => $"  g{e.Group}: set domain {Name(e.Domain)} {Result(e)}",
        EventKind.CoreMap => $"  iommu_map({Name(e.Domain)}, 0x{e.A:x}, 0x{e.B:x}, 0x{e.C:x}, "
            + $"{OperandText.ProtText((Prot)e.Extra)}) {Result(e)}",
        EventKind.CoreUnmap =>
            $"  iommu_unmap{(e.Flag ? "_fast" : "")}({Name(e.Domain)}, 0x{e.A:x}, 0x{e.C:x}) = 0x{e.E:x}",
        EventKind.CoreIovaToPhys => $"  iova_to_phys({Name(e.Domain)}, 0x{e.A:x}) = 0x{e.B:x}",
        EventKind.Deferred => $"  attach_deferred of d{e.Device} {(e.Flag ? "set" : "cleared")}",
        EventKind.DirectMappings => $"  direct mappings of d{e.Device} in {Name(e.Domain)} {Result(e)}",
        EventKind.DirectRegion =>
            $"  d{e.Device}: {(e.Flag ? "direct-relaxable" : "direct")} region 0x{e.A:x}..0x{e.B:x}",
        EventKind.ResetStaged => $"  d{e.Device} {(e.Flag ? "staged for reset" : "back from reset")}",
        EventKind.Warn => $"  WARN {(WarnCode)e.A}{Place(e)}",
        _ => $"  {Name(e.Domain)} is now {e.Type.Text()}",
    };

    private static string DmaLine(in TraceEvent e)
    {
        var verb = (DmaAccess)e.Extra == DmaAccess.Read ? "read" : "write";
        var context = e.E == 0 ? "" : $" with PASID {e.E}";
        var fate = e.Flag ? $"lands at 0x{e.B:x}" : $"refused (0x{e.C:x})";
        return $"  DMA {verb} by d{e.Device}{(e.D == 0 ? "" : $"[{e.D}]")}{context} at 0x{e.A:x}: {fate}";
    }

    private static string Flags(in TraceEvent e) =>
        e.A == 0 ? "" : ", " + OperandText.AllocText((AllocFlags)e.A);

    private string Place(in TraceEvent e) => (e.Device >= 0 ? $" d{e.Device}" : "")
        + (e.Group >= 0 ? $" g{e.Group}" : "") + (e.Domain == DomainId.None ? "" : $" {Name(e.Domain)}");

    private string Name(DomainId id) => id == DomainId.None ? "NULL" : nameOf(id);
}
