using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation;

/// <summary>
/// Draws scenarios for one driver in one era. The same seed and length give the same scenario on every
/// machine, as long as the profiles stay the same.
/// </summary>
/// <remarks>
/// Immutable after construction; may be used from several threads. It knows drivers only by their profiles,
/// and its picture of the run is a guess (<see cref="LightState"/>): a command that makes no sense at its
/// place is part of the test.
/// </remarks>
public sealed class ScenarioGenerator : IScenarioGenerator
{
    /// <summary>Share of commands with one operand spoiled on purpose, in percent.</summary>
    private const int NonsensePercent = 8;

    private readonly DriverBook book;
    private readonly string era;
    private readonly string driver;
    private readonly string? variant;

    /// <param name="catalogue">
    /// All drivers; one other than <paramref name="driver"/> may stand beside it.
    /// </param>
    /// <param name="era">Name of the era, <c>v6.5</c>.</param>
    /// <param name="tree">The tree of the era, whose profiles apply.</param>
    /// <param name="driver">The driver under test.</param>
    /// <param name="variant">The only variant to use, or null for all.</param>
    /// <exception cref="ArgumentException">The driver or the variant is not in the catalogue.</exception>
    public ScenarioGenerator(
        IReadOnlyList<IDriverFactory> catalogue,
        string era,
        KernelTree tree,
        string driver,
        string? variant = null)
    {
        book = new DriverBook(catalogue, tree);
        this.era = era;
        this.driver = driver;
        this.variant = variant;
        if (variant is not null && !book.Driver(driver).Variants.Contains(variant, StringComparer.Ordinal))
        {
            throw new ArgumentException($"The driver {driver} has no variant {variant}.", nameof(variant));
        }
    }

    /// <inheritdoc/>
    public Scenario Generate(ulong seed, int length)
    {
        var dice = new Dice(seed);
        var topology = new TopologyDrawer(dice, book).Draw(driver, variant);
        var run = new Run(dice, topology, book, era);
        run.Start();
        var teardown = dice.Percent(30) ? Math.Min(length / 4, 12) : 0;
        while (run.Count < length - teardown || (run.Armed && run.Count < length))
        {
            run.Add();
        }

        while (run.Count < length)
        {
            run.TearDown();
        }

        run.Finish();
        return new Scenario(era, topology, run.Commands);
    }

    /// <summary>The state of one drawing.</summary>
    private sealed class Run
    {
        private readonly Dice dice;
        private readonly Topology topology;
        private readonly LightState state;
        private readonly CommandDrawer draw;
        private readonly PlanDrawer plans;
        private readonly NonsenseDrawer nonsense;
        private readonly Swarm swarm;
        private readonly ImmutableArray<Command>.Builder commands = ImmutableArray.CreateBuilder<Command>();

        public Run(Dice dice, Topology topology, DriverBook book, string era)
        {
            this.dice = dice;
            this.topology = topology;
            state = new LightState(topology);
            draw = new CommandDrawer(dice, topology, book, state);
            plans = new PlanDrawer(dice, topology, state, draw, era);
            nonsense = new NonsenseDrawer(dice, topology, draw);
            swarm = new Swarm(dice, topology, era);
        }

        public int Count => commands.Count;

        public ImmutableArray<Command> Commands => commands.ToImmutable();

        /// <summary>The last command armed a failure.</summary>
        public bool Armed => commands.Count > 0 && Make.IsFault(commands[^1].Op);

        /// <summary>
        /// Registers every instance. Now and then a failure is armed before one: then the scan of the bus
        /// fails and the instance is taken back.
        /// </summary>
        public void Start()
        {
            for (var i = 0; i < topology.Instances.Length; i++)
            {
                var served = dice.Where(
                    topology.Devices.Length, d => topology.Devices[d].Instance.Index == i);
                if (served is { } device && dice.Percent(3))
                {
                    Emit(dice.Below(3) switch
                    {
                        0 => Make.FailAlloc(Errno.ENOMEM),
                        1 => Make.FailMap(0, Errno.ENOMEM),
                        _ => Make.FailAttach(device, 0, draw.DrawErrno()),
                    });
                }

                Emit(Make.OnA(Op.Register, i));
            }

            for (var d = 0; d < topology.Devices.Length; d++)
            {
                // The scan came too early for a device whose other units were not registered yet.
                if (topology.Devices[d].ColdPlug && !state.Devices[d].Present && dice.Percent(80))
                {
                    Emit(Make.OnA(Op.Probe, d));
                }
            }
        }

        /// <summary>
        /// One more command: of the plan at hand, or a random one, or the beginning of a plan.
        /// </summary>
        public void Add()
        {
            if (plans.HasNext && (Armed || dice.Percent(82)))
            {
                Emit(plans.Next());
                return;
            }

            var op = swarm.Draw(dice, out var plan);
            if (plan is { } kind && !plans.HasNext)
            {
                plans.Begin(kind);
                return;
            }

            if (Make.IsFault(op) && !plans.HasNext)
            {
                plans.Begin(op switch
                {
                    Op.FailAttach => PlanKind.GroupFailure,
                    Op.FailMap => PlanKind.MapFailure,
                    _ => PlanKind.AllocFailure,
                });
                return;
            }

            if (plan is null && !Make.IsFault(op))
            {
                var command = draw.Draw(op);
                Emit(dice.Percent(NonsensePercent) ? nonsense.Spoil(command) : command);
            }
        }

        /// <summary>Takes one thing back, so that the ends of lives are seen too.</summary>
        public void TearDown()
        {
            if (Armed)
            {
                Add();
                return;
            }

            if (state.Pasids.Count > 0)
            {
                var guess = state.Pasids[^1];
                Emit(Make.OnPasid(Op.DetachPasid, DomainRef.Slot(guess.Slot), guess.Device, guess.Pasid));
                return;
            }

            var group = Array.FindIndex(state.Groups, static g => g.Slot >= 0 || g.Owner != 0);
            var slot = Array.FindIndex(state.SlotGuesses, static s => s.Allocated);
            if (group >= 0 && state.Groups[group].Slot >= 0)
            {
                var op = state.Groups[group].ByHandle ? Op.DetachHandle : Op.DetachGroup;
                Emit(Make.OnDomain(op, DomainRef.Slot(state.Groups[group].Slot), group));
            }
            else if (group >= 0)
            {
                Emit(Make.OnA(Op.ReleaseGroupOwner, group));
            }
            else if (slot >= 0)
            {
                var domain = DomainRef.Slot(slot);
                var live = state.SlotGuesses[slot].Memory.Live;
                Emit(live.Count > 0 && dice.Percent(60)
                    ? Make.Unmap(Op.Unmap, domain, live[^1].Iova, live[^1].Size)
                    : Make.OnA(Op.Free, domain.Packed));
            }
            else if (Array.Exists(state.Devices, static d => d.Present))
            {
                Emit(Make.OnA(Op.Release, draw.PresentDevice()));
            }
            else
            {
                Add();
            }
        }

        /// <summary>
        /// A failure armed at the very end can strike nothing: something else takes its place.
        /// </summary>
        public void Finish()
        {
            if (Armed)
            {
                commands.RemoveAt(commands.Count - 1);
                Emit(draw.DrawDma(draw.PresentDevice()));
            }
        }

        private void Emit(in Command command)
        {
            commands.Add(command);
            state.Apply(command);
        }
    }
}
