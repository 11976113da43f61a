using Conformance.Harness.Generation;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Scenarios;

public sealed class ScenarioGeneratorTests
{
    [Fact]
    public void The_same_seed_gives_the_same_bytes()
    {
        for (var seed = 0; seed < 300; seed++)
        {
            var text = ScenarioText.Print(GeneratedScenarios.Of(seed));
            Assert.Equal(text, ScenarioText.Print(GeneratedScenarios.Of(seed)));
            Assert.NotEqual(text, ScenarioText.Print(GeneratedScenarios.Of(seed + (28 * 1000))));
        }
    }

    [Fact]
    public void The_random_numbers_are_those_of_the_published_algorithm()
    {
        // Seed 0 through splitmix64, then xoshiro256**; computed independently from the papers' definitions.
        var random = new Xoshiro256(0);
        Assert.Equal(0x99ec_5f36_cb75_f2b4UL, random.Next());
        Assert.Equal(0xbf6e_1f78_4956_452aUL, random.Next());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(10)]
    [InlineData(300)]
    public void A_scenario_has_the_length_asked_for_and_registers_every_instance_first(int length)
    {
        for (var seed = 0; seed < 1000; seed++)
        {
            var scenario = GeneratedScenarios.Of(seed, length);
            var registered = 0;
            var at = 0;
            while (registered < scenario.Topology.Instances.Length)
            {
                var command = scenario.Commands[at++];
                if (IsFault(command.Op))
                {
                    continue;
                }

                Assert.Equal(Op.Register, command.Op);
                Assert.Equal(registered++, command.A);
            }

            // Devices that an early scan could not take are probed after the registrations.
            var most = Math.Max(length, at + scenario.Topology.Devices.Length);
            Assert.InRange(scenario.Commands.Count, Math.Max(length, at), most);
        }
    }

    [Fact]
    public void Every_operation_of_an_era_appears_and_the_others_stay_rare()
    {
        foreach (var (era, tree) in FakeFactory.Eras)
        {
            var counts = new int[CommandShape.KernelOps];
            foreach (var command in Draw(era, tree, 300).SelectMany(s => s.Commands))
            {
                counts[(int)command.Op]++;
            }

            for (var op = Op.Register; (int)op < counts.Length; op++)
            {
                Assert.True(counts[(int)op] > 0, $"{op} never drawn in {era}");
                var rare = counts[(int)op] < counts.Sum() / 100;
                Assert.True(rare || EraOffer.Has(era, op), $"{op} too often in {era}");
            }
        }
    }

    [Fact]
    public void An_armed_failure_is_followed_by_a_command_that_it_can_strike()
    {
        for (var seed = 0; seed < 2000; seed++)
        {
            var commands = GeneratedScenarios.Of(seed).Commands;
            for (var i = 0; i < commands.Count; i++)
            {
                if (IsFault(commands[i].Op))
                {
                    Assert.True(i + 1 < commands.Count, $"seed {seed}: nothing follows");
                    Assert.True(CanBeStruck(commands[i].Op, commands[i + 1].Op), $"seed {seed}: {i}");
                }
            }
        }
    }

    [Fact]
    public void Most_arguments_exist_and_some_are_nonsense()
    {
        int maps = 0, aligned = 0, unmaps = 0, exact = 0;
        foreach (var scenario in Draw("v7.2", KernelTree.V7_2, 500))
        {
            var mapped = new HashSet<(int, ulong, ulong)>();
            foreach (var command in scenario.Commands)
            {
                if (command.Op == Op.Map)
                {
                    maps++;
                    aligned += IsAligned(command) && command.Size != 0 ? 1 : 0;
                    mapped.Add((command.A, command.Iova, command.Size));
                }
                else if (command.Op is Op.Unmap or Op.UnmapFast)
                {
                    unmaps++;
                    exact += mapped.Contains((command.A, command.Iova, command.Size)) ? 1 : 0;
                }
            }
        }

        Assert.InRange(aligned, maps * 90 / 100, maps - 1);
        Assert.InRange(exact, unmaps * 35 / 100, unmaps * 90 / 100);
    }

    [Fact]
    public void Maps_stay_within_what_tables_can_carry()
    {
        var sizes = new PageSizes(0x4020_1000);
        foreach (var scenario in Draw("v6.7", KernelTree.V6_12, 500))
        {
            foreach (var command in scenario.Commands)
            {
                if (command.Op == Op.Map && IsAligned(command))
                {
                    Assert.InRange(Leaves(sizes, command), 0UL, 16384UL);
                }
            }
        }
    }

    [Fact]
    public void Topologies_keep_to_the_limits_of_the_driver()
    {
        for (var seed = 0; seed < 3000; seed++)
        {
            var topology = GeneratedScenarios.Of(seed, 1).Topology;
            Assert.NotEmpty(topology.Devices);
            foreach (var device in topology.Devices)
            {
                var limits = Profile(topology.InstanceOf(device)).Limits;
                var units = device.Requesters.Select(r => r.Instance).Distinct().Count();
                Assert.True(units <= limits.InstancesPerDevice);
                Assert.True(device.Requesters.Length <= units * limits.RequestersPerInstance);
                Assert.All(device.Requesters, r => Assert.True(r.Id.Value <= limits.RequesterLast));
                Assert.True(limits.Pci || !device.Pci);
                Assert.True(limits.Deferred || !device.Deferred);
                Assert.True(device.MaxPasids <= Profile(topology.InstanceOf(device)).MaxPasids);
                Assert.All(device.Regions, r => AssertRegion(r, limits));
            }

            foreach (var members in Enumerable.Range(0, topology.GroupCount)
                         .Select(g => topology.DevicesOf(new GroupId(g))))
            {
                var first = topology.Devices[members[0].Index];
                Assert.True(members.Count == 1 || Profile(topology.InstanceOf(first)).Limits.SharedGroups);
                Assert.All(members, m => Assert.Equal(first.Instance, topology.Devices[m.Index].Instance));
            }
        }
    }

    [Fact]
    public void Topologies_differ_in_all_the_ways_that_are_asked_for()
    {
        var topologies = Enumerable.Range(0, 3000).Select(s => GeneratedScenarios.Of(s, 1).Topology).ToList();
        Predicate<Topology>[] kinds =
        [
            t => t.CpuPageShift == 14, t => t.Kernel.Kdump, t => t.Kernel.Passthrough == true,
            t => t.Kernel.Passthrough == false, t => t.Kernel.Strict == false, t => t.Instances.Length == 3,
            t => t.Instances.Select(i => i.Variant).Distinct(StringComparer.Ordinal).Count() > 1,
            t => t.Instances.Select(i => i.Driver).Distinct(StringComparer.Ordinal).Count() > 1,
            t => t.GroupCount < t.Devices.Length, t => t.Devices.Length == 4,
            t => t.Devices.Any(d => d.Untrusted), t => t.Devices.Any(d => d.Ats),
            t => t.Devices.Any(d => !d.ColdPlug), t => t.Devices.Any(d => d.Deferred),
            t => t.Devices.Any(d => d.MaxPasids > 0), t => t.Devices.Any(d => d.Wish == DeviceWish.Identity),
            t => t.Devices.Any(d => d.Regions.Any(r => r.Type == ResvType.Direct)),
            t => t.Devices.Any(d => d.Requesters.Count(r => r.Instance == d.Instance) > 1),
            t => t.Devices.Any(d => d.Requesters.Select(r => r.Instance).Distinct().Count() > 1),
        ];
        Assert.All(kinds, kind => Assert.InRange(topologies.Count(t => kind(t)), 20, 2900));
    }

    [Fact]
    public void A_fixed_variant_is_the_only_one()
    {
        var generator = new ScenarioGenerator(
            FakeFactory.Catalogue, "v7.2", KernelTree.V7_2, "three-level", "scalable");
        for (var seed = 0UL; seed < 200; seed++)
        {
            var own = generator.Generate(seed, 1).Topology.Instances
                .Where(i => string.Equals(i.Driver, "three-level", StringComparison.Ordinal));
            Assert.All(own, i => Assert.Equal("scalable", i.Variant));
        }

        Assert.Throws<ArgumentException>(() =>
            new ScenarioGenerator(FakeFactory.Catalogue, "v7.2", KernelTree.V7_2, "three-level", "no"));
        Assert.Throws<ArgumentException>(() =>
            new ScenarioGenerator(FakeFactory.Catalogue, "v7.2", KernelTree.V7_2, "no").Generate(0, 1));
    }

    [Fact]
    public void Mutants_are_valid_different_and_repeatable()
    {
        var changed = 0;
        for (var seed = 0; seed < 3000; seed++)
        {
            var scenario = GeneratedScenarios.Of(seed, 30);
            var donor = GeneratedScenarios.Of(seed + 1, 30);
            var mutant = ScenarioMutator.Mutate(scenario, seed % 2 == 0 ? donor : null, (ulong)seed);
            Assert.Equal(mutant, ScenarioMutator.Mutate(scenario, seed % 2 == 0 ? donor : null, (ulong)seed));
            Assert.Equal(mutant, ScenarioText.Parse(ScenarioText.Print(mutant)).OrThrow());
            changed += mutant.Equals(scenario) ? 0 : 1;
        }

        Assert.InRange(changed, 2500, 3000);
    }

    private static IEnumerable<Scenario> Draw(string era, KernelTree tree, int count)
    {
        var generator = new ScenarioGenerator(FakeFactory.Catalogue, era, tree, "three-level");
        return Enumerable.Range(0, count).Select(s => generator.Generate((ulong)s, 120));
    }

    private static DriverProfile Profile(InstanceSpec instance) => FakeFactory.Catalogue
        .First(f => string.Equals(f.Name, instance.Driver, StringComparison.Ordinal))
        .Profile(KernelTree.V7_2, instance.Variant);

    private static bool IsFault(Op op) => op is Op.FailAttach or Op.FailMap or Op.FailAlloc;

    private static bool CanBeStruck(Op fault, Op op) => fault switch
    {
        Op.FailMap => op is Op.Map or Op.Register,
        Op.FailAlloc => op is Op.Alloc or Op.ClaimGroup or Op.SetType or Op.Probe or Op.Register,
        _ => op is Op.AttachGroup or Op.DetachGroup or Op.Replace or Op.ClaimGroup or Op.ReleaseGroupOwner
            or Op.SetType or Op.Probe or Op.DeferredAttach or Op.Register or Op.AttachPasid
            or Op.ReplacePasid,
    };

    private static void AssertRegion(ResvRegion region, TopologyLimits limits)
    {
        Assert.Contains(region.Type, limits.Regions);
        Assert.InRange(region.Start.Value, limits.RegionRange.First, limits.RegionRange.Last);
        Assert.InRange(region.End, region.Start.Value, limits.RegionRange.Last);
    }

    private static bool IsAligned(Command map) => ((map.Iova | map.Pa | map.Size) & 0xfff) == 0;

    private static ulong Leaves(PageSizes sizes, Command map)
    {
        var (iova, pa, size, leaves) = (map.Iova, map.Pa, map.Size, 0UL);
        while (size != 0)
        {
            var page = sizes.Choose(iova, pa, size, out var count);
            var done = page * count;
            (iova, pa, size, leaves) = (iova + done, pa + done, size - done, leaves + count);
        }

        return leaves;
    }
}
