using Conformance.Drivers.Linux.Guest;

namespace Conformance.Drivers.Linux;

/// <summary>The scripts that bring emulators and kernels, which lie beside the sources.</summary>
public static class SetupFolder
{
    /// <summary>The folder above the running program, or above the current directory.</summary>
    /// <exception cref="GuestSetupException">There is none.</exception>
    public static string Find() => Above(AppContext.BaseDirectory) ?? Above(Environment.CurrentDirectory)
        ?? throw new GuestSetupException(
            "Drivers/Linux/Setup is neither above the program nor above the current directory");

    /// <summary>What was set up.</summary>
    /// <exception cref="GuestSetupException">The script fails.</exception>
    public static Artefacts Artefacts() => Guest.Artefacts.Ask(Path.Combine(Find(), "setup"));

    private static string? Above(string from)
    {
        for (var folder = new DirectoryInfo(from); folder is not null; folder = folder.Parent)
        {
            var setup = Path.Combine(folder.FullName, "Drivers", "Linux", "Setup");
            if (File.Exists(Path.Combine(setup, "setup")))
            {
                return setup;
            }
        }

        return null;
    }
}
