using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>The lines that the agent in the machine understands; its PROTOCOL.md has them all.</summary>
internal static class GuestLine
{
    /// <summary>A command other than a device access is its own text.</summary>
    public static string Of(in Command command) => command.ToString();

    /// <summary>A device access with the byte where it must land, <c>-</c> for a refusal.</summary>
    public static string Of(in Access access, MemoryOffset? lands)
    {
        var target = lands?.ToString() ?? "-";
        var verb = access.Direction == DmaAccess.Read ? "read" : "write";
        if (access.Memory is { } at)
        {
            return $"dma-memory {access.Device} 0 {at} {verb} @ {target}";
        }

        return access.Direction == DmaAccess.Read
            ? $"dma {access.Device} 0 {access.Iova} read @ {target}"
            : $"p {access.Device} {access.Iova} {target}";
    }
}
