namespace Conformance.Harness.Running;

/// <summary>How much of a <see cref="ProbePlan"/> a target can bear.</summary>
/// <param name="MostPerCommand">Probes after one command at most.</param>
/// <param name="WordSize">Bytes of an access, a power of two; addresses are aligned down to it.</param>
/// <param name="Reads">Devices can read, too.</param>
/// <param name="AllRequesters">All requesters of a device take turns, else the first does all.</param>
public sealed record ProbeBudget(int MostPerCommand, ulong WordSize, bool Reads, bool AllRequesters)
{
    /// <summary>Everything that the plan names: simulated devices cost next to nothing.</summary>
    public static readonly ProbeBudget Simulated = new(int.MaxValue, 1, Reads: true, AllRequesters: true);

    /// <summary>
    /// For devices of a real machine, which write four bytes at a time through one requester, each access at
    /// the price of several commands.
    /// </summary>
    public static ProbeBudget Machine(int mostPerCommand) =>
        new(mostPerCommand, 4, Reads: false, AllRequesters: false);
}
