using Conformance.Harness.Generation;
using Conformance.Harness.Generation.Clients;
using Conformance.Harness.Running;
using Conformance.Harness.Search;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Clients;

public sealed class ClientScenarioGeneratorTests
{
    private const int Length = 100;

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_the_text_reads_back()
    {
        var generator = Drawn("v7.2", KernelTree.V7_2);
        for (var seed = 0UL; seed < 200; seed++)
        {
            var scenario = generator.Generate(seed, Length);
            Assert.Equal(scenario, generator.Generate(seed, Length));
            Assert.NotEqual(scenario, generator.Generate(seed + 1000, Length));
            var text = ScenarioText.Print(scenario);
            Assert.Equal(scenario, ScenarioText.Parse(text, Scenarios.FakeFactory.Vocabulary).OrThrow());
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public void A_scenario_of_a_machine_registers_its_units_and_has_the_length_asked_for(int length)
    {
        var machine = Machines.Topology("intel-vtd/legacy");
        var generator = Machines.Generator(machine, Machines.Offer);
        for (var seed = 0UL; seed < 300; seed++)
        {
            var scenario = generator.Generate(seed, length);
            Assert.Same(machine, scenario.Topology);
            Assert.Equal(length, scenario.Commands.Count);
            Assert.Equal("register i0", scenario.Commands[0].ToString());
            Assert.Single(scenario.Commands, c => c.Op == Op.Register);
        }
    }

    public static TheoryData<ClientOffer> Offers =>
    [
        Machines.Offer, Machines.Offer | ClientOffer.Reads, ClientOffer.Type1 | ClientOffer.Sysfs,
        ClientOffer.Iommufd, ClientOffer.Iommufd | ClientOffer.FailNth,
        ClientOffer.Type1 | ClientOffer.Hotplug,
        ClientOffer.Iommufd | ClientOffer.Type1 | ClientOffer.Bind,
    ];

    [Theory]
    [MemberData(nameof(Offers))]
    public void All_that_is_offered_is_drawn_and_nothing_else(ClientOffer offer)
    {
        var generator = Machines.Generator(Machines.Topology("arm-smmu-v3/s1"), offer);
        var seen = new HashSet<Op>();
        for (var seed = 0UL; seed < 400; seed++)
        {
            var state = seed.ToString(System.Globalization.CultureInfo.InvariantCulture);
            foreach (var command in generator.Generate(seed, Length).Commands)
            {
                seen.Add(command.Op);
                Assert.True(command.Op == Op.Register || offer.Allows(command.Op), $"{state}: {command}");
                Assert.True(IsWithin(offer, command), $"{state}: {command}");
            }
        }

        Assert.DoesNotContain(Enum.GetValues<Op>(), op => offer.Allows(op) && !seen.Contains(op));
    }

    [Fact]
    public void Simulated_drivers_get_all_of_it_but_failing_allocations_of_a_kernel()
    {
        var seen = new HashSet<Op>();
        var generator = Drawn("v7.2", KernelTree.V7_2);
        for (var seed = 0UL; seed < 500; seed++)
        {
            seen.UnionWith(generator.Generate(seed, Length).Commands.Select(c => c.Op));
        }

        var offer = ClientOffers.InProcess("v7.2");
        Assert.DoesNotContain(Enum.GetValues<Op>(), op => offer.Allows(op) && !seen.Contains(op));
        Assert.DoesNotContain(Op.FailNth, seen);
        var old = Drawn("v6.5", KernelTree.V6_1);
        Assert.DoesNotContain(
            Enumerable.Range(0, 100).SelectMany(s => old.Generate((ulong)s, Length).Commands),
            c => c.Op is >= Op.FdBind and <= Op.HwptDirty);
    }

    [Fact]
    public void An_armed_failure_is_followed_by_a_command_of_a_client_or_of_sysfs()
    {
        var generator = Machines.Generator(Machines.Topology("intel-vtd/legacy"), Machines.Offer);
        var armed = 0;
        for (var seed = 0UL; seed < 600; seed++)
        {
            var commands = generator.Generate(seed, Length).Commands;
            for (var i = 0; i < commands.Count; i++)
            {
                if (commands[i].Op == Op.FailNth)
                {
                    armed++;
                    Assert.True(i + 1 < commands.Count, $"seed {seed}: nothing follows");
                    var next = commands[i + 1].Op;
                    Assert.True(next is Op.SetType or >= Op.FdBind, $"seed {seed}: {i}");
                }
            }
        }

        Assert.InRange(armed, 300, 6000);
    }

    /// <summary>
    /// On machines as there are in practice, by the reference model: enough succeeds, enough is refused, and
    /// few commands name nothing.
    /// </summary>
    [Theory]
    [InlineData("intel-vtd/legacy", "")]
    [InlineData("arm-smmu-v3/s1", "")]
    [InlineData("intel-vtd/legacy", " resv reserved 0x100000+0x10000 rw")]
    public void Commands_succeed_and_fail_and_accesses_land_and_are_refused(string unit, string attributes)
    {
        var topology = Machines.Topology(unit, attributes);
        var shares = new Shares();
        foreach (var offer in (ClientOffer[])[Machines.Offer, Machines.Offer & ~ClientOffer.Type1])
        {
            var generator = Machines.Generator(topology, offer);
            for (var seed = 0UL; seed < 60; seed++)
            {
                shares.Count(Machines.Oracle(topology), generator.Generate(seed, Length));
            }
        }

        Assert.InRange(shares.Succeeded, 0.35, 0.85);
        Assert.InRange(shares.Failed, 0.15, 0.65);
        Assert.InRange(shares.Nothing, 0, 0.20);
        Assert.InRange(shares.Landed, 0.13, 0.75);
    }

    private static bool IsWithin(ClientOffer offer, in Command command) => command.Op switch
    {
        Op.Dma or Op.DmaMemory => command.B == 0
            && (offer.Has(ClientOffer.Reads) || command.Access == DmaAccess.Write)
            && (command.Iova & 3) == 0 && (command.Pa & 3) == 0,
        Op.SetType => offer.Has(ClientOffer.Identity) || (TypeRequest)command.Extra != TypeRequest.Identity,
        _ => true,
    };

    private static ClientScenarioGenerator Drawn(string era, KernelTree tree) =>
        ClientScenarioGenerator.Anywhere(
            Scenarios.FakeFactory.Catalogue, era, tree, "three-level", null, ClientOffers.InProcess(era));

    /// <summary>What the commands of clients, and all accesses, come to.</summary>
    private sealed class Shares
    {
        private int succeeded;
        private int failed;
        private int nothing;
        private int landed;
        private int refused;

        public double Succeeded => succeeded / (double)(succeeded + failed);

        public double Failed => failed / (double)(succeeded + failed);

        public double Nothing => nothing / (double)(succeeded + failed + nothing);

        public double Landed => landed / (double)(landed + refused);

        public void Count(IommuSystem oracle, Scenario scenario)
        {
            var plan = new ProbePlan(
                scenario.Topology, i => Machines.ProfileOf(scenario.Topology, i), ProbeBudget.Machine(3));
            for (var i = 0; i < scenario.Commands.Count; i++)
            {
                var command = scenario.Commands[i];
                var outcome = oracle.Execute(i, command);
                Assert.False(oracle.Dead, oracle.Trace.Note);
                Count(command, outcome);
                plan.After(command, outcome);
                Assert.InRange(plan.Probes.Count, 0, 3);
                foreach (var probe in plan.Probes)
                {
                    CountAccess(probe.On(oracle).Landed);
                }
            }
        }

        private void Count(in Command command, Outcome outcome)
        {
            if (command.Op is Op.Dma or Op.DmaMemory)
            {
                CountAccess(outcome.Errno == Errno.OK);
            }
            else if (command.Op is not (Op.Register or Op.FailNth))
            {
                nothing += outcome.NoOp ? 1 : 0;
                succeeded += !outcome.NoOp && outcome.Errno == Errno.OK ? 1 : 0;
                failed += !outcome.NoOp && outcome.Errno != Errno.OK ? 1 : 0;
            }
        }

        private void CountAccess(bool hit)
        {
            landed += hit ? 1 : 0;
            refused += hit ? 0 : 1;
        }
    }
}
