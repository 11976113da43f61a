using Conformance.Drivers.Linux.Guest;
using Conformance.Model.Core;

namespace Conformance.Drivers.Linux;

/// <summary>A kernel to boot, and which era of the contract it belongs to.</summary>
/// <param name="Name">For reports.</param>
/// <param name="Emulator">The program that boots it.</param>
/// <param name="Image">The bootable image.</param>
/// <param name="Initramfs">With the agent, and the modules that the image needs.</param>
/// <param name="Era">Whose core the oracle runs.</param>
public sealed record LinuxKernel(string Name, string Emulator, string Image, string Initramfs, Era Era)
{
    /// <summary>The kernel with iommufd that the setup script builds for an architecture.</summary>
    /// <exception cref="GuestSetupException">It was not set up.</exception>
    public static LinuxKernel Built(Artefacts files, GuestArch arch) => new(
        $"{Artefacts.Word(arch)} {files[$"kernel.{Artefacts.Word(arch)}.release"] ?? "kernel"} with iommufd",
        files.Qemu(arch),
        files.Kernel(arch),
        files.Initramfs(arch),
        Eras.Newest);

    /// <summary>A kernel as Debian ships it: 6.1, 6.12 or 7.2, x86-64, type1 only.</summary>
    /// <exception cref="GuestSetupException">It was not set up, or there is none of that series.</exception>
    public static LinuxKernel Debian(Artefacts files, string series) => new(
        $"Debian {files[$"debian.{series}.release"] ?? series}",
        files.Qemu(GuestArch.X86),
        files.Need($"debian.{series}", $"debian:{series}"),
        files.Need($"initramfs.debian-{series}", $"agent:debian-{series}"),
        EraOf(series)
            ?? throw new GuestSetupException($"no era of the contract is known for Linux {series}"));

    /// <summary>The built kernel with one function broken on purpose.</summary>
    /// <exception cref="GuestSetupException">It was not built.</exception>
    public static LinuxKernel Mutant(Artefacts files, string name)
    {
        var image = files[$"mutant.{name}"] ?? throw new GuestSetupException(
            $"there is no mutant '{name}'; built: {string.Join(", ", files.Mutants)}");
        return Built(files, files[$"mutant.{name}.arch"] == "arm64" ? GuestArch.Arm64 : GuestArch.X86) with
        {
            Name = $"mutant {name}",
            Image = image,
        };
    }

    /// <summary>
    /// The era that a release such as <c>6.12.107+deb13-amd64</c> lies in; null when it is older.
    /// </summary>
    public static Era? EraOf(string release)
    {
        var parts = release.Split('.', '-', '+', '~');
        var minor = 0;
        if (parts.Length < 2 || !int.TryParse(parts[0], out var major)
            || !int.TryParse(parts[1], out minor))
        {
            return null;
        }

        return Eras.All.LastOrDefault(era => Version(era).CompareTo((major, minor)) <= 0);
    }

    private static (int Major, int Minor) Version(Era era)
    {
        var parts = era.Name[1..].Split('.');
        return (int.Parse(parts[0]), int.Parse(parts[1]));
    }
}
