using System.Diagnostics;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>
/// What the setup script has brought to this machine: emulators, kernels, initramfs. Source: the
/// <c>key=value</c> lines of <c>Drivers/Linux/Setup/setup env</c>.
/// </summary>
public sealed class LinuxArtefacts
{
    private const string Format = "1";

    private readonly Dictionary<string, string> values;

    private LinuxArtefacts(Dictionary<string, string> values, string script)
    {
        this.values = values;
        Script = script;
    }

    /// <summary>The setup script, for telling people what to run.</summary>
    public string Script { get; }

    /// <summary>The value of a key, or null when it was not set up.</summary>
    public string? Find(string key) => values.GetValueOrDefault(key);

    /// <summary>Names of all kernels that were broken on purpose.</summary>
    public IEnumerable<string> Mutants => values.Keys
        .Where(key => key.StartsWith("mutant.", StringComparison.Ordinal) && key.Count(c => c == '.') == 1)
        .Select(key => key["mutant.".Length..])
        .Order(StringComparer.Ordinal);

    /// <summary>The value of a key.</summary>
    /// <param name="key">As <c>setup env</c> prints it.</param>
    /// <param name="target">What of the script makes it.</param>
    /// <exception cref="LinuxSetupException">It was not set up.</exception>
    public string Require(string key, string target) => Find(key)
        ?? throw new LinuxSetupException($"{key} is not set up; run: {Script} {target}");

    /// <summary>Asks the script that lies beside the sources of the running program.</summary>
    /// <exception cref="LinuxSetupException">There is none, or it fails.</exception>
    public static LinuxArtefacts Ask()
    {
        var script = FindScript(AppContext.BaseDirectory) ?? FindScript(Environment.CurrentDirectory)
            ?? throw new LinuxSetupException(
                "Drivers/Linux/Setup/setup is neither above the program nor above the current directory");
        using var process = Process.Start(new ProcessStartInfo("bash", [script, "env"])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        }) ?? throw new LinuxSetupException("bash does not start");
        var complaints = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
        {
            var said = complaints.GetAwaiter().GetResult().Trim();
            throw new LinuxSetupException($"{script} env ends with {process.ExitCode}: {said}");
        }

        return Parse(output, script);
    }

    /// <summary>Reads what the script printed.</summary>
    /// <exception cref="LinuxSetupException">It is of another format.</exception>
    public static LinuxArtefacts Parse(string output, string script)
    {
        var values = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in output.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0)
            {
                values[line[..equals]] = line[(equals + 1)..].TrimEnd('\r');
            }
        }

        return values.GetValueOrDefault("format") == Format
            ? new LinuxArtefacts(values, script)
            : throw new LinuxSetupException(
                $"{script} env: expected format={Format}, found format={values.GetValueOrDefault("format")}");
    }

    private static string? FindScript(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            var script = Path.Combine(folder.FullName, "Drivers", "Linux", "Setup", "setup");
            if (File.Exists(script))
            {
                return script;
            }
        }

        return null;
    }
}

/// <summary>Something that real kernels need is not there.</summary>
public sealed class LinuxSetupException(string message) : Exception(message);
