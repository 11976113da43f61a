using System.CommandLine;
using System.Diagnostics;
using Conformance.Drivers.Linux;
using Conformance.Drivers.Linux.Guest;
using Conformance.Fuzz.Display;
using Conformance.Harness.Findings;
using Conformance.Harness.Linux;
using Conformance.Harness.Reports;
using Conformance.Harness.Search;

namespace Conformance.Fuzz.Verbs;

/// <summary><c>linux</c>: the random search on a real kernel in a virtual machine.</summary>
internal sealed class LinuxVerb
{
    private readonly Option<string> iommu = new("--iommu")
    {
        HelpName = "name",
        Description = "The machine: " + string.Join(", ", LinuxTargets.All.Select(t => t.Name)) + ".",
        DefaultValueFactory = _ => LinuxTargets.All[0].Name,
    };

    private readonly Option<string> commands = new("--commands")
    {
        HelpName = "N",
        Description = "Stop after so many commands.",
        DefaultValueFactory = _ => "200000",
    };

    private readonly Option<string> length = new("--length")
    {
        HelpName = "N",
        Description = "Commands per scenario.",
        DefaultValueFactory = _ => "200",
    };

    private readonly Option<string> seed = RunWish.SeedOption();

    private readonly Option<bool> noExpectations = new("--no-expectations")
    {
        Description = "Known breakages of the kernel are findings too.",
    };

    private readonly Option<string> findings = new("--findings")
    {
        HelpName = "directory",
        Description = "Where the scenarios of findings are kept.",
        DefaultValueFactory = _ => "findings",
    };

    private readonly KernelWish kernel = new();
    private readonly Host host;

    private LinuxVerb(Host host) => this.host = host;

    public static Command Create(Host host)
    {
        var verb = new LinuxVerb(host);
        var command = new Command("linux", "Search at random on a real Linux kernel in a virtual machine.")
        {
            verb.iommu, verb.commands, verb.length, verb.seed, verb.noExpectations, verb.findings,
        };
        verb.kernel.AddTo(command);
        command.SetAction(verb.Run);
        return command;
    }

    private int Run(ParseResult parsed)
    {
        var target = Names.Target(parsed.GetValue(iommu)!);
        var choice = kernel.Choose(parsed, target);
        using var guest = new GuestKernel(target, choice);
        var options = new LinuxSearchOptions(
            (long)Names.Number("--commands", parsed.GetValue(commands)!, 1, 1_000_000_000),
            RunWish.SeedOf(parsed.GetValue(seed)!),
            (int)Names.Number("--length", parsed.GetValue(length)!, 1, 100_000),
            FindingsMax: 1,
            ShrinkRuns: 2000,
            LinuxOptions.Default);
        var expectations = new Expectations(
            SuiteKnowledge.Catalogue, choice.Era, !parsed.GetValue(noExpectations));
        host.Error.WriteLine($"{target}: booting {choice.Name}");
        var generator = guest.Generator();
        var clock = Stopwatch.StartNew();
        var report = ProgressDisplay.Track(host, "commands", options.Commands, progress =>
        {
            var search = new LinuxSearch(target, choice.Era, guest, generator, options)
            {
                Expectations = expectations,
                OnScenario = Advance(progress),
            };
            return search.Run(host.Cancel);
        });
        host.Output.Write($"{target}, {choice.Name}, era {choice.Era}\n{LinuxText.Summary(report)}");
        host.Error.WriteLine(
            $"{report.Tally.Sent / clock.Elapsed.TotalSeconds:N0} commands/s after boot, "
            + $"{guest.Boots} boots");
        foreach (var finding in report.Findings)
        {
            Show(finding, target, choice, guest, expectations, parsed.GetValue(findings)!);
        }

        return report.Findings.Count > 0 ? ExitCode.Findings
            : report.Interrupted ? ExitCode.Interrupted
            : ExitCode.Kept;
    }

    private static Action<LinuxReport> Advance(IProgressSink progress)
    {
        var told = 0L;
        var lines = 0L;
        return report =>
        {
            progress.Advance(report.Tally.Sent - told);
            told = report.Tally.Sent;
            if (told / 20_000 > lines)
            {
                lines = told / 20_000;
                progress.Line($"{told:N0} commands, {report.Findings.Count} findings");
            }
        };
    }

    private void Show(
        Finding finding,
        LinuxTarget target,
        LinuxKernel choice,
        GuestKernel guest,
        Expectations expectations,
        string directory)
    {
        var path = FindingFile.Write(directory, finding with { Driver = target.FileName });
        var trace = TraceRecording.Of(
            target,
            choice.Era,
            finding.Scenario,
            guest,
            LinuxOptions.Default,
            expectations.For(finding.Scenario));
        var again = trace.Result.Failure is { } failure ? finding with { Failure = failure } : null;
        host.Output.Write(FindingText.Render(finding, new Replay(finding.Scenario, trace, again, [])));
        host.Output.Write($"replay: {FindingFile.ReplayCommand(path)} --on {target}{kernel.Words}\n\n");
    }
}
