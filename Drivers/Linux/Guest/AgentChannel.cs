using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>Frames of commands to the agent, frames of answers from it, one at a time.</summary>
/// <param name="stream">Both ways; must support read timeouts.</param>
public sealed class AgentChannel(Stream stream) : IDisposable
{
    private const int MostBodyBytes = 64 << 10;
    private readonly byte[] head = new byte[GuestReply.MostHeaderBytes];
    private readonly List<GuestResult> results = [];
    private byte[] buffer = new byte[4096];
    private uint sequence;
    private long started;
    private bool broken;

    /// <summary>How long an answer may take, from the first byte sent to its last byte.</summary>
    public required TimeSpan Patience { get; set; }

    /// <summary>Runs commands and waits for their results.</summary>
    /// <exception cref="ProtocolException">The answer is none.</exception>
    /// <exception cref="TimeoutException">There was none in time.</exception>
    /// <exception cref="EndOfStreamException">The other end is gone.</exception>
    /// <exception cref="ArgumentException">A line holds a line break or is too long.</exception>
    /// <exception cref="InvalidOperationException">An earlier call ended with an exception.</exception>
    public BatchReply Run(IReadOnlyList<string> lines)
    {
        if (broken)
        {
            throw new InvalidOperationException("the channel has lost its place");
        }

        results.Clear();
        var alarm = false;
        var next = 0;
        while (next < lines.Count)
        {
            var frame = Frame(lines, ref next, out var count);
            broken = true;
            alarm |= Exchange(frame, count);
            broken = false;
        }

        return new BatchReply(alarm, [.. results]);
    }

    public void Dispose() => stream.Dispose();

    /// <summary>As many lines as fit into one frame.</summary>
    private byte[] Frame(IReadOnlyList<string> lines, ref int next, out int count)
    {
        var body = new StringBuilder();
        count = 0;
        while (next < lines.Count && count < GuestReply.MostLines)
        {
            var line = lines[next];
            if (line.Length >= MostBodyBytes || line.AsSpan().IndexOfAnyExceptInRange(' ', '~') >= 0)
            {
                throw new ArgumentException($"not one line of printable ASCII: '{line}'", nameof(lines));
            }

            if (body.Length + line.Length + 1 > MostBodyBytes)
            {
                break;
            }

            body.Append(line).Append('\n');
            next++;
            count++;
        }

        sequence++;
        var header = string.Create(CultureInfo.InvariantCulture, $"Q {sequence} {count} {body.Length}\n");
        return Encoding.ASCII.GetBytes(body.Insert(0, header).ToString());
    }

    private bool Exchange(byte[] frame, int count)
    {
        started = Stopwatch.GetTimestamp();
        Send(frame);
        var header = ReadHeader();
        if (buffer.Length < header.Size)
        {
            buffer = new byte[GuestReply.MostBytes];
        }

        var body = buffer.AsSpan(0, header.Size);
        Fill(body);
        if (header.Flag == '!')
        {
            var text = Encoding.ASCII.GetString(body).TrimEnd('\n');
            throw new ProtocolException(0, "an answer", $"a refusal of the frame: {text}");
        }

        if (header.Sequence != sequence || header.Count != count)
        {
            throw new ProtocolException(
                2, $"{sequence} with {count} results", $"{header.Sequence} with {header.Count}");
        }

        GuestReply.Body(header, body, results);
        return header.Flag == 'W';
    }

    private void Send(byte[] frame)
    {
        try
        {
            stream.Write(frame);
        }
        catch (IOException e)
        {
            throw new EndOfStreamException("the agent is gone", e);
        }
    }

    private ReplyHeader ReadHeader()
    {
        for (var size = 0; size < head.Length; size++)
        {
            Fill(head.AsSpan(size, 1));
            if (head[size] == '\n')
            {
                return GuestReply.Header(head.AsSpan(0, size + 1));
            }
        }

        return GuestReply.Header(head);
    }

    private void Fill(Span<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            var left = Patience - Stopwatch.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                throw new TimeoutException($"no answer within {Patience.TotalSeconds} s");
            }

            bytes = bytes[ReadSome(bytes, left)..];
        }
    }

    private int ReadSome(Span<byte> bytes, TimeSpan left)
    {
        stream.ReadTimeout = Math.Max(1, (int)left.TotalMilliseconds);
        try
        {
            var size = stream.Read(bytes);
            return size > 0 ? size : throw new EndOfStreamException("the agent is gone");
        }
        catch (IOException e) when (e is not EndOfStreamException)
        {
            throw e.InnerException is System.Net.Sockets.SocketException
            {
                SocketErrorCode: System.Net.Sockets.SocketError.TimedOut
                    or System.Net.Sockets.SocketError.WouldBlock,
            }
                ? new TimeoutException($"no answer within {Patience.TotalSeconds} s", e)
                : new EndOfStreamException("the agent is gone", e);
        }
    }
}
