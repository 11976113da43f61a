using System.Text;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>How each kind of operand is written.</summary>
public static class OperandText
{
    private static readonly (Prot Flag, string Word)[] ProtWords =
        [(Prot.Cache, "+cache"), (Prot.NoExec, "+noexec"), (Prot.Mmio, "+mmio"), (Prot.Priv, "+priv")];

    private static readonly (AllocFlags Flag, string Word)[] AllocWords =
    [
        (AllocFlags.NestParent, "+nest-parent"), (AllocFlags.DirtyTracking, "+dirty"),
        (AllocFlags.Pasid, "+pasid"),
    ];

    private static readonly (HwptFlags Flag, string Word)[] HwptWords =
    [
        (HwptFlags.NestParent, "+nest-parent"), (HwptFlags.DirtyTracking, "+dirty"),
        (HwptFlags.FaultIdValid, "+fault"), (HwptFlags.Pasid, "+pasid"),
    ];

    public static void Append(StringBuilder text, Operand operand, in Command command)
    {
        var word = operand switch
        {
            Operand.Instance => $"i{command.A}",
            Operand.Device => $"d{command.A}",
            Operand.DeviceB => $"d{command.B}",
            Operand.Group => $"g{command.A}",
            Operand.GroupB => $"g{command.B}",
            Operand.Owner => $"o{command.A}",
            Operand.Slot or Operand.Domain => command.Domain.ToString(),
            Operand.Iova => $"0x{command.Iova:x}",
            Operand.Pa => $"0x{command.Pa:x}",
            Operand.Size => $"0x{command.Size:x}",
            Operand.Skip => $"{command.Size}",
            Operand.Prot => ProtText(command.Prot),
            Operand.Type => TypeText((TypeRequest)command.Extra),
            Operand.Pasid => $"{command.Extra}",
            Operand.DmaPasid => command.Size == 0 ? "" : $"pasid {command.Size}",
            Operand.Access => command.Access == DmaAccess.Read ? "read" : "write",
            Operand.RequesterIndex => $"{command.B}",
            Operand.AllocFlags => AllocText((AllocFlags)command.Extra),
            >= Operand.ContextB => ClientWord(operand, command),
            _ => ((Errno)command.Extra).Text(),
        };
        if (word.Length > 0)
        {
            text.Append(' ').Append(word);
        }
    }

    private static string ClientWord(Operand operand, in Command command) => operand switch
    {
        Operand.ContextB => $"f{command.B}",
        Operand.Ioas => $"A{command.A}",
        Operand.IoasB => $"A{command.B}",
        Operand.Hwpt => $"H{command.A}",
        Operand.Table => command.Table.ToString(),
        Operand.Parent => command.Parent.ToString(),
        Operand.Memory => command.Memory.ToString(),
        Operand.SourceIova => $"0x{command.Pa:x}",
        Operand.Container => $"c{command.A}",
        Operand.Type1Version => $"v{command.Extra}",
        Operand.Switch => command.Extra == 0 ? "off" : "on",
        _ => HwptText(command.HwptFlags),
    };

    public static string ProtText(Prot prot)
    {
        var text = new StringBuilder((prot & (Prot.Read | Prot.Write)) switch
        {
            Prot.Read | Prot.Write => "rw",
            Prot.Read => "r",
            Prot.Write => "w",
            _ => "-",
        });
        foreach (var (flag, word) in ProtWords)
        {
            text.Append((prot & flag) != 0 ? word : "");
        }

        return text.ToString();
    }

    public static string TypeText(TypeRequest type) => type switch
    {
        TypeRequest.Identity => "identity",
        TypeRequest.Dma => "DMA",
        TypeRequest.DmaFq => "DMA-FQ",
        _ => "auto",
    };

    public static string AllocText(AllocFlags flags) => FlagText(AllocWords, (int)flags, static f => (int)f);

    public static string HwptText(HwptFlags flags) => FlagText(HwptWords, (int)flags, static f => (int)f);

    private static string FlagText<T>((T Flag, string Word)[] words, int flags, Func<T, int> bitOf)
    {
        var text = new StringBuilder();
        foreach (var (flag, word) in words)
        {
            text.Append((flags & bitOf(flag)) != 0 ? word : "");
        }

        return text.ToString();
    }

    /// <summary>Inverse of <see cref="ProtText"/>; the flags may stand in any order, each once.</summary>
    public static bool TryProt(string word, out Prot prot)
    {
        var plus = word.IndexOf('+', StringComparison.Ordinal);
        var head = plus < 0 ? word : word[..plus];
        Prot? access = head switch
        {
            "rw" => Prot.Read | Prot.Write,
            "r" => Prot.Read,
            "w" => Prot.Write,
            "-" => Prot.None,
            _ => null,
        };
        prot = access ?? Prot.None;
        var flags = 0;
        var good = access is not null
            && (plus < 0 || TryFlags(word.AsSpan(plus), ProtWords, static p => (int)p, out flags));
        prot |= (Prot)flags;
        return good;
    }

    /// <summary><c>0x</c> and one to sixteen hexadecimal digits.</summary>
    public static bool TryHex(ReadOnlySpan<char> word, out ulong value) => OperandReader.Hex(word, out value);

    /// <summary>Inverse of <see cref="TypeText"/>.</summary>
    public static bool TryType(string word, out TypeRequest type)
    {
        TypeRequest? found = word switch
        {
            "identity" => TypeRequest.Identity,
            "DMA" => TypeRequest.Dma,
            "DMA-FQ" => TypeRequest.DmaFq,
            "auto" => TypeRequest.Auto,
            _ => null,
        };
        type = found ?? default;
        return found is not null;
    }

    /// <summary>Inverse of <see cref="AllocText"/> for one or more flags, in any order, each once.</summary>
    public static bool TryAlloc(string word, out AllocFlags flags)
    {
        var good = TryFlags(word, AllocWords, static f => (int)f, out var bits);
        flags = (AllocFlags)bits;
        return good;
    }

    /// <summary>Inverse of <see cref="HwptText"/> for one or more flags, in any order, each once.</summary>
    public static bool TryHwpt(string word, out HwptFlags flags)
    {
        var good = TryFlags(word, HwptWords, static f => (int)f, out var bits);
        flags = (HwptFlags)bits;
        return good;
    }

    private static bool TryFlags<T>(
        ReadOnlySpan<char> text, (T Flag, string Word)[] words, Func<T, int> bitOf, out int bits)
    {
        bits = 0;
        if (text.IsEmpty)
        {
            return false;
        }

        while (!text.IsEmpty)
        {
            var next = text[1..].IndexOf('+');
            var part = next < 0 ? text : text[..(next + 1)];
            var bit = 0;
            foreach (var (flag, word) in words)
            {
                bit |= part.SequenceEqual(word) ? bitOf(flag) : 0;
            }

            if (bit == 0 || (bits & bit) != 0)
            {
                return false;
            }

            bits |= bit;
            text = text[part.Length..];
        }

        return true;
    }
}
