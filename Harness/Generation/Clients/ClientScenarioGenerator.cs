using System.Collections.Immutable;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Generation.Clients;

/// <summary>
/// Draws scenarios of what processes may ask of the kernel: iommufd, VFIO type1, sysfs, and what happens to
/// devices meanwhile. The registrations come first, as a machine boots.
/// </summary>
/// <remarks>
/// As <see cref="ScenarioGenerator"/> it knows drivers by their profiles only, and its picture of the run is
/// a guess (<see cref="ClientState"/>).
/// </remarks>
public sealed class ClientScenarioGenerator : IScenarioGenerator
{
    /// <summary>Share of commands with one operand spoiled on purpose, in percent.</summary>
    private const int NonsensePercent = 10;

    private readonly string era;
    private readonly ClientOffer offer;
    private readonly Func<Dice, ClientPlace> placeFor;

    private ClientScenarioGenerator(string era, ClientOffer offer, Func<Dice, ClientPlace> placeFor) =>
        (this.era, this.offer, this.placeFor) = (era, offer, placeFor);

    /// <summary>Scenarios of one machine: every one has this topology.</summary>
    /// <param name="era">Name of the era, <c>v7.2</c>.</param>
    /// <param name="topology">The machine.</param>
    /// <param name="profileOf">What the driver of an instance declares there.</param>
    /// <param name="offer">What can be done there.</param>
    public static ClientScenarioGenerator On(
        string era, Topology topology, Func<InstanceId, DriverProfile> profileOf, ClientOffer offer)
    {
        var place = new ClientPlace(topology, profileOf);
        return new ClientScenarioGenerator(era, offer, _ => place);
    }

    /// <summary>Scenarios over drawn topologies of one driver, as <see cref="ScenarioGenerator"/>.</summary>
    /// <param name="catalogue">
    /// All drivers; one other than <paramref name="driver"/> may stand beside it.
    /// </param>
    /// <param name="era">Name of the era.</param>
    /// <param name="tree">The tree of the era, whose profiles apply.</param>
    /// <param name="driver">The driver under test.</param>
    /// <param name="variant">The only variant to use, or null for all.</param>
    /// <param name="offer">What can be done there.</param>
    public static ClientScenarioGenerator Anywhere(
        IReadOnlyList<IDriverFactory> catalogue,
        string era,
        KernelTree tree,
        string driver,
        string? variant,
        ClientOffer offer)
    {
        var book = new DriverBook(catalogue, tree);
        return new ClientScenarioGenerator(era, offer, dice =>
        {
            var topology = new TopologyDrawer(dice, book).Draw(driver, variant);
            topology = topology with { Kernel = topology.Kernel with { Vfio = dice.Percent(60) } };
            return new ClientPlace(topology, i => book.ProfileIn(topology, i));
        });
    }

    /// <inheritdoc/>
    public Scenario Generate(ulong seed, int length)
    {
        var dice = new Dice(seed);
        var place = placeFor(dice);
        var run = new Run(dice, place, offer);
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
        return new Scenario(era, place.Topology, run.Commands);
    }

    /// <summary>The state of one drawing.</summary>
    private sealed class Run
    {
        private readonly Dice dice;
        private readonly ClientPlace place;
        private readonly ClientState state;
        private readonly ClientDrawer draw;
        private readonly ClientPlans plans;
        private readonly ClientNonsense nonsense;
        private readonly ClientSwarm swarm;
        private readonly ImmutableArray<Command>.Builder commands = ImmutableArray.CreateBuilder<Command>();

        public Run(Dice dice, ClientPlace place, ClientOffer offer)
        {
            this.dice = dice;
            this.place = place;
            state = new ClientState(place);
            draw = new ClientDrawer(dice, place, state, offer);
            plans = new ClientPlans(dice, place, state, draw, offer);
            nonsense = new ClientNonsense(dice, place);
            swarm = new ClientSwarm(dice, place, offer);
        }

        public int Count => commands.Count;

        public ImmutableArray<Command> Commands => commands.ToImmutable();

        /// <summary>The last command armed a failure.</summary>
        public bool Armed => commands.Count > 0 && Make.IsFault(commands[^1].Op);

        public void Start()
        {
            for (var i = 0; i < place.Topology.Instances.Length; i++)
            {
                Emit(Make.OnA(Op.Register, i));
            }

            for (var d = 0; d < state.Devices.Length; d++)
            {
                if (!state.Devices[d].Present && (place.Topology.Devices[d].ColdPlug || dice.Percent(70)))
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
            if (plans.HasNext && (Armed || dice.Percent(85)))
            {
                Emit(plans.Next());
                return;
            }

            var op = swarm.Draw(dice, out var plan);
            if (plan is null)
            {
                var command = draw.Draw(op);
                Emit(dice.Percent(NonsensePercent) ? nonsense.Spoil(command) : command);
            }
            else if (!plans.HasNext)
            {
                plans.Begin(plan.Value);
            }
        }

        /// <summary>Takes one thing back, so that the ends of lives are seen too.</summary>
        public void TearDown()
        {
            var held = Array.FindIndex(state.Devices, static d => d.IsHeld);
            var group = Array.FindIndex(state.Groups, static g => g.Container >= 0);
            var hwpt = Array.FindIndex(state.Hwpts, static h => h.Alive);
            var ioas = Array.FindIndex(state.Ioas, static i => i.Alive);
            if (Armed)
            {
                Add();
            }
            else if (held >= 0)
            {
                Emit(TearDown(held));
            }
            else if (group >= 0)
            {
                Emit(Make.OnA(Op.VfioUnsetContainer, group));
            }
            else if (hwpt >= 0)
            {
                Emit(Make.OnA(Op.HwptDestroy, hwpt));
            }
            else if (ioas >= 0)
            {
                Emit(Make.OnA(Op.IoasDestroy, ioas));
            }
            else
            {
                Emit(draw.DrawDmaMemory(dice.Below(state.Devices.Length)));
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
                Emit(draw.DrawDmaMemory(dice.Below(state.Devices.Length)));
            }
        }

        private Command TearDown(int device)
        {
            if (state.Devices[device].VfioOpen)
            {
                return Make.OnA(Op.VfioClose, device);
            }

            return state.Devices[device].On is not null && dice.Percent(50)
                ? Make.OnA(Op.FdDetach, device)
                : Make.OnA(Op.FdUnbind, device);
        }

        private void Emit(in Command command)
        {
            commands.Add(command);
            state.Apply(command);
        }
    }
}
