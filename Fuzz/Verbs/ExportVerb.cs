using System.CommandLine;
using Conformance.Drivers.Linux;
using Conformance.Harness.Export;
using Conformance.Model.Core;

namespace Conformance.Fuzz.Verbs;

/// <summary><c>export-c FILE</c>: a scenario as a C program.</summary>
internal static class ExportVerb
{
    public static Command Create(Host host)
    {
        var file = new Argument<string>("file")
        {
            Description = "A scenario file of client commands; '-' reads standard input.",
        };
        var command = new Command("export-c", "Print a scenario as one C program on iommufd and VFIO ioctls.")
        {
            file,
        };
        command.SetAction(parsed =>
        {
            var scenario = ReplayVerb.Read(parsed.GetRequiredValue(file), host);
            var target = LinuxTargets.All.FirstOrDefault(t => t.Refusal(scenario.Topology) is null)
                ?? throw new InputException(
                    $"the scenario fits no machine: {LinuxTargets.All[0].Refusal(scenario.Topology)}");
            host.Output.Write(CProgram.Render(target, Eras.Find(scenario.Era)!, scenario));
            return ExitCode.Kept;
        });
        return command;
    }
}
