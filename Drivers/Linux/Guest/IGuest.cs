namespace Conformance.Drivers.Linux.Guest;

/// <summary>A machine with a kernel and the agent, ready for commands.</summary>
public interface IGuest : IDisposable
{
    /// <summary>What the agent said of itself when it was asked first.</summary>
    GuestFacts Facts { get; }

    /// <summary>
    /// Runs commands, any number, in frames as large as the protocol allows; the results are in the order of
    /// the commands.
    /// </summary>
    /// <exception cref="ProtocolException">The agent sent what is no answer.</exception>
    /// <exception cref="GuestLostException">The guest does not answer, or is no more.</exception>
    /// <exception cref="ArgumentException">A line holds a line break or is too long.</exception>
    BatchReply Run(IReadOnlyList<string> lines);
}

/// <summary>How a guest was lost.</summary>
public enum GuestLoss
{
    /// <summary>No answer within the time that was set.</summary>
    Hang,

    /// <summary>The kernel panicked.</summary>
    Panic,

    /// <summary>The process of the machine ended, without a panic on the console.</summary>
    Exit,
}

/// <summary>A guest that will not answer any more: it has to be started again.</summary>
/// <param name="loss">How.</param>
/// <param name="evidence">Lines of the console that tell of it, perhaps none.</param>
public sealed class GuestLostException(GuestLoss loss, IReadOnlyList<string> evidence)
    : Exception(Describe(loss, evidence))
{
    /// <summary>How it was lost.</summary>
    public GuestLoss Loss { get; } = loss;

    /// <summary>Lines of the console that tell of it, perhaps none.</summary>
    public IReadOnlyList<string> Evidence { get; } = evidence;

    private static string Describe(GuestLoss loss, IReadOnlyList<string> evidence)
    {
        var text = loss switch
        {
            GuestLoss.Hang => "the guest does not answer",
            GuestLoss.Panic => "the kernel of the guest panicked",
            _ => "the machine ended",
        };
        return evidence.Count > 0 && GuestHealth.IsAlarm(evidence[0]) ? $"{text}: {evidence[0]}" : text;
    }
}
