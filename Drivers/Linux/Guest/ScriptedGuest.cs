using System.Globalization;
using System.Text;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>A guest that a function answers for, in the words of the agent: no machine, for tests.</summary>
/// <param name="answer">The result line of a command; a text with its bytes behind a line break.</param>
public sealed class ScriptedGuest(Func<string, string> answer) : IGuest
{
    /// <summary>Facts of a guest that has everything.</summary>
    public GuestFacts Facts { get; init; } = new(
        "7.2.0",
        "x86_64",
        0x1000,
        0x800000,
        4,
        Contiguous: true,
        HasIommufd: true,
        HasType1: true,
        CanFail: true,
        HasKernelDriver: true,
        RestoresRam: true);

    /// <summary>The kernel's log is said to hold a warning.</summary>
    public bool KernelAlarm { get; set; }

    public BatchReply Run(IReadOnlyList<string> lines)
    {
        var results = new List<GuestResult>(lines.Count);
        foreach (var line in lines)
        {
            var body = Encoding.ASCII.GetBytes(answer(line) + "\n");
            var head = string.Create(CultureInfo.InvariantCulture, $"R 1 - 1 {body.Length}\n");
            GuestReply.Body(GuestReply.Header(Encoding.ASCII.GetBytes(head)), body, results);
        }

        return new BatchReply(KernelAlarm, results);
    }

    public void Dispose()
    {
        // Holds nothing.
    }
}
