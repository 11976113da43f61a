using System.Globalization;
using System.Text;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>Walks over the bytes of an answer; every step says what it expects.</summary>
/// <param name="bytes">The bytes.</param>
/// <param name="origin">Position of the first of them in the frame.</param>
internal ref struct ReplyReader(ReadOnlySpan<byte> bytes, long origin)
{
    private const int ShownBytes = 24;
    private readonly ReadOnlySpan<byte> bytes = bytes;
    private readonly long origin = origin;
    private int at;

    public readonly bool AtEnd => at == bytes.Length;

    /// <summary>0 at the end.</summary>
    public readonly byte Peek => at < bytes.Length ? bytes[at] : (byte)0;

    public readonly ProtocolException Unexpected(string expected) => new(origin + at, expected, Found());

    public void Expect(byte value, string expected)
    {
        if (AtEnd || bytes[at] != value)
        {
            throw Unexpected(expected);
        }

        at++;
    }

    /// <summary>Goes on when the next byte is this one.</summary>
    public bool Skip(byte value)
    {
        if (AtEnd || bytes[at] != value)
        {
            return false;
        }

        at++;
        return true;
    }

    /// <summary>Goes on when the next bytes are this word.</summary>
    public bool Skip(ReadOnlySpan<byte> word)
    {
        if (!bytes[at..].StartsWith(word))
        {
            return false;
        }

        at += word.Length;
        return true;
    }

    /// <summary>Decimal digits, without leading zeros unless told, up to a last value.</summary>
    public ulong Decimal(ulong last, string expected, bool zeros = false)
    {
        var start = at;
        ulong value = 0;
        while (at < bytes.Length && at - start < 19 && bytes[at] is >= (byte)'0' and <= (byte)'9')
        {
            value = (value * 10) + (ulong)(bytes[at++] - '0');
        }

        if (at == start || value > last || (!zeros && at - start > 1 && bytes[start] == '0'))
        {
            at = start;
            throw Unexpected(expected);
        }

        return value;
    }

    /// <summary><c>0x</c> and up to sixteen digits.</summary>
    public ulong Hex(string expected)
    {
        if (!TryHex(out var value))
        {
            throw Unexpected(expected);
        }

        return value;
    }

    /// <summary>Leaves the place when there is no such number.</summary>
    public bool TryHex(out ulong value)
    {
        value = 0;
        var start = at;
        if (!Skip("0x"u8))
        {
            return false;
        }

        var digits = bytes[at..];
        var end = digits.IndexOfAnyExcept("0123456789abcdef"u8);
        digits = digits[..(end < 0 ? digits.Length : end)];
        at += digits.Length;
        if (digits.Length is > 0 and <= 16
            && ulong.TryParse(
                digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value))
        {
            return true;
        }

        at = start;
        return false;
    }

    /// <summary>The bytes of the line at hand, its end not included; does not move.</summary>
    public readonly ReadOnlySpan<byte> RestOfLine()
    {
        var rest = bytes[at..];
        var end = rest.IndexOf((byte)'\n');
        return end < 0 ? rest : rest[..end];
    }

    /// <summary>Takes so many bytes.</summary>
    public ReadOnlySpan<byte> Take(int count, string expected)
    {
        if (count > bytes.Length - at)
        {
            throw Unexpected(expected);
        }

        at += count;
        return bytes.Slice(at - count, count);
    }

    private readonly string Found()
    {
        if (AtEnd)
        {
            return "the end";
        }

        var rest = bytes[at..Math.Min(bytes.Length, at + ShownBytes)];
        var text = new StringBuilder("'");
        foreach (var b in rest)
        {
            text.Append(b is >= 0x20 and < 0x7f ? ((char)b).ToString() : $"\\x{b:x2}");
        }

        return text.Append('\'').ToString();
    }
}
