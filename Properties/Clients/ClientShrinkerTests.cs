using Conformance.Harness.Generation.Clients;
using Conformance.Harness.Shrinking;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Properties.Scenarios;

namespace Conformance.Properties.Clients;

public sealed class ClientShrinkerTests
{
    private const int Enough = 20_000;

    private static readonly Topology Machine = Machines.Topology("intel-vtd/legacy");

    private static readonly ClientScenarioGenerator OnMachine = Machines.Generator(Machine, Machines.Offer);

    private static readonly ClientScenarioGenerator Drawn = ClientScenarioGenerator.Anywhere(
        FakeFactory.Catalogue, "v7.2", KernelTree.V7_2, "three-level", null, ClientOffers.InProcess("v7.2"));

    /// <summary>
    /// Failures that need each of the operands of clients, and the fewest commands that show them.
    /// </summary>
    public static TheoryData<string, int> Failures => new()
    {
        { "map and unmap of the same range", 2 },
        { "attach of a HWPT that was allocated on an IOAS", 2 },
        { "copy from one IOAS into another", 1 },
        { "two contexts", 2 },
        { "a container with two groups", 2 },
        { "version 1", 1 },
        { "a flag of a HWPT", 1 },
        { "an access in the upper half of memory", 1 },
        { "a failure and what it strikes", 2 },
        { "large pages switched off", 1 },
    };

    [Theory]
    [MemberData(nameof(Failures))]
    public void The_result_still_fails_and_nothing_smaller_does(string name, int fewest)
    {
        var fails = Failure(name);
        foreach (var (generator, scope, least) in (IEnumerable<(ClientScenarioGenerator, ShrinkScope, int)>)
                 [(Drawn, ShrinkScope.Everything, 0), (OnMachine, ShrinkScope.OnMachine, 1)])
        {
            var shown = 0;
            for (var seed = 0UL; seed < 400 && shown < 5; seed++)
            {
                var scenario = generator.Generate(seed, 80);
                if (!fails(scenario))
                {
                    continue;
                }

                shown++;
                var result = Shrinker.Shrink(scenario, fails, ShrinkBudget.Of(Enough), scope);
                Assert.True(result.IsMinimal);
                Assert.True(fails(result.Scenario));
                Assert.Equal(fewest + least, result.Scenario.Commands.Count);
                Assert.All(
                    Shrinker.Candidates(result.Scenario, scope), c => Assert.False(fails(c), c.ToString()));
            }

            // Nobody makes allocations fail in a simulated driver.
            Assert.True(shown > 2 || name.StartsWith("a failure", StringComparison.Ordinal), name);
        }
    }

    [Fact]
    public void Candidates_are_valid_different_and_never_longer()
    {
        for (var seed = 0UL; seed < 20; seed++)
        {
            var scenario = Drawn.Generate(seed, 24);
            foreach (var candidate in Shrinker.Candidates(scenario))
            {
                var parsed = ScenarioText.Parse(candidate.ToString(), FakeFactory.Vocabulary);
                Assert.Equal(candidate, parsed.OrThrow());
                Assert.NotEqual(scenario, candidate);
                Assert.True(candidate.Commands.Count <= scenario.Commands.Count);
            }
        }
    }

    [Fact]
    public void A_machine_stays_as_it_is()
    {
        for (var seed = 0UL; seed < 20; seed++)
        {
            var scenario = OnMachine.Generate(seed, 40);
            Assert.All(Shrinker.Candidates(scenario, ShrinkScope.OnMachine), candidate =>
            {
                Assert.Same(Machine, candidate.Topology);
                Assert.Single(candidate.Commands, c => c.Op == Op.Register);
            });
            var result = Shrinker.Shrink(
                scenario, static _ => true, ShrinkBudget.Of(Enough), ShrinkScope.OnMachine);
            Assert.Equal(["register i0"], result.Scenario.Commands.Select(c => c.ToString()));
        }
    }

    [Fact]
    public void Names_and_addresses_become_plain_together()
    {
        const string Text =
            """
            era v7.2
            iommu i0 a/b
            device d0 i0:0x0
            --
            register i0
            ioas-alloc A5 f1
            fd-bind d0 f1
            ioas-alloc A3 f1
            ioas-map A3 0x6edc3f000 m0x612000 0x8000 rw
            ioas-copy A5 A3 0x7fffff000 0x6edc40000 0x2000 rw
            hwpt-alloc H4 d0 A5
            fd-attach H4 d0
            dma d0 0 0x7fffff800 write
            """;

        // The access goes through a HWPT of an IOAS that got its area from another one.
        static bool Fails(Scenario s)
        {
            var copy = s.Commands.FirstOrDefault(c => c.Op == Op.IoasCopy);
            return s.Commands.Any(c => c.Op == Op.IoasMap && c.A == copy.B && c.Iova <= copy.Pa
                    && copy.Pa + copy.Size <= c.Iova + c.Size && copy.Size != 0)
                && s.Commands.Any(c => c.Op == Op.HwptAlloc && c.Parent == PageTableRef.Ioas(copy.A)
                    && s.Commands.Any(a => a.Op == Op.FdAttach && a.Table == PageTableRef.Hwpt(c.A)))
                && s.Commands.Any(c => c.Op == Op.Dma && c.Iova - copy.Iova < copy.Size)
                && copy.A != copy.B;
        }

        var result = Shrinker.Shrink(ScenarioText.Parse(Text).OrThrow(), Fails, ShrinkBudget.Of(Enough));
        Assert.True(result.IsMinimal);
        Assert.Equal(
            [
                "ioas-map A0 0x1000 m0x0 0x1000 rw", "ioas-copy A1 A0 0x1000 0x1000 0x1000 rw",
                "hwpt-alloc H0 d0 A1", "fd-attach H0 d0", "dma d0 0 0x1000 read",
            ],
            result.Scenario.Commands.Select(c => c.ToString()));
    }

    private static Func<Scenario, bool> Failure(string name) => name switch
    {
        "map and unmap of the same range" => s => ShrinkerTests.HasPair(s, static (a, b) =>
            a.Op == Op.IoasMap && b.Op == Op.IoasUnmap && (a.A, a.Iova, a.Size) == (b.A, b.Iova, b.Size)),
        "attach of a HWPT that was allocated on an IOAS" => s => ShrinkerTests.HasPair(s, static (a, b) =>
            a.Op == Op.HwptAlloc && b.Op == Op.FdAttach && b.Table == PageTableRef.Hwpt(a.A)),
        "copy from one IOAS into another" => s => s.Commands.Any(c => c.Op == Op.IoasCopy && c.A != c.B),
        "two contexts" => s => ShrinkerTests.HasPair(s, static (a, b) =>
            a.Op == Op.FdBind && b.Op == Op.FdBind && a.B != b.B && a.A != b.A),
        "a container with two groups" => s => ShrinkerTests.HasPair(s, static (a, b) =>
            a.Op == Op.VfioSetContainer && b.Op == Op.VfioSetContainer && a.A == b.A && a.B != b.B),
        "version 1" => s => s.Commands.Any(c => c is { Op: Op.VfioSetIommu, Extra: 1 }),
        "a flag of a HWPT" => s => s.Commands.Any(c =>
            c.Op == Op.HwptAlloc && c.HwptFlags.HasFlag(HwptFlags.DirtyTracking)),
        "an access in the upper half of memory" => s => s.Commands.Any(c =>
            c.Op == Op.DmaMemory && c.Pa >= 0x40_0000),
        "a failure and what it strikes" => s => s.Commands.Zip(s.Commands.Skip(1)).Any(p =>
            p is { First.Op: Op.FailNth, Second.Op: Op.IoasMap }),
        _ => s => s.Commands.Any(c => c is { Op: Op.IoasHuge, Extra: 0 }),
    };
}
