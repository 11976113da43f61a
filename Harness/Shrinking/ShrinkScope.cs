using Conformance.Model.Scenarios;

namespace Conformance.Harness.Shrinking;

/// <summary>What of a scenario may be made smaller, and what belongs to the place where it runs.</summary>
public sealed class ShrinkScope
{
    /// <summary>Everything may go: the topology is part of the scenario.</summary>
    public static readonly ShrinkScope Everything = new([TopologySteps.Of], static _ => false);

    /// <summary>
    /// The scenario runs on a machine: its topology stays as it is, and so do the registrations, which the
    /// machine carries out when it boots.
    /// </summary>
    public static readonly ShrinkScope OnMachine = new([], static command => command.Op == Op.Register);

    private readonly Func<Command, bool> stays;

    private ShrinkScope(
        IReadOnlyList<Func<Scenario, IEnumerable<Scenario>>> ofPlace, Func<Command, bool> stays)
    {
        this.stays = stays;
        Steps =
        [
            DropSteps.Chunks, DropSteps.Singles, DropSteps.Pairs, .. ofPlace, JointSteps.Of, CommandSteps.Of,
        ];
    }

    /// <summary>The largest steps first.</summary>
    internal IReadOnlyList<Func<Scenario, IEnumerable<Scenario>>> Steps { get; }

    /// <summary>Has a candidate all that must stay?</summary>
    internal bool Allows(Scenario whole, Scenario candidate) =>
        candidate.Commands.Where(stays).SequenceEqual(whole.Commands.Where(stays));
}
