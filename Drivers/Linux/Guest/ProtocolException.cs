namespace Conformance.Drivers.Linux.Guest;

/// <summary>The agent sent what is no answer. The channel cannot be used after it.</summary>
public sealed class ProtocolException(long position, string expected, string found)
    : Exception($"byte {position} of the answer: expected {expected}, found {found}")
{
    /// <summary>From 0, in bytes of the frame, its header included.</summary>
    public long Position { get; } = position;

    /// <summary>What could have stood there.</summary>
    public string Expected { get; } = expected;

    /// <summary>What stood there, quoted and shortened.</summary>
    public string Found { get; } = found;
}
