namespace Conformance.Model.Tracing;

/// <summary>The events of the command at hand, in order, in one reused buffer.</summary>
/// <remarks>
/// The runner clears it before each command, so its size does not grow with the scenario. When
/// <see cref="Enabled"/> is false nothing is kept: that is the unchecked run.
/// </remarks>
public sealed class Trace
{
    private TraceEvent[] events = new TraceEvent[256];
    private TraceEvent scratch;

    public bool Enabled { get; set; } = true;

    public int Count { get; private set; }

    /// <summary>
    /// Message of the last <see cref="EventKind.DriverThrew"/> or <see cref="EventKind.DriverStuck"/>.
    /// </summary>
    public string? Note { get; set; }

    public ReadOnlySpan<TraceEvent> Events => events.AsSpan(0, Count);

    /// <summary>The newest event, for changing; there must be one.</summary>
    public ref TraceEvent Last => ref events[Count - 1];

    public void Clear() => Count = 0;

    /// <summary>
    /// Appends an event of a kind with device and group -1, all else zero, and returns it for filling.
    /// </summary>
    public ref TraceEvent Add(EventKind kind)
    {
        if (!Enabled)
        {
            scratch = default;
            return ref scratch;
        }

        if (Count == events.Length)
        {
            Array.Resize(ref events, events.Length * 2);
        }

        ref var e = ref events[Count++];
        e = default;
        e.Kind = kind;
        e.Device = -1;
        e.Group = -1;
        return ref e;
    }
}
