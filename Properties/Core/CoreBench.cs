using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Core;

/// <summary>
/// Runs scenario commands on the core over <see cref="FakeStack"/> and writes driver calls as core.md does.
/// </summary>
internal sealed class CoreBench
{
    private readonly IommuSystem system;
    private int index;

    private CoreBench(Topology topology, Era era) =>
        system = new IommuSystem(topology, era, (_, context) => new FakeStack(context), traced: true);

    /// <summary>
    /// <paramref name="devices"/>: header lines of devices; <paramref name="kernel"/>: kernel options.
    /// Commands are
    /// separated by <c>;</c>. Gives the last command's calls and outcome, <c>A(D0,d0,BLK) A(D0,d1,BLK) =
    /// 0</c>.
    /// </summary>
    public static string Run(string era, string devices, string commands, string kernel = "")
    {
        var text = $"era {era}\ncpu-page 4K\nkernel {kernel}\niommu i0 fake/only\niommu i1 other/only\n"
            + devices.Replace(';', '\n') + "\n--\n" + commands.Replace(';', '\n') + "\n";
        var parsed = ScenarioText.Parse(text);
        var scenario = parsed.Scenario ?? throw new InvalidOperationException(parsed.Error?.ToString());
        var bench = new CoreBench(scenario.Topology, Eras.Find(era)!);
        var last = "";
        foreach (var command in scenario.Commands)
        {
            last = bench.Step(command);
        }

        return last;
    }

    private string Step(Command command)
    {
        system.Trace.Clear();
        var outcome = system.Execute(index++, command);
        var calls = ImmutableArray.CreateBuilder<string>();
        foreach (var e in system.Trace.Events)
        {
            if (Call(e) is { } call)
            {
                calls.Add(call);
            }
        }

        calls.Add($"= {(system.Dead ? system.Trace.Note : outcome.ToString())}");
        return string.Join(' ', calls);
    }

    private string? Call(in TraceEvent e) => e.Kind switch
    {
        EventKind.AttachDev => $"A({Name(e.Domain)},d{e.Device}{(e.Flag ? "," + Name(e.Old) : "")})"
            + (e.Errno == Errno.OK ? "" : e.Errno.Text()),
        EventKind.SetDevPasid => $"P({Name(e.Domain)},d{e.Device},{e.A})",
        EventKind.DetachDev => $"detach_dev({Name(e.Domain)},d{e.Device})",
        EventKind.SetPlatformDmaOps => $"platform(d{e.Device})",
        EventKind.DomainFree => $"free({Name(e.Domain)})",
        EventKind.ReleaseDevice => $"release(d{e.Device})",
        EventKind.ProbeFinalize => $"finalize(d{e.Device})",
        EventKind.CoreMap => $"map({Name(e.Domain)},0x{e.A:x},0x{e.C:x})",
        EventKind.Warn => $"WARN:{(WarnCode)e.A}",
        _ => null,
    };

    private string Name(DomainId id)
    {
        if (id == DomainId.None)
        {
            return "NULL";
        }

        var name = system.Core.NameOf(id);
        return name.EndsWith(".default", StringComparison.Ordinal) ? "DEF"
            : name.EndsWith(".blocking", StringComparison.Ordinal)
                || name.EndsWith(".blocked", StringComparison.Ordinal) ? "BLK"
            : name.EndsWith(".identity", StringComparison.Ordinal) ? "IDT" : name;
    }
}
