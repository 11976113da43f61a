using System.Text;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>
/// The text form of a scenario. <see cref="Print"/> and <see cref="Parse"/> are exact inverses: parsing what
/// was printed gives an equal scenario, and printing what was parsed gives the canonical text.
/// </summary>
/// <remarks>
/// <code>
/// era v7.2
/// cpu-page 4K
/// kernel strict=0
/// iommu i0 intel-vtd/legacy
/// device d0 i0:0x18 group 0 pci
/// --
/// register i0
/// alloc D0 d0
/// </code>
/// Lines stand in this order; <c>cpu-page</c> and <c>kernel</c> may be left out (4K, no options). After
/// <c>#</c> the rest of a line is a comment; blank lines and the amount of white space mean nothing. The
/// words of the commands are those of <see cref="CommandShape"/>.
/// </remarks>
public static class ScenarioText
{
    /// <summary>The canonical text, each line ended by a line feed.</summary>
    public static string Print(Scenario scenario)
    {
        var text = new StringBuilder();
        PrintHeader(text, scenario);
        foreach (var command in scenario.Commands)
        {
            text.Append(CommandShape.Print(command)).Append('\n');
        }

        return text.ToString();
    }

    /// <summary>
    /// Reads a scenario; every text gives either a scenario or an error, never an exception.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <param name="vocabulary">Known names; absent, any well-formed name is accepted.</param>
    public static ScenarioResult Parse(string text, ScenarioVocabulary? vocabulary = null) =>
        new ScenarioParser(text, vocabulary ?? ScenarioVocabulary.Any).Run();

    internal static string ResvWord(ResvType type) => type switch
    {
        ResvType.Direct => "direct",
        ResvType.DirectRelaxable => "direct-relaxable",
        ResvType.Reserved => "reserved",
        ResvType.Msi => "msi",
        _ => "sw-msi",
    };

    private static void PrintHeader(StringBuilder text, Scenario scenario)
    {
        var topology = scenario.Topology;
        text.Append("era ").Append(scenario.Era).Append('\n');
        text.Append("cpu-page ").Append(topology.CpuPageSize >> 10).Append("K\n");
        text.Append("kernel");
        PrintSwitch(text, " passthrough=", topology.Kernel.Passthrough);
        PrintSwitch(text, " strict=", topology.Kernel.Strict);
        text.Append(topology.Kernel.Kdump ? " kdump" : "");
        text.Append(topology.Kernel.Vfio ? " vfio\n" : "\n");
        for (var i = 0; i < topology.Instances.Length; i++)
        {
            var instance = topology.Instances[i];
            text.Append($"iommu i{i} {instance.Driver}/{instance.Variant}\n");
        }

        for (var d = 0; d < topology.Devices.Length; d++)
        {
            text.Append($"device d{d}");
            PrintDevice(text, topology.Devices[d]);
        }

        text.Append("--\n");
    }

    private static void PrintSwitch(StringBuilder text, string word, bool? value)
    {
        if (value is { } on)
        {
            text.Append(word).Append(on ? '1' : '0');
        }
    }

    private static void PrintDevice(StringBuilder text, DeviceSpec device)
    {
        foreach (var requester in device.Requesters)
        {
            text.Append(' ').Append(requester);
        }

        text.Append(" group ").Append(device.Group);
        text.Append(device.Pci ? " pci" : "");
        text.Append(device.Untrusted ? " untrusted" : "");
        text.Append(device.Ats ? " ats" : "");
        text.Append(device.ColdPlug ? "" : " hotplug");
        text.Append(device.Deferred ? " deferred" : "");
        text.Append(device.MaxPasids == 0 ? "" : $" pasids {device.MaxPasids}");
        text.Append(device.Wish switch
        {
            DeviceWish.Identity => " wish identity",
            DeviceWish.Dma => " wish dma",
            _ => "",
        });
        foreach (var region in device.Regions)
        {
            text.Append($" resv {ResvWord(region.Type)} {region.Start}+0x{region.Length:x} ");
            text.Append(OperandText.ProtText(region.Prot));
        }

        text.Append('\n');
    }
}
