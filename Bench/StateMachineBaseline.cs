using Conformance.Drivers.Catalog;
using Conformance.Harness.Running;
using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Oracle;
using Conformance.Model.Scenarios;
using FsCheck;
using FsCheck.Experimental;
using FsCheck.Fluent;

namespace Conformance.Bench;

/// <summary>
/// The same commands, probes, model and driver under FsCheck's own state machine: what the suite would cost
/// if it were
/// built on it. No rules, no trace. The reference model is mutable, so the machine's model is the position
/// only and
/// the comparison happens in Check.
/// </summary>
internal static class StateMachineBaseline
{
    public static long Run(Scenario scenario)
    {
        var config = Config.QuickThrowOnFailure.WithMaxTest(1).WithQuietOnSuccess(true).WithReplay(1, 1);
        Check.One(config, new LockstepMachine(scenario).ToProperty());
        return scenario.Commands.Count;
    }

    /// <summary>Oracle and system side by side.</summary>
    internal sealed class Pair
    {
        public Pair(Scenario scenario)
        {
            Oracle = new IommuSystem(
                scenario.Topology,
                Workload.Era,
                (_, context) => AbstractStack.Create(context, ProfileOf),
                traced: false);
            System = new IommuSystem(
                scenario.Topology,
                Workload.Era,
                (name, context) => Workload.Subject.Drivers[name].Create(context),
                traced: false);
            Plan = new ProbePlan(scenario.Topology, ProfileOf, ProbeBudget.Simulated);

            DriverProfile ProfileOf(InstanceId id) => DriverCatalog.ProfileOf(
                Workload.Subject.Claims[scenario.Topology.Instances[id.Index].Driver],
                Workload.Era.Tree,
                scenario.Topology,
                id.Index);
        }

        public IommuSystem Oracle { get; }

        public IommuSystem System { get; }

        public ProbePlan Plan { get; }

        /// <summary>Counted, not judged: unflushed translations may differ.</summary>
        public int Differences { get; set; }
    }

    private sealed class LockstepMachine(Scenario scenario) : Machine<Pair, int>(scenario.Commands.Count)
    {
        public override Arbitrary<Setup<Pair, int>> Setup =>
            Gen.Constant<Setup<Pair, int>>(new Start(scenario)).ToArbitrary();

        public override Gen<Operation<Pair, int>> Next(int model) =>
            Gen.Constant<Operation<Pair, int>>(
                model < scenario.Commands.Count
                    ? new Step(model, scenario.Commands[model])
                    : new StopOperation<Pair, int>());
    }

    private sealed class Start(Scenario scenario) : Setup<Pair, int>
    {
        public override Pair Actual() => new(scenario);

        public override int Model() => 0;
    }

    private sealed class Step(int index, Command command) : Operation<Pair, int>
    {
        public override int Run(int model) => model + 1;

        public override Property Check(Pair pair, int model)
        {
            var expected = pair.Oracle.Execute(index, command);
            var equal = expected == pair.System.Execute(index, command);
            pair.Plan.After(command, expected);
            foreach (var probe in pair.Plan.Probes)
            {
                equal &= probe.On(pair.Oracle).Landed == probe.On(pair.System).Landed;
            }

            pair.Differences += equal ? 0 : 1;
            return true.ToProperty();
        }
    }
}
