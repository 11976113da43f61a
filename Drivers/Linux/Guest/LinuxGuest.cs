namespace Conformance.Drivers.Linux.Guest;

/// <summary>A booted guest with its devices named.</summary>
public sealed class LinuxGuest : IGuest
{
    /// <summary>How long a boot may take.</summary>
    public static readonly TimeSpan BootPatience = TimeSpan.FromSeconds(120);

    /// <summary>How long a batch may take before the guest counts as hung.</summary>
    public static readonly TimeSpan BatchPatience = TimeSpan.FromSeconds(25);

    private static readonly TimeSpan ExitPatience = TimeSpan.FromSeconds(2);
    private readonly QemuMachine machine;
    private readonly AgentChannel channel;

    private LinuxGuest(QemuMachine machine)
    {
        this.machine = machine;
        channel = new AgentChannel(machine.Port) { Patience = BootPatience };
        Facts = GuestFacts.Parse(Run([GuestFacts.Hello]).Results[0]);
        channel.Patience = BatchPatience;
    }

    public GuestFacts Facts { get; }

    /// <summary>What its groups show after boot, in the order of their names.</summary>
    public IReadOnlyList<GroupFacts> Groups { get; private set; } = [];

    /// <summary>What the guest printed.</summary>
    public ConsoleLog Console => machine.Console;

    /// <summary>The process of QEMU.</summary>
    public int ProcessId => machine.ProcessId;

    /// <summary>Starts a machine, waits for its agent and names its devices.</summary>
    /// <exception cref="GuestSetupException">
    /// QEMU cannot be started, or a device cannot be bound to vfio-pci or is not in the group that the
    /// machine says.
    /// </exception>
    /// <exception cref="GuestLostException">The guest did not come up.</exception>
    /// <exception cref="ProtocolException">Its agent is another.</exception>
    public static LinuxGuest Boot(BootSpec spec)
    {
        var started = QemuMachine.Start(spec);
        try
        {
            var guest = new LinuxGuest(started);
            guest.NameDevices(spec.Machine);
            var groups = spec.Machine.Devices.Max(d => d.Group) + 1;
            guest.Groups = GroupFacts.Parse(guest.Run(GroupFacts.Lines(groups)).Results);
            return guest;
        }
        catch
        {
            started.Dispose();
            throw;
        }
    }

    public BatchReply Run(IReadOnlyList<string> lines)
    {
        try
        {
            return channel.Run(lines);
        }
        catch (TimeoutException)
        {
            throw Lost(machine.IsRunning ? GuestLoss.Hang : GuestLoss.Exit);
        }
        catch (EndOfStreamException)
        {
            machine.WaitForExit(ExitPatience);
            throw Lost(GuestLoss.Exit);
        }
    }

    public void Dispose() => machine.Dispose();

    private GuestLostException Lost(GuestLoss loss)
    {
        var lines = machine.Console.Lines;
        var trouble = GuestHealth.Trouble(lines);
        return trouble.Any(GuestHealth.IsPanic)
            ? new GuestLostException(GuestLoss.Panic, trouble)
            : new GuestLostException(loss, trouble.Count > 0 ? trouble : [.. lines.TakeLast(5)]);
    }

    private void NameDevices(MachineSpec spec)
    {
        var results = Run(spec.DeviceLines).Results;
        for (var i = 0; i < results.Count; i++)
        {
            var result = results[i];
            var expected = $"group=g{spec.Devices[i].Group} ";
            if (!result.IsSuccess || !result.Detail.StartsWith(expected, StringComparison.Ordinal)
                || !result.Detail.Contains(" bind=0 ", StringComparison.Ordinal))
            {
                throw new GuestSetupException(
                    $"{spec.DeviceLines[i]}: expected {expected}bound, found '{result}'");
            }
        }
    }
}
