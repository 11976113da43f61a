using BenchmarkDotNet.Attributes;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Running;
using Conformance.Model.Scenarios;

namespace Conformance.Bench;

/// <summary>Parts of a run, for comparison over commits.</summary>
[MemoryDiagnoser]
public class StepBenchmarks
{
    private IReadOnlyList<Scenario> scenarios = [];

    /// <summary>All drivers of the catalogue.</summary>
    public static IEnumerable<string> Drivers => DriverCatalog.All.Select(entry => entry.Factory.Name);

    /// <summary>The driver that is measured.</summary>
    [ParamsSource(nameof(Drivers))]
    public string Driver { get; set; } = "";

    /// <summary>Draws the scenarios.</summary>
    [GlobalSetup]
    public void Setup() => scenarios = Workload.Random(Driver, length: 200, count: 10);

    /// <summary>Oracle, system, probes and rules.</summary>
    [Benchmark]
    public long Checked() => scenarios.Sum(s => (long)Workload.Checked(s).Commands);

    /// <summary>System and probes.</summary>
    [Benchmark(Baseline = true)]
    public long Unchecked() =>
        scenarios.Sum(s => new UncheckedRunner(Workload.Subject, s).Run(0, s.Commands.Count));

    /// <summary>Print and parse.</summary>
    [Benchmark]
    public int TextRoundTrip() =>
        scenarios.Sum(s => ScenarioText.Parse(ScenarioText.Print(s)).OrThrow().Commands.Count);
}
