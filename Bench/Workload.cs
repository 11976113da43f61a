using System.Collections.Immutable;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Generation;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Bench;

/// <summary>
/// Scenarios to measure with: random ones that run to their end, and one with many live pages.
/// </summary>
internal static class Workload
{
    public static readonly Era Era = Eras.Newest;

    public static readonly Subject Subject = Subject.Of(Era);

    /// <summary>Runs a scenario checked; null for a clean run to its end.</summary>
    public static RunResult Checked(Scenario scenario) =>
        new LockstepRunner(Subject, scenario, _ => false).Run();

    /// <summary>
    /// Random scenarios of a driver that no (expected) breakage cuts short, so that all runs do equal work.
    /// </summary>
    public static IReadOnlyList<Scenario> Random(string driver, int length, int count)
    {
        var factories = DriverCatalog.All.Select(e => e.Factory).ToList();
        var generator = new ScenarioGenerator(factories, Era.Name, Era.Tree, driver);
        var seeds = new SeedStream(7, driver);
        var scenarios = new List<Scenario>();
        for (var tries = 0; scenarios.Count < count && tries < 400; tries++)
        {
            var scenario = generator.Generate(seeds.Next(), length);
            if (Checked(scenario) is { Failure: null } result && result.Commands == scenario.Commands.Count)
            {
                scenarios.Add(scenario);
            }
        }

        return scenarios;
    }

    /// <summary>
    /// One device on one domain with <paramref name="pages"/> separate live pages (no two of them adjacent in
    /// physical memory), then <paramref name="steps"/> unmaps and maps at random among them.
    /// </summary>
    public static Scenario LivePages(string driver, int pages, int steps)
    {
        var factory = DriverCatalog.Find(driver)!.Factory;
        var profile = factory.Profile(Era.Tree, factory.Variants[0]);
        var page = profile.PageSizes.Min;
        var first = Math.Max(profile.DmaWindow?.First ?? 0, 1UL << 32);
        var device = new DeviceSpec
        {
            Requesters = [new Requester(new InstanceId(0), new RequesterId(1))],
            Pci = true
        };
        var topology = new Topology(
            12, KernelOptions.Default, [new InstanceSpec(driver, factory.Variants[0])], [device]);
        var domain = DomainRef.Slot(0).Packed;
        var commands = ImmutableArray.CreateBuilder<Command>(pages + (2 * steps) + 3);
        commands.Add(new Command(Op.Register, 0, 0, 0, 0, 0, 0));
        commands.Add(new Command(Op.Alloc, domain, 0, 0, 0, 0, 0));
        commands.Add(new Command(Op.AttachGroup, domain, 0, 0, 0, 0, 0));
        for (var i = 0; i < pages; i++)
        {
            commands.Add(Map(i));
        }

        var random = new Xoshiro256(42);
        for (var i = 0; i < steps; i++)
        {
            var at = (int)(random.Next() % (ulong)pages);
            commands.Add(new Command(Op.Unmap, domain, 0, first + ((ulong)at * page), 0, page, 0));
            commands.Add(Map(at));
        }

        return new Scenario(Era.Name, topology, commands.ToImmutable());

        Command Map(int i) => new(
            Op.Map,
            domain,
            0,
            first + ((ulong)i * page),
            (1UL << 32) + ((ulong)i * 2 * page),
            page,
            (uint)(Prot.Read | Prot.Write));
    }
}
