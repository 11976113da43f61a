namespace Conformance.Drivers.Linux.Guest;

/// <summary>The first line of an answer: <c>R SEQUENCE FLAG COUNT SIZE</c>.</summary>
/// <param name="Length">Bytes of the line, its newline included.</param>
/// <param name="Sequence">The frame that is answered; 0 for none.</param>
/// <param name="Flag"><c>-</c>, <c>W</c> after a warning of the kernel, <c>!</c> for a frame that was none.</param>
/// <param name="Count">Lines behind it.</param>
/// <param name="Size">Their bytes.</param>
internal readonly record struct ReplyHead(int Length, uint Sequence, char Flag, int Count, int Size)
{
    private const int Longest = 64;

    /// <summary>False while the line is not whole.</summary>
    /// <exception cref="ProtocolException">It is no first line of an answer.</exception>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ReplyHead head)
    {
        head = default;
        var end = bytes.IndexOf((byte)'\n');
        if (end < 0)
        {
            return bytes.Length < Longest
                ? false
                : throw new ProtocolException(AgentChannel.Text(bytes[..Longest]), Longest, "the end of the first line");
        }

        var line = AgentChannel.Text(bytes[..end]);
        var words = line.Split(' ');
        var good = words is ["R", _, [_], _, _];
        head = good
            && uint.TryParse(words[1], out var sequence)
            && int.TryParse(words[3], out var count)
            && int.TryParse(words[4], out var size)
            ? new ReplyHead(end + 1, sequence, words[2][0], count, size)
            : throw new ProtocolException(line, 1, "R, a sequence number, a flag, a count of lines, a count of bytes");
        return true;
    }

    /// <summary>The answer is to the frame that was sent, and not larger than one may be.</summary>
    /// <exception cref="ProtocolException">It is not.</exception>
    public void Check(uint sent, int lines, int largest)
    {
        var expected = Flag is not ('-' or 'W') ? "the flag - or W"
            : Sequence != sent ? $"sequence number {sent}"
            : Count != lines ? $"{lines} lines"
            : Size < 0 || Size > largest ? $"0 to {largest} bytes"
            : null;
        if (expected is not null)
        {
            throw new ProtocolException($"R {Sequence} {Flag} {Count} {Size}", 3, expected);
        }
    }

    /// <summary>The lines of a body; one that gives text stands with its text in one line of ours.</summary>
    /// <exception cref="ProtocolException">They are not as many as the first line says.</exception>
    public List<string> Lines(ReadOnlySpan<byte> body)
    {
        var lines = new List<string>(Count);
        while (!body.IsEmpty)
        {
            var end = body.IndexOf((byte)'\n');
            if (end < 0)
            {
                throw new ProtocolException(AgentChannel.Text(body), body.Length + 1, "the end of a line");
            }

            var line = AgentChannel.Text(body[..end]);
            body = body[(end + 1)..];
            if (line.StartsWith("text ", StringComparison.Ordinal))
            {
                var good = int.TryParse(line.AsSpan(5), out var size) && size >= 0 && size < body.Length;
                line = good
                    ? AgentChannel.Text(body[..size])
                    : throw new ProtocolException(line, 6, "a count of bytes that follow");
                body = body[(size + 1)..];
            }

            lines.Add(line);
        }

        return lines.Count == Count
            ? lines
            : throw new ProtocolException($"{lines.Count} lines", 1, $"{Count} lines");
    }
}
