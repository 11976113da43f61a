using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Clients.Iommufd;

/// <summary>
/// Runs iommufd commands on a simulated driver in lockstep with the reference model, under all rules, and
/// tells what each command gave.
/// </summary>
internal static class IommufdBench
{
    public const string Intel = "intel-vtd/legacy";
    public const string Smmu = "arm-smmu-v3/s1";

    /// <summary>Two devices in groups of their own.</summary>
    public const string TwoGroups = "device d0 i0:0x8 group 0 pci; device d1 i0:0x10 group 1 pci";

    /// <summary>Two devices in one group.</summary>
    public const string OneGroup = "device d0 i0:0x8 group 0 pci; device d1 i0:0x10 group 0 pci";

    /// <summary>A scenario of commands separated by <c>;</c>, with the unit registered first.</summary>
    public static Scenario Scenario(
        string commands, string era = "v7.2", string unit = Intel, string devices = TwoGroups) =>
        ScenarioText.Parse(
            $"era {era}\ncpu-page 4K\niommu i0 {unit}\n{Lines(devices)}\n"
                + $"--\nregister i0\n{Lines(commands)}\n",
            Replay.Vocabulary()).OrThrow();

    /// <summary>What the commands give, without the registration.</summary>
    public static IReadOnlyList<string> Run(Scenario scenario) => Run(scenario, out _);

    /// <summary>And what the run showed.</summary>
    public static IReadOnlyList<string> Run(Scenario scenario, out RunResult result)
    {
        var era = Eras.Find(scenario.Era)!;
        var expected = new Expectations(SuiteKnowledge.Catalogue, era, use: true);
        var outcomes = new List<string>();
        LockstepRunner? runner = null;
        runner = new LockstepRunner(Subject.Of(era), scenario, expected.For(scenario))
        {
            AfterCommand = _ => outcomes.Add(Of(runner!.System.Trace.Events)),
        };
        result = runner.Run();
        var failure = result.Failure;
        Assert.True(failure is null, $"{failure}\n{scenario}");
        return outcomes[1..];
    }

    public static IReadOnlyList<string> Run(
        string commands, string era = "v7.2", string unit = Intel, string devices = TwoGroups) =>
        Run(Scenario(commands, era, unit, devices));

    /// <summary>What the last command gives.</summary>
    public static string Last(
        string commands, string era = "v7.2", string unit = Intel, string devices = TwoGroups) =>
        Run(commands, era, unit, devices)[^1];

    private static string Of(ReadOnlySpan<TraceEvent> events)
    {
        Outcome? last = null;
        foreach (var e in events)
        {
            if (e.Kind is EventKind.ClientEnd or EventKind.CommandEnd)
            {
                last = new Outcome(e.Errno, e.A, e.Flag);
            }
            else if (e.Kind == EventKind.Dma && last is not null)
            {
                break;
            }
        }

        return (last ?? Outcome.Nothing).ToString();
    }

    private static string Lines(string text) =>
        string.Join('\n', text.Split([';', '\n'], StringSplitOptions.TrimEntries));
}
