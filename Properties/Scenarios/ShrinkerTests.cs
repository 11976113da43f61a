using Conformance.Harness.Shrinking;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Scenarios;

public sealed class ShrinkerTests
{
    private const int Enough = 20_000;

    /// <summary>
    /// Failures with something of each kind to get rid of, and the fewest commands that show them.
    /// </summary>
    public static TheoryData<string, int> Failures => new()
    {
        { "any map", 1 },
        { "map before unmap of the same range", 2 },
        { "map, unmap and dma of another device", 3 },
        { "two attaches of one slot to two groups", 2 },
        { "claim in a group of two devices", 1 },
        { "fault and the command after it", 2 },
        { "dma through the second requester", 1 },
        { "map that crosses 2M", 1 },
        { "a direct region is claimed", 1 },
        { "the second instance", 1 },
        { "odd number of maps above two", 3 },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void The_result_still_fails_and_nothing_smaller_does(string name, int fewest)
    {
        var fails = Failure(name);
        var shown = 0;
        for (var seed = 0; seed < 400 && shown < 12; seed++)
        {
            var scenario = GeneratedScenarios.Of((seed * 28) + 24, 80);
            if (!fails(scenario))
            {
                continue;
            }

            shown++;
            var result = Shrinker.Shrink(scenario, fails, ShrinkBudget.Of(Enough));
            Assert.True(result.IsMinimal);
            Assert.InRange(result.Evaluations, 1, Enough);
            Assert.True(fails(result.Scenario));
            Assert.Equal(fewest, result.Scenario.Commands.Count);
            Assert.All(Shrinker.Candidates(result.Scenario), c => Assert.False(fails(c), c.ToString()));
        }

        Assert.InRange(shown, 5, 12);
    }

    [Fact]
    public void Candidates_are_valid_different_and_never_longer()
    {
        for (var seed = 0; seed < 28; seed++)
        {
            var scenario = GeneratedScenarios.Of(seed, 16);
            var count = 0;
            foreach (var candidate in Shrinker.Candidates(scenario))
            {
                count++;
                var parsed = ScenarioText.Parse(candidate.ToString(), FakeFactory.Vocabulary);
                Assert.Equal(candidate, parsed.OrThrow());
                Assert.NotEqual(scenario, candidate);
                Assert.True(candidate.Commands.Count <= scenario.Commands.Count);
            }

            Assert.InRange(count, scenario.Commands.Count, 50_000);
        }
    }

    [Fact]
    public void Everything_goes_when_everything_fails()
    {
        for (var seed = 0; seed < 112; seed++)
        {
            var scenario = GeneratedScenarios.Of(seed);
            var result = Shrinker.Shrink(scenario, static _ => true, ShrinkBudget.Of(Enough));
            Assert.Equal(result.Scenario, new Shrinker(Enough).Shrink(scenario, static _ => true));
            Assert.True(result.IsMinimal);
            Assert.Empty(result.Scenario.Commands);
            var driver = result.Scenario.Topology.Instances[0];
            Assert.Equal(
                $"era {result.Scenario.Era}\ncpu-page 4K\nkernel\niommu i0 {driver.Driver}/{driver.Variant}\n"
                + "device d0 i0:0x0 group 0\n--\n",
                result.Scenario.ToString());
        }
    }

    [Fact]
    public void References_follow_the_things_they_name()
    {
        const string Text =
            """
            era v7.2
            iommu i0 a/b
            iommu i1 c/d
            device d0 i0:0x9 group 4 pci untrusted
            device d1 i1:0x5 i1:0x7 group 6 hotplug
            device d2 i0:0x8 group 4
            device d3 i1:0x6 group 2
            --
            register i0
            register i1
            map g0.default 0x7ffff000 0x1234000 0x3000 w
            dma d1 1 0x7ffff000 write
            attach-group i1.blocked g1
            alloc D5 d3
            claim-group o2 g1
            """;
        static bool Fails(Scenario s) => s.Commands.Any(c =>
                c.Op == Op.Dma && s.Topology.InstanceOf(s.Topology.Devices[c.A]).Driver is "c"
                && s.Topology.Devices[c.A].Requesters[c.B].Id.Value == 7)
            && s.Commands.Any(c =>
                c.Op == Op.AttachGroup && c.Domain.Role == DomainRole.Blocked
                && s.Topology.Instances[c.Domain.Index].Driver is "c"
                && !s.Topology.Devices[s.Topology.DevicesOf(new GroupId(c.B))[0].Index].ColdPlug);
        const string Least =
            """
            era v7.2
            cpu-page 4K
            kernel
            iommu i0 c/d
            device d0 i0:0x7 group 0 hotplug
            --
            dma d0 0 0x1000 read
            attach-group i0.blocked g0

            """;
        var result = Shrinker.Shrink(ScenarioText.Parse(Text).OrThrow(), Fails, ShrinkBudget.Of(Enough));
        Assert.Equal(Least, result.Scenario.ToString());
    }

    [Fact]
    public void Addresses_that_belong_together_become_plain_together()
    {
        const string Text =
            """
            era v6.5
            iommu i0 a/b
            device d0 i0:0x0
            --
            alloc D7 d0
            map D7 0x6edc3f000 0x39d45822e000 0x8000 w+priv
            unmap D7 0x6edc3f000 0x8000
            map D7 0x6edc47000 0x3ffff000 0x1000 rw
            """;

        // The last map begins where the first one ended, after that was unmapped.
        static bool Fails(Scenario s) => s.Commands is [{ Op: Op.Alloc }, var map, var unmap, var next]
            && (map.Op, unmap.Op, next.Op) == (Op.Map, Op.Unmap, Op.Map) && map.Size != 0
            && (map.Iova, map.Size, map.A) == (unmap.Iova, unmap.Size, unmap.A)
            && next.Iova == map.Iova + map.Size && next.A == s.Commands[0].A;
        var result = Shrinker.Shrink(ScenarioText.Parse(Text).OrThrow(), Fails, ShrinkBudget.Of(Enough));
        Assert.True(result.IsMinimal);
        Assert.Equal(
            ["alloc D0 d0", "map D0 0x1000", "unmap D0 0x1000", "map D0 0x9000 0x100000"],
            result.Scenario.Commands.Select((c, i) =>
                string.Join(' ', c.ToString().Split(' ').Take(i == 3 ? 4 : 3))));
    }

    [Fact]
    public void A_spent_budget_ends_the_search_with_what_was_found()
    {
        var scenario = GeneratedScenarios.Of(24, 80);
        var fails = Failure("any map");
        var few = Shrinker.Shrink(scenario, fails, ShrinkBudget.Of(7));
        Assert.Equal((7, false), (few.Evaluations, few.IsMinimal));
        Assert.True(fails(few.Scenario));

        var ticks = 0;
        var clock = new ShrinkBudget(Enough, TimeSpan.FromSeconds(9), () => TimeSpan.FromSeconds(ticks++));
        var late = Shrinker.Shrink(scenario, fails, clock);
        Assert.Equal((9, false), (late.Evaluations, late.IsMinimal));
    }

    [Fact]
    public void Shrinking_is_repeatable_and_frugal()
    {
        var fails = Failure("map before unmap of the same range");
        var total = 0;
        var runs = 0;
        for (var seed = 0; seed < 56; seed++)
        {
            var scenario = GeneratedScenarios.Of(seed, 200);
            if (fails(scenario))
            {
                var result = Shrinker.Shrink(scenario, fails, ShrinkBudget.Of(Enough));
                Assert.Equal(result, Shrinker.Shrink(scenario, fails, ShrinkBudget.Of(Enough)));
                total += result.Evaluations;
                runs++;
            }
        }

        Assert.InRange(runs, 20, 56);
        Assert.InRange(total / runs, 1, 600);
    }

    private static Func<Scenario, bool> Failure(string name) => name switch
    {
        "any map" => s => s.Commands.Any(c => c.Op == Op.Map),
        "map before unmap of the same range" => s => HasPair(s, (a, b) =>
            a.Op == Op.Map && b.Op == Op.Unmap && (a.A, a.Iova, a.Size) == (b.A, b.Iova, b.Size)),
        "map, unmap and dma of another device" => s => HasPair(s, (a, b) =>
            a.Op == Op.Map && b.Op == Op.Unmap && a.A == b.A
            && s.Commands.Any(c => c.Op == Op.Dma && c.A > 0)),
        "two attaches of one slot to two groups" => s => HasPair(s, (a, b) =>
            a.Op == Op.AttachGroup && b.Op == Op.AttachGroup && a.A == b.A && a.B != b.B),
        "claim in a group of two devices" => s => s.Commands.Any(c =>
            c.Op == Op.ClaimGroup && s.Topology.DevicesOf(new GroupId(c.B)).Count == 2),
        "fault and the command after it" => s => s.Commands.Zip(s.Commands.Skip(1)).Any(p =>
            p is { First.Op: Op.FailAttach, Second.Op: Op.AttachGroup }),
        "dma through the second requester" => s => s.Commands.Any(c => c is { Op: Op.Dma, B: 1 }),
        "map that crosses 2M" => s => s.Commands.Any(c =>
            c.Op == Op.Map && c.Size is > 0 and < 0x100_0000 && (c.Iova & 0xfff) == 0
            && (c.Iova >> 21) != ((c.Iova + c.Size - 1) >> 21)),
        "a direct region is claimed" => s => s.Commands.Any(c =>
            c.Op == Op.ClaimDevice && s.Topology.Devices[c.B].Regions.Any(r => r.Type == ResvType.Direct)),
        "the second instance" => s => s.Commands.Any(c =>
            c.Op == Op.Register && c.A == 1 && s.Topology.Devices.Any(d => d.Instance.Index == 0)),
        _ => s => s.Commands.Count(c => c.Op == Op.Map) is > 2 and var n && n % 2 == 1,
    };

    /// <summary>Some command and a later one pass a test.</summary>
    internal static bool HasPair(Scenario scenario, Func<Command, Command, bool> test)
    {
        for (var i = 0; i < scenario.Commands.Count; i++)
        {
            for (var k = i + 1; k < scenario.Commands.Count; k++)
            {
                if (test(scenario.Commands[i], scenario.Commands[k]))
                {
                    return true;
                }
            }
        }

        return false;
    }
}
