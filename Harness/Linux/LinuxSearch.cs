using Conformance.Drivers.Linux;
using Conformance.Harness.Findings;
using Conformance.Harness.Generation;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Harness.Shrinking;
using Conformance.Model.Core;
using Conformance.Model.Rules;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>What to ask of a real kernel.</summary>
/// <param name="Commands">Stop after so many answered commands.</param>
/// <param name="Seed">Where the scenarios start from.</param>
/// <param name="Length">Commands of a scenario.</param>
/// <param name="FindingsMax">Stop after so many findings.</param>
/// <param name="ShrinkRuns">Most runs of the kernel to make one finding small.</param>
/// <param name="Run">How a scenario is fed to the kernel.</param>
public sealed record LinuxSearchOptions(
    long Commands, ulong Seed, int Length, int FindingsMax, int ShrinkRuns, LinuxOptions Run);

/// <summary>What a search on a real kernel has shown so far.</summary>
public sealed class LinuxReport
{
    public long Scenarios { get; internal set; }

    public LinuxTally Tally { get; } = new();

    public List<Finding> Findings { get; } = [];

    /// <summary>How often the premise of each rule held.</summary>
    public Dictionary<RuleId, long> Exercised { get; } = [];

    public HashSet<RuleId> ExpectedSeen { get; } = [];

    public bool Interrupted { get; internal set; }
}

/// <summary>Random search on a real kernel: draws, runs, shrinks what breaks.</summary>
public sealed class LinuxSearch(
    LinuxTarget target,
    Era era,
    IKernelUnderTest kernel,
    IScenarioGenerator generator,
    LinuxSearchOptions options)
{
    private readonly LinuxReport report = new();

    /// <summary>Called after each scenario.</summary>
    public Action<LinuxReport>? OnScenario { get; init; }

    /// <summary>Breakages that are known of the kernel.</summary>
    public required Expectations Expectations { get; init; }

    public LinuxReport Run(CancellationToken cancel)
    {
        var seeds = new SeedStream(options.Seed, target.ToString(), era.Name);
        while (report.Tally.Sent < options.Commands && report.Findings.Count < options.FindingsMax)
        {
            if (cancel.IsCancellationRequested)
            {
                report.Interrupted = true;
                break;
            }

            var seed = seeds.Next();
            RunOne(generator.Generate(seed, options.Length), seed, cancel);
            OnScenario?.Invoke(report);
        }

        return report;
    }

    private void RunOne(Scenario scenario, ulong seed, CancellationToken cancel)
    {
        var runner = new LinuxRunner(
            target, era, scenario, kernel, options.Run, Expectations.For(scenario));
        var result = runner.Run();
        report.Scenarios++;
        report.Tally.Add(runner.Tally);
        report.ExpectedSeen.UnionWith(result.ExpectedSeen);
        foreach (var (rule, count) in result.Exercised)
        {
            report.Exercised[rule] = report.Exercised.GetValueOrDefault(rule) + count;
        }

        if (result.Failure is { } failure)
        {
            report.Findings.Add(Shrink(new Finding(target.ToString(), scenario, failure, seed), cancel));
        }
    }

    /// <summary>The same rule with fewer commands; the machine stays as it is.</summary>
    private Finding Shrink(Finding finding, CancellationToken cancel)
    {
        var small = FindingShrinker.Smallest(
            finding, FailureOf, ShrinkScope.OnMachine, options.ShrinkRuns, cancel);
        return FailureOf(small) is { } failure
            ? finding with { Scenario = small, Failure = failure }
            : finding;
    }

    private Failure? FailureOf(Scenario scenario) => new LinuxRunner(
        target, era, scenario, kernel, options.Run, Expectations.For(scenario)).Run().Failure;
}
