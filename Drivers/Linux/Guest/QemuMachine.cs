using System.Diagnostics;
using System.Net.Sockets;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>What is started: a machine with a kernel.</summary>
/// <param name="Machine">The machine.</param>
/// <param name="Qemu">Program.</param>
/// <param name="Kernel">Image.</param>
/// <param name="Initramfs">With the agent as /init.</param>
/// <param name="Append">
/// Words for the kernel's command line beside those of the machine; may be empty.
/// </param>
public sealed record BootSpec(
    MachineSpec Machine,
    string Qemu,
    string Kernel,
    string Initramfs,
    string Append);

/// <summary>
/// A QEMU process: started with its sandbox on, without network and disk; the port of the agent is a socket
/// in a directory of its own; killed when this is disposed or this process ends in whatever way.
/// </summary>
public sealed class QemuMachine : IDisposable
{
    private const int ConsoleLines = 2000;
    private static readonly TimeSpan SocketPatience = TimeSpan.FromSeconds(20);
    private readonly Process process;
    private readonly DirectoryInfo directory;
    private readonly Thread reader;
    private bool disposed;

    private QemuMachine(Process process, DirectoryInfo directory)
    {
        this.process = process;
        this.directory = directory;
        reader = new Thread(() => Console.Follow(process.StandardOutput))
        {
            IsBackground = true,
            Name = "console",
        };
        reader.Start();
    }

    /// <summary>What the guest and QEMU printed.</summary>
    public ConsoleLog Console { get; } = new(ConsoleLines);

    /// <summary>The agent's port.</summary>
    public Stream Port { get; private set; } = Stream.Null;

    /// <summary>The process is there.</summary>
    public bool IsRunning => !process.HasExited;

    /// <summary>Its number, for those who kill it in tests.</summary>
    public int ProcessId => process.Id;

    /// <summary>
    /// Starts a machine and waits until QEMU has connected; the guest is still booting then.
    /// </summary>
    /// <exception cref="GuestSetupException">QEMU cannot be started.</exception>
    public static QemuMachine Start(BootSpec spec)
    {
        var folder = Directory.CreateTempSubdirectory("iommu-guest-");
        var path = Path.Combine(folder.FullName, "port");
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(path));
        listener.Listen(1);
        QemuMachine? machine = null;
        try
        {
            machine = new QemuMachine(Launcher.Start(StartInfo(spec, path)), folder);
            machine.Port = new NetworkStream(machine.Accept(listener), ownsSocket: true);
            return machine;
        }
        catch
        {
            machine?.Dispose();
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>
    /// Waits until the process is gone and the console has been read. False: it is still there.
    /// </summary>
    public bool WaitForExit(TimeSpan patience) => process.WaitForExit(patience) && reader.Join(patience);

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        Port.Dispose();
        process.Kill();
        process.WaitForExit();
        reader.Join();
        process.Dispose();
        directory.Delete(recursive: true);
    }

    /// <summary>All arguments of QEMU.</summary>
    internal static IReadOnlyList<string> Arguments(BootSpec spec, string socket)
    {
        var machine = spec.Machine;
        List<string> arguments =
        [
            "-accel", "tcg", "-m", "512", "-display", "none", "-no-reboot", "-nodefaults", "-serial", "stdio",
            "-monitor", "none", "-run-with", "exit-with-parent=on",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            .. machine.Machine,
            "-chardev", $"socket,id=agent,path={socket}",
            "-device", "virtio-serial-pci,addr=0x2", "-device", "virtserialport,chardev=agent,name=a",
        ];
        foreach (var device in machine.Devices)
        {
            arguments.AddRange(["-device", device.Qemu]);
        }

        arguments.AddRange(
        [
            "-kernel", spec.Kernel, "-initrd", spec.Initramfs, "-append",
            $"console={machine.Console} {Machines.CommonAppend} {machine.Append} {spec.Append}".TrimEnd(),
        ]);
        return arguments;
    }

    private static ProcessStartInfo StartInfo(BootSpec spec, string socket)
    {
        var start = new ProcessStartInfo("/bin/sh")
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        // One stream for both, in order; the shell becomes the program.
        start.ArgumentList.Add("-c");
        start.ArgumentList.Add("exec \"$0\" \"$@\" 2>&1 </dev/null");
        start.ArgumentList.Add(spec.Qemu);
        foreach (var argument in Arguments(spec, socket))
        {
            start.ArgumentList.Add(argument);
        }

        return start;
    }

    private Socket Accept(Socket listener)
    {
        var began = Stopwatch.GetTimestamp();
        while (!listener.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead))
        {
            if (!IsRunning || Stopwatch.GetElapsedTime(began) > SocketPatience)
            {
                var lines = Console.Lines;
                throw new GuestSetupException(
                    "QEMU did not start: " + (lines.Count == 0 ? "it printed nothing" : lines[^1]));
            }
        }

        return listener.Accept();
    }
}
