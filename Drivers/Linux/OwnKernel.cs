using System.Diagnostics;
using System.Text;
using Conformance.Drivers.Linux.Guest;
using Conformance.Model.Core;

namespace Conformance.Drivers.Linux;

/// <summary>A kernel that somebody else has built: what it has, and what it lacks.</summary>
public static class OwnKernel
{
    /// <summary>Looks at an image and packs its modules behind the agent.</summary>
    /// <param name="files">What was set up.</param>
    /// <param name="image">The bootable image.</param>
    /// <param name="modules">A directory with <c>*.ko</c> and <c>modules.order</c>, or null.</param>
    /// <param name="target">The machine, for its architecture and its driver.</param>
    /// <param name="era">The era, or null for the one that the image's version lies in.</param>
    /// <exception cref="GuestSetupException">It cannot be tested; the message names every missing
    /// option.</exception>
    public static LinuxKernel Of(
        Artefacts files, string image, string? modules, LinuxTarget target, Era? era)
    {
        if (!File.Exists(image))
        {
            throw new GuestSetupException($"there is no file '{image}'");
        }

        var plain = files.Initramfs(target.Machine.Arch);
        var config = Config(image);
        Demand(Missing($"all,{target.ConfigSection}", image), image);
        if (Missing("iommufd", image) is { Count: > 0 } lacks
            && Missing("type1", image) is { Count: > 0 } neither)
        {
            Demand([.. lacks, .. neither], image);
        }

        return new LinuxKernel(
            Path.GetFileName(image),
            files.Qemu(target.Machine.Arch),
            image,
            modules is null ? plain : Initramfs.WithModules(plain, modules),
            era ?? EraOf(config) ?? throw new GuestSetupException(
                $"{image}: expected a version from 5.19 on in its configuration; name one with --era"));
    }

    /// <summary>The first lines of a configuration name the version.</summary>
    private static Era? EraOf(string config)
    {
        foreach (var line in config.Split('\n').Take(5))
        {
            var word = line.Split(' ').FirstOrDefault(
                w => w.Length > 2 && char.IsAsciiDigit(w[0]) && w.Contains('.'));
            if (word is not null)
            {
                return LinuxKernel.EraOf(word);
            }
        }

        return null;
    }

    private static void Demand(IReadOnlyList<string> missing, string image)
    {
        if (missing.Count > 0)
        {
            throw new GuestSetupException($"{image} lacks: {string.Join(", ", missing)}");
        }
    }

    private static string Config(string image)
    {
        var (code, output, said) = Ask(image);
        return code == 0 ? output : throw new GuestSetupException(said.Trim());
    }

    private static IReadOnlyList<string> Missing(string sections, string image)
    {
        var (code, output, said) = Ask("--missing", sections, image);
        return code is 0 or 1
            ? output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            : throw new GuestSetupException(said.Trim());
    }

    private static (int Code, string Output, string Said) Ask(params string[] arguments)
    {
        var script = Path.Combine(SetupFolder.Find(), "kernel-config");
        using var process = Process.Start(new ProcessStartInfo("python3", [script, .. arguments])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        }) ?? throw new GuestSetupException("python3 does not start");
        var said = process.StandardError.ReadToEndAsync();
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, output, said.GetAwaiter().GetResult());
    }
}
