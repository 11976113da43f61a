using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>What became of a device access that a real kernel was asked to try.</summary>
public enum DmaFate : byte
{
    /// <summary>It was no device access.</summary>
    None,

    /// <summary>Translated to exactly the byte that was expected.</summary>
    Landed,

    /// <summary>
    /// Translated to another place; <see cref="KernelAnswer.Where"/> when it is in the client's memory.
    /// </summary>
    Elsewhere,

    Refused,

    /// <summary>The machine has no engine for it: nothing was tried.</summary>
    NotPossible,
}

/// <summary>What a real kernel answered to one line.</summary>
/// <param name="Errno">Of the system call; OK for device accesses.</param>
/// <param name="Value">Bytes, IOVA, digest or type, as the command says.</param>
/// <param name="Struck">The kernel's fault injection failed an allocation in it.</param>
/// <param name="Fate">Of a device access.</param>
/// <param name="Where">Where an access landed that went elsewhere, null when nobody knows.</param>
/// <param name="Detail">What lies behind the value, for people: the list of ranges.</param>
public sealed record KernelAnswer(
    Errno Errno, ulong Value, bool Struck, DmaFate Fate, MemoryOffset? Where, string Detail)
{
    /// <summary>The agent has no object of the name: the kernel was not asked.</summary>
    public bool IsUnknownName { get; init; }

    /// <summary>The result as the model has it.</summary>
    public Outcome Outcome => IsUnknownName ? Outcome.Nothing : new Outcome(Errno, Value, NoOp: false);
}

/// <summary>A real kernel with the agent of the suite as its first process.</summary>
public interface IKernelUnderTest
{
    /// <summary>Back to the state after boot; starts the machine when it is not running.</summary>
    /// <exception cref="KernelLostException">It does not answer any more.</exception>
    void Reset();

    /// <summary>
    /// Carries out the lines in order; the answers are in the same order, one a line.
    /// </summary>
    /// <exception cref="KernelLostException">It does not answer any more.</exception>
    IReadOnlyList<KernelAnswer> Run(IReadOnlyList<string> lines);

    /// <summary>
    /// Warnings and worse that the kernel has logged since this was last asked; empty when well.
    /// </summary>
    IReadOnlyList<string> TakeSplats();
}

/// <summary>The kernel has crashed, hangs, or its machine is gone. The next reset starts it again.</summary>
public sealed class KernelLostException(string message, IReadOnlyList<string> log) : Exception(message)
{
    /// <summary>The last lines of its console.</summary>
    public IReadOnlyList<string> Log { get; } = log;
}
