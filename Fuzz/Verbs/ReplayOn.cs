using System.CommandLine;
using Conformance.Drivers.Catalog;
using Conformance.Drivers.Linux;
using Conformance.Harness.Findings;
using Conformance.Harness.Linux;
using Conformance.Harness.Reports;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Fuzz.Verbs;

/// <summary><c>replay FILE --on ...</c>: one scenario on simulated drivers and on real kernels.</summary>
internal sealed class ReplayOn(KernelWish kernel, bool useExpectations)
{
    private const string Prefix = "linux:";

    public int Run(
        Scenario scenario, IReadOnlyList<string> systems, ParseResult parsed, bool trace, Host host)
    {
        if (systems is [var single] && single.StartsWith(Prefix, StringComparison.Ordinal))
        {
            return Alone(scenario, Names.Target(single), parsed, trace, host);
        }

        var answers = systems.Select(name => Ask(name, scenario, parsed)).ToList();
        host.Output.Write(SideBySide.Render(scenario, answers));
        return answers.Exists(a => a.Result.Failure is not null) ? ExitCode.Findings : ExitCode.Kept;
    }

    private int Alone(Scenario scenario, LinuxTarget target, ParseResult parsed, bool trace, Host host)
    {
        var choice = Choose(scenario, target, parsed);
        using var guest = new GuestKernel(target, choice);
        var expected = Expected(choice.Era).In(scenario);
        var recording = TraceRecording.Of(
            target, choice.Era, scenario, guest, LinuxOptions.Default, Expectations.RulesOf(expected));
        var finding = recording.Result.Failure is { } failure
            ? new Finding(target.ToString(), scenario, failure, Seed: null)
            : null;
        var seen = expected.Where(e => recording.Result.ExpectedSeen.Contains(e.Rule));
        var replay = new Replay(scenario, recording, finding, [.. seen]);
        host.Output.Write(ReplayText.Render(replay, trace));
        return finding is null ? ExitCode.Kept : ExitCode.Findings;
    }

    private Answers Ask(string name, Scenario scenario, ParseResult parsed)
    {
        if (name.StartsWith(Prefix, StringComparison.Ordinal))
        {
            var target = Names.Target(name);
            var choice = Choose(scenario, target, parsed);
            using var guest = new GuestKernel(target, choice);
            return SideBySide.OnKernel(
                target, choice.Era, scenario, guest, Expected(choice.Era).For(scenario));
        }

        var drivers = scenario.Topology.Instances.Select(i => i.Driver).ToList();
        if (!drivers.Contains(name))
        {
            throw new UsageException(
                $"--on: the scenario is for {string.Join(", ", drivers.Distinct())}, not for '{name}'");
        }

        if (DriverCatalog.Find(name) is null)
        {
            throw new UsageException($"--on: '{name}' has no simulated driver; real kernels: linux:...");
        }

        var era = Eras.Find(scenario.Era)!;
        return SideBySide.OnSimulated(Subject.Of(era), scenario, Expected(era).For(scenario));
    }

    private LinuxKernel Choose(Scenario scenario, LinuxTarget target, ParseResult parsed) =>
        target.Refusal(scenario.Topology) is { } refusal
            ? throw new InputException($"the scenario does not fit {target}: {refusal}")
            : kernel.Choose(parsed, target);

    private Expectations Expected(Era era) => new(SuiteKnowledge.Catalogue, era, useExpectations);
}
