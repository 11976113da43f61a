using System.CommandLine;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Reports;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using Command = System.CommandLine.Command;

namespace Conformance.Fuzz.Verbs;

/// <summary><c>replay FILE</c>: one stored scenario, once.</summary>
internal static class ReplayVerb
{
    public static Command Create(Host host)
    {
        var file = new Argument<string>("file")
        {
            Description = "A scenario file; '-' reads standard input.",
        };
        var trace = new Option<bool>("--trace")
        {
            Description = "Show the whole trace, device accesses too.",
        };
        var specimen = new Option<string?>("--specimen")
        {
            HelpName = "name",
            Description = "Run it on the core and drivers as this historical bug has them. See 'specimens'.",
        };
        var noExpectations = new Option<bool>("--no-expectations")
        {
            Description = "Known breakages of the drivers are findings too.",
        };
        var on = new Option<string[]>("--on")
        {
            HelpName = "systems",
            Description = "Side by side on these, such as 'intel-vtd,linux:intel'.",
            CustomParser = static result => [.. result.Tokens.SelectMany(t => t.Value.Split(','))],
        };
        var kernel = new KernelWish();
        var command = new Command("replay", "Run one scenario file on its drivers and say what it shows.")
        {
            file, trace, specimen, noExpectations, on,
        };
        kernel.AddTo(command);
        command.SetAction(parsed =>
        {
            var scenario = Read(parsed.GetRequiredValue(file), host);
            if (parsed.GetValue(on) is { Length: > 0 } systems)
            {
                var wish = new ReplayOn(kernel, !parsed.GetValue(noExpectations));
                return wish.Run(scenario, systems, parsed, parsed.GetValue(trace), host);
            }

            var instances = scenario.Topology.Instances;
            var unknown = instances.FirstOrDefault(i => DriverCatalog.Find(i.Driver) is null);
            if (unknown is { } none)
            {
                throw new InputException(
                    $"{none.Driver} has no simulated driver; replay it with --on linux:...");
            }

            var replay = parsed.GetValue(specimen) is { } name
                ? Replay.Of(scenario, Names.Specimen(name))
                : Replay.Of(scenario, Subject.Of(Eras.Find(scenario.Era)!), !parsed.GetValue(noExpectations));
            host.Output.Write(ReplayText.Render(replay, parsed.GetValue(trace)));
            return replay.Finding is null ? ExitCode.Kept : ExitCode.Findings;
        });
        return command;
    }

    /// <summary>The scenario of a file, or of standard input for <c>-</c>.</summary>
    internal static Scenario Read(string file, Host host)
    {
        var fromInput = file == "-";
        if (!fromInput && !File.Exists(file))
        {
            throw new InputException($"there is no file '{file}'");
        }

        var parsed = ScenarioText.Parse(
            fromInput ? host.Input.ReadToEnd() : File.ReadAllText(file), Replay.Vocabulary());
        return parsed.Scenario ?? throw new InputException(
            Where(fromInput ? "standard input" : file, parsed.Error!));
    }

    /// <summary>In the form that editors jump to.</summary>
    private static string Where(string file, ScenarioError error) =>
        $"{file}:{error.Line}:{error.Column}: expected {error.Expected}, found {error.Found}";
}
