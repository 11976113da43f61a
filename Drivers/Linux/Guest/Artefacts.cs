using System.Diagnostics;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>
/// What <c>Drivers/Linux/Setup/setup env</c> prints: lines <c>KEY=VALUE</c>, only for what is there.
/// </summary>
public sealed class Artefacts
{
    private readonly Dictionary<string, string> values;

    private Artefacts(Dictionary<string, string> values) => this.values = values;

    /// <summary>The value of a key; null when the setup has not made it.</summary>
    public string? this[string key] => values.GetValueOrDefault(key);

    /// <summary>Names of all kernels that were broken on purpose.</summary>
    public IEnumerable<string> Mutants => values.Keys
        .Where(key => key.StartsWith("mutant.", StringComparison.Ordinal) && key.Count(c => c == '.') == 1)
        .Select(key => key["mutant.".Length..])
        .Order(StringComparer.Ordinal);

    /// <summary>The value of a key.</summary>
    /// <exception cref="GuestSetupException">It has not been made; the message names the target.</exception>
    public string Need(string key, string target) => this[key]
        ?? throw new GuestSetupException($"{key} is not there: run Drivers/Linux/Setup/setup {target}");

    /// <summary>QEMU for a processor.</summary>
    public string Qemu(GuestArch arch) => Need("qemu." + Word(arch), "qemu");

    /// <summary>The kernel with iommufd.</summary>
    public string Kernel(GuestArch arch) => Need("kernel." + Word(arch), "kernel:" + Word(arch));

    /// <summary>The initramfs with the agent for <see cref="Kernel"/>.</summary>
    public string Initramfs(GuestArch arch) => Need("initramfs." + Word(arch), "agent:" + Word(arch));

    /// <summary>The word of the setup for a processor.</summary>
    public static string Word(GuestArch arch) => arch switch
    {
        GuestArch.X86 => "x86_64",
        GuestArch.Arm64 => "arm64",
        _ => "riscv64",
    };

    /// <exception cref="GuestSetupException">It is not what <c>setup env</c> prints.</exception>
    public static Artefacts Parse(string text)
    {
        var found = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals <= 0)
            {
                throw new GuestSetupException($"setup env: expected KEY=VALUE, found '{line}'");
            }

            found[line[..equals]] = line[(equals + 1)..];
        }

        return string.Equals(found.GetValueOrDefault("format"), "1", StringComparison.Ordinal)
            ? new Artefacts(found)
            : throw new GuestSetupException("setup env: expected format=1");
    }

    /// <summary>Asks the script.</summary>
    /// <param name="script">Path of <c>Drivers/Linux/Setup/setup</c>.</param>
    /// <exception cref="GuestSetupException">It cannot be run, or fails.</exception>
    public static Artefacts Ask(string script)
    {
        var start = new ProcessStartInfo(script, "env")
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        try
        {
            using var process = Process.Start(start)
                ?? throw new GuestSetupException($"{script}: not started");
            var text = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0
                ? Parse(text)
                : throw new GuestSetupException($"{script} env: exit code {process.ExitCode}");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new GuestSetupException($"{script}: {e.Message}", e);
        }
    }
}

/// <summary>Something that a guest needs is not on this machine.</summary>
public sealed class GuestSetupException(string message, Exception? cause = null) : Exception(message, cause);
