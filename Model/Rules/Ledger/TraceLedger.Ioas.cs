using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Model.Rules;

/// <summary>IOAS and HWPTs of iommufd.</summary>
public sealed partial class TraceLedger
{
    private readonly IoasFacts[] ioas =
        [.. Enumerable.Range(0, ClientLimits.Ioas).Select(slot => new IoasFacts(slot))];

    /// <summary>The command of a client at hand; without meaning in a command of the kernel.</summary>
    public Command Client { get; private set; }

    /// <summary>All slots, empty ones too.</summary>
    public ReadOnlySpan<IoasFacts> Ioas => ioas;

    private void ResetIoas()
    {
        Client = default;
        foreach (var one in ioas)
        {
            one.Reset();
        }
    }

    private void ApplyIoas(in TraceEvent e)
    {
        var about = ioas[(int)e.A];
        switch (e.Kind)
        {
            case EventKind.IoasArea:
                ApplyArea(about, e);
                break;
            case EventKind.IoasReserved when e.Flag:
                about.Reserved.Add(new ReservedRange(e.B, e.C, e.Device, e.Domain));
                break;
            case EventKind.IoasReserved:
                var (device, domain) = (e.Device, e.Domain);
                about.Reserved.RemoveAll(range => range.Device == device && range.Domain == domain);
                break;
            case EventKind.HwptLinked when e.Flag:
                about.Hwpts.Add(new HwptLink(e.Domain, e.B != 0));
                break;
            case EventKind.HwptLinked:
                var gone = e.Domain;
                about.Hwpts.RemoveAll(link => link.Domain == gone);
                break;
            case EventKind.HwptAttached:
                devices[e.Device].Hwpt = e.Flag ? e.Domain : DomainId.None;
                devices[e.Device].Ioas = (int)e.A;
                break;
        }
    }

    private static void ApplyArea(IoasFacts about, in TraceEvent e)
    {
        var (first, last) = (e.B, unchecked(e.B + e.C - 1));
        if (e.Flag)
        {
            about.Areas.Add(new AreaRun(first, last, e.D));
            return;
        }

        about.Areas.RemoveAll(run => run.First >= first && run.Last <= last);
    }
}
