using System.CommandLine;
using Conformance.Drivers.Linux;
using Conformance.Drivers.Linux.Guest;

namespace Conformance.Fuzz.Verbs;

/// <summary>Which kernel to boot, as the options of a command line say.</summary>
internal sealed class KernelWish
{
    private readonly Option<string?> image = new("--kernel")
    {
        HelpName = "image",
        Description = "Your own kernel image; its configuration is checked.",
    };

    private readonly Option<string?> modules = new("--modules")
    {
        HelpName = "directory",
        Description = "Modules that it needs: *.ko and modules.order, in loading order.",
    };

    private readonly Option<string?> debian = new("--debian")
    {
        HelpName = "series",
        Description = "A kernel as Debian ships it: 6.1, 6.12 or 7.2 (type1 only).",
    };

    private readonly Option<string?> mutant = new("--mutant")
    {
        HelpName = "name",
        Description = "The suite's kernel with one function broken on purpose.",
    };

    private readonly Option<string?> era = new("--era")
    {
        HelpName = "name",
        Description = "The era that your own kernel belongs to, where its version does not tell. See 'eras'.",
    };

    /// <summary>The same choice as words of a command line, with a blank in front.</summary>
    public string Words { get; private set; } = "";

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[image, modules, era, debian, mutant])
        {
            command.Add(option);
        }
    }

    /// <summary>The kernel for a machine.</summary>
    /// <exception cref="UsageException">Two kernels were named, or modules without an image.</exception>
    public LinuxKernel Choose(ParseResult parsed, LinuxTarget target)
    {
        var named = new[] { image, debian, mutant }.Where(o => parsed.GetValue(o) is not null).ToList();
        if (named.Count > 1)
        {
            throw new UsageException($"{named[0].Name} and {named[1].Name} name two kernels");
        }

        if (parsed.GetValue(image) is null
            && (Option?)(parsed.GetValue(modules) is not null ? modules
                : parsed.GetValue(era) is not null ? era : null) is { } lonely)
        {
            throw new UsageException($"{lonely.Name} goes with --kernel");
        }

        Words = string.Concat(named.Select(o => $" {o.Name} {parsed.GetValue(o)}"));
        var files = SetupFolder.Artefacts();
        if (parsed.GetValue(image) is { } own)
        {
            var eraOfOwn = parsed.GetValue(era) is { } name ? Names.EraList([name])[0] : null;
            return OwnKernel.Of(files, own, parsed.GetValue(modules), target, eraOfOwn);
        }

        if (parsed.GetValue(debian) is { } series)
        {
            return LinuxKernel.Debian(files, series);
        }

        return parsed.GetValue(mutant) is { } broken
            ? LinuxKernel.Mutant(files, broken)
            : LinuxKernel.Built(files, target.Machine.Arch);
    }
}
