using System.Globalization;
using Conformance.Drivers.Linux.Guest;
using Conformance.Model.Clients.Iommufd;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>From the line that the agent answers with to what it says; Agent/PROTOCOL.md has the grammar.</summary>
internal static class AgentAnswer
{
    /// <summary>Behind the answer to a command in which an allocation was to fail.</summary>
    private const string Hit = " hit";

    private const string Miss = " miss";

    /// <summary>Reads the answer to a line.</summary>
    /// <exception cref="ProtocolException">It is none.</exception>
    public static KernelAnswer Of(string sent, string answer)
    {
        var struck = answer.EndsWith(Hit, StringComparison.Ordinal);
        var missed = answer.EndsWith(Miss, StringComparison.Ordinal);
        var words = answer[..^(struck ? Hit.Length : missed ? Miss.Length : 0)].Split(' ');
        return words[0] switch
        {
            "L" when words.Length == 1 => Dma(DmaFate.Landed, null),
            "R" when words.Length == 1 => Dma(DmaFate.Refused, null),
            "E" when words.Length == 2 => Elsewhere(answer, words[1]),
            "?" => Dma(DmaFate.NotPossible, null) with { Detail = answer },
            "unable" => Dma(DmaFate.NotPossible, null) with { Detail = answer },
            "none" => Plain(Errno.OK, 0, struck) with { IsUnknownName = true },
            _ => OfStatus(sent, answer, words, struck),
        };
    }

    private static KernelAnswer OfStatus(string sent, string answer, string[] words, bool struck)
    {
        var errno = StatusOf(answer, words[0]);
        if (errno != Errno.OK || words.Length == 1)
        {
            return words.Length == 1
                ? Plain(errno, 0, struck)
                : throw Wrong(answer, words[0].Length + 1, "the end of the answer");
        }

        if (sent.StartsWith("show-type ", StringComparison.Ordinal))
        {
            return Plain(errno, TypeOf(answer, words[1]), struck);
        }

        var value = Hex(answer, words[1], 2);
        if (!sent.StartsWith("ioas-ranges ", StringComparison.Ordinal))
        {
            return words.Length == 2
                ? Plain(errno, value, struck)
                : throw Wrong(answer, answer.LastIndexOf(' '), "the end of the answer");
        }

        var ranges = words.Skip(2).Select(word => Range(answer, word)).ToList();
        return Plain(errno, RangeDigest.Of(value, ranges), struck) with
        {
            Detail = $"alignment 0x{value:x}: {string.Join(' ', words.Skip(2))}",
        };
    }

    private static Errno StatusOf(string answer, string word)
    {
        if (word == "0")
        {
            return Errno.OK;
        }

        return word.Length is > 1 and < 6 && word[0] == '-'
            && int.TryParse(word.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? (Errno)number
            : throw Wrong(answer, 0, "0, an error number such as -22, L, R, E, ?, none or unable");
    }

    private static ulong TypeOf(string answer, string word) => 1 + (ulong)(word switch
    {
        "DMA" => DomainType.Dma,
        "DMA-FQ" => DomainType.DmaFq,
        "identity" => DomainType.Identity,
        "blocked" => DomainType.Blocked,
        "unmanaged" => DomainType.Unmanaged,
        _ => throw Wrong(answer, 2, "a type of a domain"),
    });

    private static KernelAnswer Elsewhere(string answer, string word)
    {
        if (word == "-")
        {
            return Dma(DmaFate.Elsewhere, null);
        }

        return word[0] == 'm'
            ? Dma(DmaFate.Elsewhere, new MemoryOffset(Hex(answer, word[1..], 3)))
            : Dma(DmaFate.Elsewhere, null) with { Detail = $"physical address 0x{Hex(answer, word, 2):x}" };
    }

    private static (ulong First, ulong Last) Range(string answer, string word)
    {
        var dash = word.IndexOf('-', StringComparison.Ordinal);
        var at = answer.IndexOf(word, StringComparison.Ordinal);
        return dash > 0
            ? (Hex(answer, word[..dash], at), Hex(answer, word[(dash + 1)..], at + dash + 1))
            : throw Wrong(answer, at, "a range, 0x0-0xfff");
    }

    private static ulong Hex(string answer, string word, int at) =>
        OperandText.TryHex(word, out var value)
            ? value
            : throw Wrong(answer, at, "a hexadecimal number of up to 64 bits, 0x1000");

    private static KernelAnswer Plain(Errno errno, ulong value, bool struck) =>
        new(errno, value, struck, DmaFate.None, Where: null, Detail: "");

    private static KernelAnswer Dma(DmaFate fate, MemoryOffset? where) =>
        new(Errno.OK, 0, Struck: false, fate, where, Detail: "");

    private static ProtocolException Wrong(string answer, int column, string expected) =>
        new(answer, column + 1, expected);
}
