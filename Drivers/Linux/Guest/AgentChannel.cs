using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>
/// The port to the agent in a guest: frames with lengths, one answer a line. Agent/PROTOCOL.md has the format.
/// </summary>
public sealed class AgentChannel(Socket socket, Func<string, GuestLostException> lost) : IDisposable
{
    /// <summary>The version of the protocol that both ends speak.</summary>
    public const int Version = 1;

    /// <summary>Most lines of one frame.</summary>
    public const int LinesMax = 1024;

    /// <summary>Most bytes of the lines of one frame.</summary>
    public const int BytesMax = 64 << 10;

    private const int HeadMax = 64;
    private const int BodyMax = 1 << 20;

    private readonly byte[] input = new byte[HeadMax + BodyMax];
    private int have;
    private uint sequence;

    /// <summary>The agent has seen a warning or worse in the kernel's log.</summary>
    public bool HasTrouble { get; private set; }

    /// <summary>Waits for the agent, and compares versions. Gives what it says of its kernel.</summary>
    /// <exception cref="GuestLostException">It does not come up.</exception>
    /// <exception cref="ProtocolException">It speaks another version.</exception>
    public string Greet(TimeSpan patience)
    {
        var answer = Exchange([$"hello {Version}"], patience)[0];
        return answer.StartsWith($"0 version={Version} ", StringComparison.Ordinal)
            ? answer
            : throw new ProtocolException(answer, 1, $"0 version={Version}");
    }

    /// <summary>One frame there, one back; an answer a line.</summary>
    /// <exception cref="GuestLostException">No whole answer within the time.</exception>
    /// <exception cref="ProtocolException">What came is no answer to the frame.</exception>
    public IReadOnlyList<string> Exchange(IReadOnlyList<string> lines, TimeSpan patience)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(lines.Count, LinesMax);
        var body = new StringBuilder();
        foreach (var line in lines)
        {
            body.Append(line).Append('\n');
        }

        ArgumentOutOfRangeException.ThrowIfGreaterThan(body.Length, BytesMax);
        sequence++;
        Send(Encoding.ASCII.GetBytes($"Q {sequence} {lines.Count} {body.Length}\n{body}"));
        var clock = Stopwatch.StartNew();
        ReplyHead head;
        while (!ReplyHead.TryRead(input.AsSpan(0, have), out head))
        {
            ReadMore(patience - clock.Elapsed);
        }

        head.Check(sequence, lines.Count, BodyMax);
        while (have < head.Length + head.Size)
        {
            ReadMore(patience - clock.Elapsed);
        }

        HasTrouble |= head.Flag == 'W';
        var answers = head.Lines(input.AsSpan(head.Length, head.Size));
        have -= head.Length + head.Size;
        return have == 0
            ? answers
            : throw new ProtocolException(Text(input.AsSpan(0, have)), 1, "nothing behind the answer");
    }

    public void Dispose() => socket.Dispose();

    internal static string Text(ReadOnlySpan<byte> bytes) => Encoding.Latin1.GetString(bytes);

    private void Send(byte[] bytes)
    {
        try
        {
            for (var sent = 0; sent < bytes.Length;)
            {
                sent += socket.Send(bytes.AsSpan(sent));
            }
        }
        catch (SocketException)
        {
            throw lost("the agent's port is closed");
        }
    }

    private void ReadMore(TimeSpan patience)
    {
        try
        {
            var left = patience > TimeSpan.Zero ? patience : TimeSpan.Zero;
            if (!socket.Poll(left, SelectMode.SelectRead))
            {
                throw lost("the agent does not answer");
            }

            var size = socket.Receive(input.AsSpan(have));
            have += size > 0 ? size : throw lost("the agent's port is closed");
        }
        catch (SocketException)
        {
            throw lost("the agent's port is closed");
        }
    }
}
