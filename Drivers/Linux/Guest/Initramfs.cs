using System.Text;

namespace Conformance.Drivers.Linux.Guest;

/// <summary>
/// A second archive behind the agent's: the kernel unpacks all that it is given, one after the other. Source:
/// Documentation/driver-api/early-userspace/buffer-format.rst ("newc").
/// </summary>
public static class Initramfs
{
    private const uint Regular = 0x81a4;
    private const uint Directory = 0x41ed;

    /// <summary>Packs a directory's <c>*.ko</c> and <c>modules.order</c> as <c>/modules</c>.</summary>
    /// <returns>A temporary file, which stays until the machine is restarted.</returns>
    /// <exception cref="GuestSetupException">The directory lacks something that its order names.</exception>
    public static string WithModules(string agent, string folder)
    {
        var order = Path.Combine(folder, "modules.order");
        if (!File.Exists(order))
        {
            throw new GuestSetupException($"{folder}: expected a file modules.order with one name a line");
        }

        var home = System.IO.Directory.CreateTempSubdirectory("conformance-");
        var path = Path.Combine(home.FullName, "initramfs");
        using var output = File.Create(path);
        using (var first = File.OpenRead(agent))
        {
            first.CopyTo(output);
        }

        // An uncompressed archive begins at a multiple of four.
        output.Write(new byte[(4 - (output.Length % 4)) % 4]);
        Write(output, "modules", Directory, []);
        Write(output, "modules.order", Regular, File.ReadAllBytes(order));
        foreach (var line in File.ReadAllLines(order).Select(l => l.Trim()).Where(l => l.Length > 0))
        {
            var module = Path.Combine(folder, line);
            if (!File.Exists(module))
            {
                throw new GuestSetupException($"{order}: there is no '{line}' in {folder}");
            }

            Write(output, $"modules/{Path.GetFileName(line)}", Regular, File.ReadAllBytes(module));
        }

        Write(output, "TRAILER!!!", 0, []);
        return path;
    }

    private static void Write(Stream output, string name, uint mode, byte[] content)
    {
        Span<uint> fields = [0, mode, 0, 0, 1, 0, (uint)content.Length, 0, 0, 0, 0, (uint)name.Length + 1, 0];
        var header = new StringBuilder("070701");
        foreach (var field in fields)
        {
            header.Append(field.ToString("x8"));
        }

        header.Append(name).Append('\0');
        Padded(output, Encoding.ASCII.GetBytes(header.ToString()));
        Padded(output, content);
    }

    private static void Padded(Stream output, byte[] bytes)
    {
        output.Write(bytes);
        output.Write(new byte[(4 - (bytes.Length % 4)) % 4]);
    }
}
