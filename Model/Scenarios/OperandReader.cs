using System.Globalization;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>Reads the operands of commands and checks them against a topology.</summary>
/// <remarks>Each method returns null, or what it expected in place of the token.</remarks>
internal sealed partial class OperandReader(Topology topology)
{
    /// <summary>What a protection looks like.</summary>
    public const string ProtExpected =
        "a protection: rw, r, w or -, then any of +cache +noexec +mmio +priv";

    private const int IndexLast = 999;
    private int a;
    private int b;
    private ulong iova;
    private ulong pa;
    private ulong size;
    private uint extra;

    /// <summary>Forgets the operands of the last command.</summary>
    public void Clear() => (a, b, iova, pa, size, extra) = (0, 0, 0, 0, 0, 0);

    /// <summary>The command of the operands read since <see cref="Clear"/>.</summary>
    public Command Command(Op op) => new(op, a, b, iova, pa, size, extra);

    /// <summary>An optional operand that the token does not begin.</summary>
    public static bool IsAbsent(Operand operand, Token token) => operand switch
    {
        Operand.AllocFlags or Operand.HwptFlags => token.IsEnd,
        Operand.DmaPasid => token.IsEnd,
        _ => false,
    };

    public string? Read(Operand operand, Token token) => operand switch
    {
        Operand.Instance => Index(token, 'i', topology.Instances.Length, out a),
        Operand.Device => Index(token, 'd', topology.Devices.Length, out a),
        Operand.DeviceB => Index(token, 'd', topology.Devices.Length, out b),
        Operand.Group => Index(token, 'g', topology.GroupCount, out a),
        Operand.GroupB => Index(token, 'g', topology.GroupCount, out b),
        Operand.Owner => Index(token, 'o', IndexLast + 1, out a),
        Operand.Slot => Domain(token, slotOnly: true),
        Operand.Domain => Domain(token, slotOnly: false),
        Operand.Iova => Hex(token.Text, out iova) ? null : "an IOVA of up to 64 bits, such as 0x1000",
        Operand.Pa => Hex(token.Text, out pa) ? null : "a physical address of up to 64 bits, 0x100000",
        Operand.Size => Hex(token.Text, out size) ? null : "a size in bytes of up to 64 bits, such as 0x1000",
        Operand.Skip => Skip(token.Text),
        Operand.Prot => Prot(token.Text),
        Operand.Type => Type(token.Text),
        Operand.Pasid => Number(token.Text, uint.MaxValue, out extra) ? null : "a PASID in decimal",
        Operand.DmaPasid => token.Is("pasid") ? null : "'pasid' or the end of the line",
        Operand.Access => Access(token),
        Operand.RequesterIndex => RequesterIndex(token.Text),
        Operand.AllocFlags => Alloc(token.Text),
        >= Operand.ContextB => ReadClient(operand, token),
        _ => ErrnoWord(token.Text),
    };

    /// <summary>The number after the word <c>pasid</c> of a DMA.</summary>
    public string? ReadDmaPasid(Token token)
    {
        var good = Number(token.Text, uint.MaxValue, out var pasid);
        size = pasid;
        return good ? null : "a PASID in decimal";
    }

    /// <summary><c>0x</c> and one to sixteen hexadecimal digits.</summary>
    public static bool Hex(ReadOnlySpan<char> word, out ulong value)
    {
        value = 0;
        return word.Length is > 2 and <= 18 && word.StartsWith("0x")
            && ulong.TryParse(
                word[2..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>Decimal digits, without sign or leading zeros.</summary>
    public static bool Number(string word, uint last, out uint value) =>
        uint.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out value)
        && value <= last && (word.Length == 1 || word[0] != '0');

    /// <summary>A letter and an index below a count.</summary>
    public static string? Index(Token token, char letter, int count, out int index)
    {
        index = 0;
        var good = token.Text.Length > 1 && token.Text[0] == letter
            && DomainRef.IsIndex(token.Text[1..], out index) && index < count;
        return good ? null : Range(letter, count);
    }

    private static string Range(char letter, int count) => count switch
    {
        0 => $"'{letter}' and an index, but there is none in this topology",
        1 => $"{letter}0",
        _ => $"{letter}0 to {letter}{count - 1}",
    };

    private string? Domain(Token token, bool slotOnly)
    {
        var slots = $"D0 to D{IndexLast}";
        if (!DomainRef.TryParse(token.Text, out var domain) || (slotOnly && domain.Role != DomainRole.Slot))
        {
            return slotOnly
                ? $"a domain slot, {slots}"
                : $"a domain: {slots}, gN.default, gN.blocking, iN.identity or iN.blocked";
        }

        a = domain.Packed;
        return domain.Role switch
        {
            DomainRole.Slot => null,
            DomainRole.Default or DomainRole.Blocking =>
                domain.Index < topology.GroupCount ? null : "a domain of " + Range('g', topology.GroupCount),
            _ => domain.Index < topology.Instances.Length
                ? null : "a domain of " + Range('i', topology.Instances.Length),
        };
    }

    private string? Skip(string word)
    {
        var good = Number(word, IndexLast, out var value);
        size = value;
        return good ? null : $"how many calls to let pass, 0 to {IndexLast}";
    }

    private string? Prot(string word)
    {
        var good = OperandText.TryProt(word, out var prot);
        extra = (uint)prot;
        return good ? null : ProtExpected;
    }

    private string? Type(string word)
    {
        var good = OperandText.TryType(word, out var type);
        extra = (uint)type;
        return good ? null : "identity, DMA, DMA-FQ or auto";
    }

    private string? Access(Token token)
    {
        extra = (uint)(token.Is("write") ? DmaAccess.Write : DmaAccess.Read);
        return token.Is("write") || token.Is("read") ? null : "read or write";
    }

    private string? RequesterIndex(string word)
    {
        var count = topology.Devices[a].Requesters.Length;
        var good = Number(word, (uint)count - 1, out var value);
        b = (int)value;
        return good ? null : $"which requester of d{a}: 0 to {count - 1}";
    }

    private string? Alloc(string word)
    {
        var good = OperandText.TryAlloc(word, out var flags);
        extra = (uint)flags;
        return good ? null : "any of +nest-parent +dirty +pasid, or the end of the line";
    }

    private string? ErrnoWord(string word)
    {
        var good = ErrnoText.TryParse(word, out var errno) && errno != Errno.OK;
        extra = (uint)errno;
        return good ? null : "an error number: " + string.Join(", ", KnownErrnos);
    }

    private static IEnumerable<string> KnownErrnos =>
        Enum.GetValues<Errno>().Where(e => e != Errno.OK).Select(e => e.Text());
}
