using System.Diagnostics;
using System.Net.Sockets;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>
/// A running emulator with a kernel in it: no network, no disk, sandboxed. Disposing it ends the process and
/// removes its directory; so does the end of the program.
/// </summary>
public sealed class QemuMachine : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("conformance-");
    private readonly ConsoleLog console = new();
    private readonly Socket listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly Process process;
    private bool disposed;

    private QemuMachine(MachineSpec spec, BootFiles files, int megabytes)
    {
        try
        {
            var path = Path.Combine(folder.FullName, "agent");
            listener.Bind(new UnixDomainSocketEndPoint(path));
            listener.Listen(1);
            process = new Process { StartInfo = StartInfo(spec, files, megabytes, path) };
            process.OutputDataReceived += (_, line) => Note(line.Data);
            process.ErrorDataReceived += (_, line) => Note(line.Data);
            process.Start();
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
            AppDomain.CurrentDomain.ProcessExit += OnExit;
        }
        catch (Exception)
        {
            listener.Dispose();
            folder.Delete(recursive: true);
            throw;
        }
    }

    /// <summary>The emulator has not ended and the kernel has not panicked.</summary>
    public bool IsAlive => !disposed && !process.HasExited && !console.Panicked;

    /// <summary>What ended it, for people.</summary>
    public string State => console.Panicked ? "the kernel has panicked"
        : process.HasExited ? $"the emulator has ended with code {process.ExitCode}"
        : "it is running";

    /// <summary>Starts a machine.</summary>
    /// <exception cref="LinuxSetupException">The emulator does not start.</exception>
    public static QemuMachine Start(MachineSpec spec, BootFiles files, int megabytes = 512)
    {
        try
        {
            return new QemuMachine(spec, files, megabytes);
        }
        catch (Exception wrong) when (wrong is System.ComponentModel.Win32Exception or SocketException)
        {
            throw new LinuxSetupException($"{files.Emulator} does not start: {wrong.Message}");
        }
    }

    /// <summary>The agent's end of the channel; the emulator connects as it starts.</summary>
    /// <exception cref="GuestLostException">It ended instead.</exception>
    public Socket Accept(TimeSpan patience)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < patience && !process.HasExited)
        {
            if (listener.Poll(TimeSpan.FromMilliseconds(50), SelectMode.SelectRead))
            {
                return listener.Accept();
            }
        }

        throw Lost("the emulator does not connect");
    }

    /// <summary>Lines of the console that tell of trouble, since this was last asked.</summary>
    public IReadOnlyList<string> TakeSplats() => console.TakeSplats();

    /// <summary>An exception with the newest lines of the console.</summary>
    public GuestLostException Lost(string message) => new($"{message}; {State}", console.Tail(30));

    public void Dispose()
    {
        if (disposed)
        {
            return;
        }

        disposed = true;
        AppDomain.CurrentDomain.ProcessExit -= OnExit;
        Kill();
        process.Dispose();
        listener.Dispose();
        folder.Delete(recursive: true);
    }

    private static ProcessStartInfo StartInfo(
        MachineSpec spec, BootFiles files, int megabytes, string socket) => new(
        files.Emulator,
        [
            "-accel", Accelerator, "-m", $"{megabytes}", "-display", "none", "-no-reboot", "-nodefaults",
            "-serial", "stdio", "-monitor", "none",
            "-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
            .. spec.Arguments.Select(word => word.Replace("{socket}", socket, StringComparison.Ordinal)),
            "-kernel", files.Image, "-initrd", files.Initramfs, "-append", spec.Append,
        ])
    {
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    };

    /// <summary>
    /// Translation, unless the environment asks for hardware: a host may have a KVM that does not work.
    /// </summary>
    private static string Accelerator =>
        Environment.GetEnvironmentVariable("CONFORMANCE_LINUX_ACCEL") is { Length: > 0 } wish ? wish : "tcg";

    private void Note(string? line)
    {
        if (line is not null)
        {
            console.Add(line);
        }
    }

    private void OnExit(object? sender, EventArgs e) => Kill();

    private void Kill()
    {
        try
        {
            process.Kill(entireProcessTree: true);
            process.WaitForExit(TimeSpan.FromSeconds(5));
        }
        catch (InvalidOperationException)
        {
            // It has ended by itself.
        }
    }
}

/// <summary>The guest does not answer any more: it hangs, has panicked, or its emulator has ended.</summary>
/// <param name="message">What was missed, and the state of the machine.</param>
/// <param name="log">The newest lines of its console, oldest first.</param>
public sealed class GuestLostException(string message, IReadOnlyList<string> log) : Exception(message)
{
    public IReadOnlyList<string> Log { get; } = log;
}
