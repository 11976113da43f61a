using System.Globalization;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>What the agent says of its kernel and its memory.</summary>
/// <param name="Release">uname -r.</param>
/// <param name="Machine">uname -m.</param>
/// <param name="PageSize">Bytes of a CPU page.</param>
/// <param name="MemorySize">Bytes of the memory that clients map.</param>
/// <param name="LongestRun">Most pages in a row in the scattered half.</param>
/// <param name="Contiguous">The upper half is one piece, aligned to its size.</param>
/// <param name="HasIommufd"><c>/dev/iommu</c> is there.</param>
/// <param name="HasType1"><c>/dev/vfio/vfio</c> is there.</param>
/// <param name="CanFail"><c>fail-nth</c> works.</param>
/// <param name="HasKernelDriver"><c>bind</c> works.</param>
/// <param name="RestoresRam">
/// What a write through an identity domain hits in the guest is put back; else it destroys the guest.
/// </param>
public sealed record GuestFacts(
    string Release,
    string Machine,
    ulong PageSize,
    ulong MemorySize,
    int LongestRun,
    bool Contiguous,
    bool HasIommufd,
    bool HasType1,
    bool CanFail,
    bool HasKernelDriver,
    bool RestoresRam)
{
    /// <summary>Version of the protocol.</summary>
    public const int Protocol = 1;

    /// <summary>The question.</summary>
    public const string Hello = "hello 1";

    /// <summary>From the answer to <see cref="Hello"/>.</summary>
    /// <exception cref="ProtocolException">It is none, or of another version.</exception>
    public static GuestFacts Parse(in GuestResult answer)
    {
        if (answer.Kind == ResultKind.Malformed)
        {
            throw new ProtocolException(0, $"an agent of protocol {Protocol}", answer.ToString());
        }

        var words = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var word in answer.Detail.Split(' '))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            if (!answer.IsSuccess || equals <= 0 || !words.TryAdd(word[..equals], word[(equals + 1)..]))
            {
                throw new ProtocolException(0, "words NAME=VALUE of an agent", $"'{word}'");
            }
        }

        if (!string.Equals(Word(words, "version"), "1", StringComparison.Ordinal))
        {
            throw new ProtocolException(0, "version=1", $"version={Word(words, "version")}");
        }

        return new GuestFacts(
            Word(words, "release"),
            Word(words, "machine"),
            Number(words, "page"),
            Number(words, "memory"),
            (int)Math.Min(int.MaxValue, Number(words, "longest-run")),
            Number(words, "contiguous") != 0,
            Number(words, "iommufd") != 0,
            Number(words, "type1") != 0,
            Number(words, "fail-nth") != 0,
            Number(words, "kernel-driver") != 0,
            Number(words, "ram") != 0);
    }

    private static string Word(Dictionary<string, string> words, string name) =>
        words.GetValueOrDefault(name)
        ?? throw new ProtocolException(0, $"{name}=VALUE", "nothing of that name");

    private static ulong Number(Dictionary<string, string> words, string name)
    {
        var word = Word(words, name);
        return word.StartsWith("0x", StringComparison.Ordinal)
            && ulong.TryParse(
                word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : throw new ProtocolException(0, $"a number for {name}, such as 0x1", $"'{word}'");
    }
}
