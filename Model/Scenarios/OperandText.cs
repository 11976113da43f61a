using System.Text;
using Conformance.Model.Contract;

namespace Conformance.Model.Scenarios;

/// <summary>How each kind of operand is written.</summary>
internal static class OperandText
{
    private static readonly (Prot Flag, string Word)[] ProtWords =
        [(Prot.Cache, "+cache"), (Prot.NoExec, "+noexec"), (Prot.Mmio, "+mmio"), (Prot.Priv, "+priv")];

    private static readonly (AllocFlags Flag, string Word)[] AllocWords =
        [(AllocFlags.NestParent, "+nest-parent"), (AllocFlags.DirtyTracking, "+dirty"), (AllocFlags.Pasid, "+pasid")];

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
            _ => ((Errno)command.Extra).Text(),
        };
        if (word.Length > 0)
        {
            text.Append(' ').Append(word);
        }
    }

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

    public static string AllocText(AllocFlags flags)
    {
        var text = new StringBuilder();
        foreach (var (flag, word) in AllocWords)
        {
            text.Append((flags & flag) != 0 ? word : "");
        }

        return text.ToString();
    }
}
