using System.Diagnostics;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Running;
using Conformance.Model.Scenarios;

namespace Conformance.Bench;

/// <summary>
/// The side-by-side comparisons, in one run: checked against unchecked steps, against FsCheck's state
/// machine, over
/// scenario length and over live pages. Best of several rounds, so that other load on the machine matters
/// less.
/// </summary>
internal static class Compare
{
    private const int Rounds = 7;

    public static int Run(TextWriter output)
    {
        output.WriteLine($"era {Workload.Era}, best of {Rounds} rounds, one core");
        foreach (var driver in DriverCatalog.All.Select(e => e.Factory.Name))
        {
            CheckedAgainstUnchecked(output, driver);
            OverLength(output, driver);
        }

        foreach (var driver in DriverCatalog.All.Select(e => e.Factory.Name).Where(HasRoom))
        {
            OverLivePages(output, driver);
        }

        return 0;
    }

    /// <summary>Room for a million pages of the smallest size above 4 GiB.</summary>
    private static bool HasRoom(string driver)
    {
        var factory = DriverCatalog.Find(driver)!.Factory;
        var profile = factory.Profile(Workload.Era.Tree, factory.Variants[0]);
        return profile.IovaLast > (1UL << 32) + (1_000_000 * profile.PageSizes.Min);
    }

    private static void CheckedAgainstUnchecked(TextWriter output, string driver)
    {
        var scenarios = Workload.Random(driver, length: 1000, count: 12);
        var steps = scenarios.Sum(s => s.Commands.Count);
        var plain = Best(() => scenarios.Sum(s => new UncheckedRunner(Workload.Subject, s).Run(0,
            s.Commands.Count)));
        var full = Best(() => scenarios.Sum(s => (long)Workload.Checked(s).Commands));
        var machine = Best(() => scenarios.Sum(StateMachineBaseline.Run));
        output.WriteLine($"{driver}: unchecked {Ns(plain, steps)} a step, checked {Ns(full, steps)} "
            + $"({Ratio(full, plain)}; bar 2.5), {steps / full.TotalSeconds:N0} checked commands/s");
        output.WriteLine($"{driver}: FsCheck.Experimental.StateMachine, same model and driver, no rules: "
            + $"{Ns(machine, steps)} a step ({Ratio(machine, full)} of checked)");
    }

    private static void OverLength(TextWriter output, string driver)
    {
        var small = Workload.Random(driver, length: 100, count: 100);
        var large = Workload.Random(driver, length: 10_000, count: 1);
        if (large.Count == 0)
        {
            output.WriteLine($"{driver}: no scenario of 10,000 commands without an expected breakage");
            return;
        }

        var per100 = PerStep(small);
        var per10000 = PerStep(large);
        output.WriteLine($"{driver}: length 100 {per100:N0} ns a step, length 10,000 {per10000:N0} ns "
            + $"({per10000 / per100:F2}; bar 1.3)");
    }

    private static double PerStep(IReadOnlyList<Scenario> scenarios)
    {
        var steps = scenarios.Sum(s => s.Commands.Count);
        return Best(() => scenarios.Sum(s => (long)Workload.Checked(s).Commands)).TotalNanoseconds / steps;
    }

    private static void OverLivePages(TextWriter output, string driver)
    {
        var few = WithLivePages(driver, 1_000);
        var many = WithLivePages(driver, 1_000_000);
        output.WriteLine($"{driver}: 1,000 live pages {few:N0} ns a step, 1,000,000 {many:N0} ns "
            + $"({many / few:F2}; bar 2)");
    }

    /// <summary>Fills, then measures steps among the live pages only.</summary>
    private static double WithLivePages(string driver, int pages)
    {
        const int steps = 50_000;
        var scenario = Workload.LivePages(driver, pages, steps);
        var runner = new LockstepRunner(Workload.Subject, scenario, _ => false);
        var at = scenario.Commands.Count - (2 * steps);
        runner.RunTo(at);
        var best = double.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var end = at + (2 * steps / Rounds);
            var watch = Stopwatch.StartNew();
            runner.RunTo(end);
            best = Math.Min(best, watch.Elapsed.TotalNanoseconds / (end - at));
            at = end;
        }

        return best;
    }

    private static TimeSpan Best(Func<long> work)
    {
        var best = TimeSpan.MaxValue;
        for (var round = 0; round < Rounds; round++)
        {
            var watch = Stopwatch.StartNew();
            GC.KeepAlive(work());
            best = watch.Elapsed < best ? watch.Elapsed : best;
        }

        return best;
    }

    private static string Ns(TimeSpan time, int steps) => $"{time.TotalNanoseconds / steps:N0} ns";

    private static string Ratio(TimeSpan a, TimeSpan b) => $"{a / b:F2}";
}
