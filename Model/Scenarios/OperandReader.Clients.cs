namespace Conformance.Model.Scenarios;

/// <summary>The operands that only commands of clients have.</summary>
internal sealed partial class OperandReader
{
    private string? ReadClient(Operand operand, Token token) => operand switch
    {
        Operand.ContextB => Index(token, 'f', ClientLimits.Contexts, out b),
        Operand.Ioas => Index(token, 'A', ClientLimits.Ioas, out a),
        Operand.IoasB => Index(token, 'A', ClientLimits.Ioas, out b),
        Operand.Hwpt => Index(token, 'H', ClientLimits.Hwpts, out a),
        Operand.Table => Table(token, out a),
        Operand.Parent => Parent(token),
        Operand.Memory => Memory(token.Text),
        Operand.SourceIova => Hex(token.Text, out pa) ? null : "an IOVA of up to 64 bits, such as 0x1000",
        Operand.Container => Index(token, 'c', ClientLimits.Containers, out a),
        Operand.Type1Version => Version(token),
        Operand.Switch => Switch(token),
        _ => Hwpt(token.Text),
    };

    private static string? Table(Token token, out int packed)
    {
        packed = 0;
        if (Index(token, 'A', ClientLimits.Ioas, out var ioas) is null)
        {
            packed = PageTableRef.Ioas(ioas).Packed;
            return null;
        }

        if (Index(token, 'H', ClientLimits.Hwpts, out var hwpt) is not null)
        {
            return $"an IOAS or a HWPT: {Range('A', ClientLimits.Ioas)}, {Range('H', ClientLimits.Hwpts)}";
        }

        packed = PageTableRef.Hwpt(hwpt).Packed;
        return null;
    }

    private string? Parent(Token token)
    {
        var expected = Table(token, out var packed);
        pa = (ulong)packed;
        return expected;
    }

    private string? Memory(string word) => word.StartsWith('m') && Hex(word.AsSpan(1), out pa)
        ? null
        : "an offset in the client's memory, such as m0x1000";

    private string? Version(Token token)
    {
        extra = token.Is("v1") ? 1U : 2U;
        return token.Is("v1") || token.Is("v2") ? null : "v1 or v2";
    }

    private string? Switch(Token token)
    {
        extra = token.Is("on") ? 1U : 0U;
        return token.Is("on") || token.Is("off") ? null : "on or off";
    }

    private string? Hwpt(string word)
    {
        var good = OperandText.TryHwpt(word, out var flags);
        extra = (uint)flags;
        return good ? null : "any of +nest-parent +dirty +fault +pasid, or the end of the line";
    }
}
