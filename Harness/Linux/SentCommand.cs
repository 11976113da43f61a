using Conformance.Model.Contract;
using Conformance.Model.Core;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>A device access with what the model says of it.</summary>
/// <param name="Access">What is tried.</param>
/// <param name="Lands">The byte where it must land, null when it must be refused.</param>
internal readonly record struct PlannedAccess(Access Access, MemoryOffset? Lands);

/// <summary>
/// A command on its way: what the model predicts, and the lines that ask the kernel: the command (unless it
/// is a device access itself, or one that only the model needs), then the accesses.
/// </summary>
internal sealed class SentCommand(int index, Command command, Outcome expected, bool isForModelOnly)
{
    public int Index { get; } = index;

    public Command Command { get; } = command;

    public Outcome Expected { get; } = expected;

    /// <summary>The command has a line of its own.</summary>
    public bool HasLine => !Expected.NoOp && !IsAccess && !IsForModelOnly;

    public List<PlannedAccess> Accesses { get; } = [];

    /// <summary>A device access; its first planned access is the command itself.</summary>
    public bool IsAccess => Command.Op is Op.Dma or Op.DmaMemory;

    /// <summary>The kernel is not asked.</summary>
    public bool IsForModelOnly { get; } = isForModelOnly;

    /// <summary>How many lines it is.</summary>
    public int Lines => (HasLine ? 1 : 0) + Accesses.Count;
}

/// <summary>What one command showed, for printing side by side.</summary>
/// <param name="Index">Of the command in the scenario.</param>
/// <param name="Expected">What the model says.</param>
/// <param name="Actual">What the kernel says; null when it was not asked.</param>
/// <param name="Detail">More of what the kernel said.</param>
/// <param name="Struck">An allocation was made to fail in it.</param>
public sealed record LinuxStep(int Index, Outcome Expected, Outcome? Actual, string Detail, bool Struck);

/// <summary>How many of the predictions were of which kind.</summary>
public sealed class LinuxTally
{
    public long Sent { get; set; }

    public long Succeeded { get; set; }

    public long Refused { get; set; }

    public long Landed { get; set; }

    public long DmaRefused { get; set; }

    /// <summary>Commands in which the kernel's fault injection struck.</summary>
    public long Struck { get; set; }

    public void Add(LinuxTally other)
    {
        Sent += other.Sent;
        Succeeded += other.Succeeded;
        Refused += other.Refused;
        Landed += other.Landed;
        DmaRefused += other.DmaRefused;
        Struck += other.Struck;
    }
}
