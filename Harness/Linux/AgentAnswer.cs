using Conformance.Drivers.Linux.Guest;
using Conformance.Model.Clients.Iommufd;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>From what the agent says to what the model can be held against.</summary>
internal static class AgentAnswer
{
    /// <summary>The answer to a line.</summary>
    /// <exception cref="ProtocolException">The agent refuses the line, or answers something else.</exception>
    public static KernelAnswer Of(string sent, GuestResult result) => result.Kind switch
    {
        ResultKind.Status => OfStatus(sent, result),
        ResultKind.None => Plain(result, 0) with { IsUnknownName = true },
        ResultKind.Landed => Dma(DmaFate.Landed),
        ResultKind.Refused => Dma(DmaFate.Refused),
        ResultKind.Elsewhere => Elsewhere(result),
        ResultKind.Unable or ResultKind.EngineError when IsAccess(sent) =>
            Dma(DmaFate.NotPossible) with { Detail = result.ToString() },
        ResultKind.Unable => throw new GuestSetupException(
            $"this kernel or its machine cannot do '{sent}': {result.Detail}"),
        _ => throw new ProtocolException(0, $"an answer to '{sent}'", result.ToString()),
    };

    private static bool IsAccess(string sent) => sent.StartsWith("p ", StringComparison.Ordinal)
        || sent.StartsWith("dma", StringComparison.Ordinal);

    private static KernelAnswer OfStatus(string sent, in GuestResult result)
    {
        if (result.Errno != 0)
        {
            return Plain(result, 0);
        }

        if (sent.StartsWith("show-type ", StringComparison.Ordinal))
        {
            return Plain(result, 1 + (ulong)TypeOf(result));
        }

        if (!sent.StartsWith("ioas-ranges ", StringComparison.Ordinal))
        {
            return Plain(result, result.Value);
        }

        var words = result.Detail.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var ranges = words.Select(word => Range(word, words)).ToList();
        return Plain(result, RangeDigest.Of(result.Value, ranges)) with
        {
            Detail = $"alignment 0x{result.Value:x}: {result.Detail}",
        };
    }

    private static DomainType TypeOf(in GuestResult result) => result.Detail.Trim() switch
    {
        "DMA" => DomainType.Dma,
        "DMA-FQ" => DomainType.DmaFq,
        "identity" => DomainType.Identity,
        "blocked" => DomainType.Blocked,
        "unmanaged" => DomainType.Unmanaged,
        _ => throw new ProtocolException(0, "a type of a domain", result.ToString()),
    };

    private static (ulong First, ulong Last) Range(string word, string[] all)
    {
        var last = 0UL;
        var dash = word.IndexOf('-', StringComparison.Ordinal);
        return dash > 0 && OperandText.TryHex(word.AsSpan(0, dash), out var first)
            && OperandText.TryHex(word.AsSpan(dash + 1), out last)
            ? (first, last)
            : throw new ProtocolException(0, "ranges such as 0x0-0xfff", string.Join(' ', all));
    }

    private static KernelAnswer Elsewhere(in GuestResult result) => Dma(DmaFate.Elsewhere) with
    {
        Where = result.Place == LandingPlace.Memory ? new MemoryOffset(result.Value) : null,
        Detail = result.ToString(),
    };

    private static KernelAnswer Plain(in GuestResult result, ulong value) => new(
        (Errno)result.Errno, value, result.Fault == FaultOutcome.Hit, DmaFate.None, Where: null, Detail: "");

    private static KernelAnswer Dma(DmaFate fate) =>
        new(Errno.OK, 0, Struck: false, fate, Where: null, Detail: "");
}
