using Conformance.Model.Scenarios;

namespace Conformance.Harness.Linux;

/// <summary>Which commands a process can give to a kernel.</summary>
public static class UserCommands
{
    /// <summary>
    /// Clients' commands, sysfs, binding, hotplug, device accesses; registration happens at boot.
    /// </summary>
    public static bool CanGive(Op op) => op >= Op.FailNth
        || op is Op.Register or Op.Probe or Op.Release or Op.Bind or Op.Unbind or Op.SetType or Op.Dma;
}

/// <summary>A scenario for a real kernel holds a command that only the kernel itself could give.</summary>
public sealed class NotFromUserSpaceException(int index, Command command)
    : Exception($"command {index + 1}, '{command}': no process can ask a kernel for that")
{
    public int Index { get; } = index;
}

/// <summary>How a scenario is fed to a real kernel.</summary>
/// <param name="BatchLines">A batch is sent when it has so many lines, 1 or more.</param>
/// <param name="ProbesMax">Most device accesses tried after one command.</param>
public sealed record LinuxOptions(int BatchLines, int ProbesMax)
{
    public static readonly LinuxOptions Default = new(BatchLines: 150, ProbesMax: 2);
}
