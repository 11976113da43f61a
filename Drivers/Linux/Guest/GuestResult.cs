namespace Conformance.Drivers.Linux.Guest;

/// <summary>What the answer to one command is.</summary>
public enum ResultKind : byte
{
    /// <summary>A system call was made: errno, and perhaps a value.</summary>
    Status,

    /// <summary>The command names nothing that there is: no system call was made.</summary>
    None,

    /// <summary>
    /// This machine or kernel has no means for it; <see cref="GuestResult.Detail"/> says what.
    /// </summary>
    Unable,

    /// <summary>The line is no command: <see cref="GuestResult.Value"/> is the column, from 1.</summary>
    Malformed,

    /// <summary>Not run, because the answer of the batch was full.</summary>
    Skipped,

    /// <summary>The access went where it was expected.</summary>
    Landed,

    /// <summary>It was translated to another place than expected, or although nothing was.</summary>
    Elsewhere,

    /// <summary>The IOMMU refused it.</summary>
    Refused,

    /// <summary>The engine says something else; <see cref="GuestResult.Value"/> is its code.</summary>
    EngineError,

    /// <summary><see cref="GuestResult.Detail"/> is a text of lines.</summary>
    Text,
}

/// <summary>Where an access went that was not expected there.</summary>
public enum LandingPlace : byte
{
    /// <summary>Not found.</summary>
    Unknown,

    /// <summary>An offset in the agent's memory.</summary>
    Memory,

    /// <summary>A physical address of the guest.</summary>
    Physical,
}

/// <summary>What became of a failure that <c>fail-nth</c> had prepared for the command.</summary>
public enum FaultOutcome : byte
{
    /// <summary>None was prepared.</summary>
    NotAsked,

    /// <summary>An allocation failed.</summary>
    Hit,

    /// <summary>The system call made fewer allocations, or there was none.</summary>
    Miss,
}

/// <summary>The answer to one command.</summary>
/// <param name="Kind">Which of the others mean something.</param>
/// <param name="Errno">0, or the positive Linux error number of <see cref="ResultKind.Status"/>.</param>
/// <param name="Value">Bytes, IOVA, place, column or code.</param>
/// <param name="HasValue">A status came with a value.</param>
/// <param name="Place">What <paramref name="Value"/> is for <see cref="ResultKind.Elsewhere"/>.</param>
/// <param name="Fault">The failure on purpose.</param>
/// <param name="Detail">The rest of the line, or the text; empty where there is none.</param>
public readonly record struct GuestResult(
    ResultKind Kind,
    int Errno,
    ulong Value,
    bool HasValue,
    LandingPlace Place,
    FaultOutcome Fault,
    string Detail)
{
    /// <summary>A system call that succeeded.</summary>
    public bool IsSuccess => Kind == ResultKind.Status && Errno == 0;

    internal static GuestResult Of(ResultKind kind) =>
        new(kind, 0, 0, HasValue: false, LandingPlace.Unknown, FaultOutcome.NotAsked, "");

    /// <summary>As the agent writes it; a text as its bytes alone.</summary>
    public override string ToString()
    {
        var word = Kind switch
        {
            ResultKind.Status => Status(),
            ResultKind.None => "none",
            ResultKind.Unable => $"unable {Detail}",
            ResultKind.Malformed => $"error {Value} {Detail}",
            ResultKind.Skipped => "skipped",
            ResultKind.Landed => "L",
            ResultKind.Refused => "R",
            ResultKind.Elsewhere => "E " + PlaceText(),
            ResultKind.EngineError => $"? 0x{Value:x}",
            _ => Detail,
        };
        return Fault switch
        {
            FaultOutcome.Hit => word + " hit",
            FaultOutcome.Miss => word + " miss",
            _ => word,
        };
    }

    private string Status()
    {
        var head = Errno == 0 ? "0" : $"-{Errno}";
        head = HasValue ? $"{head} 0x{Value:x}" : head;
        return Detail.Length == 0 ? head : $"{head} {Detail}";
    }

    private string PlaceText() => Place switch
    {
        LandingPlace.Memory => $"m0x{Value:x}",
        LandingPlace.Physical => $"0x{Value:x}",
        _ => "-",
    };
}

/// <summary>The answers to a batch, in the order of its commands.</summary>
/// <param name="KernelAlarm">
/// The kernel's log has a warning, bug or oops; <c>dmesg</c> shows it and clears the mark.
/// </param>
/// <param name="Results">One a command.</param>
public sealed record BatchReply(bool KernelAlarm, IReadOnlyList<GuestResult> Results);
