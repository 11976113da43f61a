using System.Text;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>First line of an answer: <c>R SEQUENCE FLAG COUNT SIZE</c>.</summary>
/// <param name="Sequence">That of the batch.</param>
/// <param name="Flag">
/// <c>-</c>, <c>W</c> for a warning of the kernel, <c>!</c> for a frame that was none.
/// </param>
/// <param name="Count">Results.</param>
/// <param name="Size">Bytes behind the header line.</param>
/// <param name="HeaderSize">Bytes of the header line, its newline included.</param>
internal readonly record struct ReplyHeader(ulong Sequence, char Flag, int Count, int Size, int HeaderSize);

/// <summary>Reads answers of the agent. The grammar is in <c>Agent/PROTOCOL.md</c>.</summary>
/// <remarks>
/// The bytes come from a guest that may be broken in any way: every wrong one is a
/// <see cref="ProtocolException"/>.
/// </remarks>
internal static class GuestReply
{
    /// <summary>Most lines of a frame, either way.</summary>
    public const int MostLines = 1024;

    /// <summary>Most bytes behind the header of an answer.</summary>
    public const int MostBytes = 1 << 20;

    /// <summary>Most bytes of a header line.</summary>
    public const int MostHeaderBytes = 64;

    private const int LastErrno = 4095;
    private const byte NewLine = (byte)'\n';
    private const byte Space = (byte)' ';

    /// <summary>Reads a header line with its newline.</summary>
    public static ReplyHeader Header(ReadOnlySpan<byte> bytes)
    {
        var reader = new ReplyReader(bytes, 0);
        reader.Expect((byte)'R', "R");
        reader.Expect(Space, "a space");
        var sequence = reader.Decimal(uint.MaxValue, "a sequence number");
        reader.Expect(Space, "a space");
        var flag = (char)reader.Peek;
        if (flag is not ('-' or 'W' or '!'))
        {
            throw reader.Unexpected("-, W or !");
        }

        reader.Expect((byte)flag, "a flag");
        reader.Expect(Space, "a space");
        var count = (int)reader.Decimal(MostLines, "a count of results, up to 1024");
        reader.Expect(Space, "a space");
        var size = (int)reader.Decimal(MostBytes, "a size of up to 1 MiB");
        reader.Expect(NewLine, "the end of the header");
        return new ReplyHeader(sequence, flag, count, size, bytes.Length);
    }

    /// <summary>Reads all results of a body and appends them.</summary>
    public static void Body(in ReplyHeader header, ReadOnlySpan<byte> bytes, List<GuestResult> results)
    {
        var reader = new ReplyReader(bytes, header.HeaderSize);
        for (var i = 0; i < header.Count; i++)
        {
            results.Add(Result(ref reader));
            reader.Expect(NewLine, "the end of a result");
        }

        if (!reader.AtEnd)
        {
            throw reader.Unexpected("the end of the answer");
        }
    }

    private static GuestResult Result(ref ReplyReader reader)
    {
        if (reader.Peek is (byte)'0' or (byte)'-')
        {
            return Status(ref reader);
        }

        if (reader.Skip("text "u8))
        {
            return Text(ref reader);
        }

        if (reader.Skip("error "u8))
        {
            var column = reader.Decimal(int.MaxValue, "a column");
            reader.Expect(Space, "a space");
            return GuestResult.Of(ResultKind.Malformed) with { Value = column, Detail = Words(ref reader) };
        }

        var result = reader.Skip("unable "u8)
            ? GuestResult.Of(ResultKind.Unable) with { Detail = Words(ref reader) }
            : Access(ref reader);
        return result with { Fault = Fault(ref reader) };
    }

    private static GuestResult Access(ref ReplyReader reader)
    {
        if (reader.Skip("E "u8))
        {
            return Elsewhere(ref reader);
        }

        if (reader.Skip("? "u8))
        {
            return GuestResult.Of(ResultKind.EngineError) with { Value = reader.Hex("a code such as 0x1") };
        }

        ResultKind? kind = reader switch
        {
            _ when reader.Skip("none"u8) => ResultKind.None,
            _ when reader.Skip("skipped"u8) => ResultKind.Skipped,
            _ when reader.Skip("L"u8) => ResultKind.Landed,
            _ when reader.Skip("R"u8) => ResultKind.Refused,
            _ => null,
        };
        return GuestResult.Of(kind ?? throw reader.Unexpected("a result"));
    }

    private static GuestResult Elsewhere(ref ReplyReader reader)
    {
        var result = GuestResult.Of(ResultKind.Elsewhere);
        if (reader.Skip((byte)'-'))
        {
            return result;
        }

        var place = reader.Skip((byte)'m') ? LandingPlace.Memory : LandingPlace.Physical;
        return result with { Place = place, Value = reader.Hex("-, or a place such as m0x1000 or 0x1000") };
    }

    private static GuestResult Status(ref ReplyReader reader)
    {
        var errno = 0;
        if (reader.Skip((byte)'-'))
        {
            errno = (int)reader.Decimal(LastErrno, "an error number, 1 to 4095");
        }
        else
        {
            reader.Expect((byte)'0', "0");
        }

        var result = GuestResult.Of(ResultKind.Status) with { Errno = errno, Fault = Fault(ref reader) };
        if (result.Fault != FaultOutcome.NotAsked || !reader.Skip(Space))
        {
            return result;
        }

        var start = reader;
        if (!reader.TryHex(out var value) || reader.Peek is not (Space or NewLine))
        {
            reader = start;
            return result with { Detail = Words(ref reader), Fault = Fault(ref reader) };
        }

        result = result with { HasValue = true, Value = value, Fault = Fault(ref reader) };
        return result.Fault == FaultOutcome.NotAsked && reader.Skip(Space)
            ? result with { Detail = Words(ref reader), Fault = Fault(ref reader) }
            : result;
    }

    private static GuestResult Text(ref ReplyReader reader)
    {
        var size = (int)reader.Decimal(MostBytes, "a size of up to 1 MiB", zeros: true);
        reader.Expect(NewLine, "the end of the size");
        var text = Encoding.UTF8.GetString(reader.Take(size, $"{size} bytes of text"));
        return GuestResult.Of(ResultKind.Text) with { Detail = text };
    }

    /// <summary>At the end of a line only.</summary>
    private static FaultOutcome Fault(ref ReplyReader reader)
    {
        var rest = reader.RestOfLine();
        var outcome = rest.SequenceEqual(" hit"u8) ? FaultOutcome.Hit
            : rest.SequenceEqual(" miss"u8) ? FaultOutcome.Miss
            : FaultOutcome.NotAsked;
        if (outcome != FaultOutcome.NotAsked)
        {
            reader.Take(rest.Length, "a word");
        }

        return outcome;
    }

    /// <summary>The rest of the line but for what became of a failure; at least one character.</summary>
    private static string Words(ref ReplyReader reader)
    {
        var rest = reader.RestOfLine();
        rest = rest.EndsWith(" hit"u8) ? rest[..^4] : rest.EndsWith(" miss"u8) ? rest[..^5] : rest;
        if (rest.IsEmpty || rest.IndexOfAnyExceptInRange((byte)' ', (byte)'~') >= 0)
        {
            throw reader.Unexpected("printable words");
        }

        return Encoding.ASCII.GetString(reader.Take(rest.Length, "words"));
    }
}
