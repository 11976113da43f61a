using System.CommandLine;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Reports;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Fuzz.Verbs;

/// <summary><c>drivers</c>, <c>rules</c>, <c>eras</c>: what the suite knows.</summary>
internal static class ListVerbs
{
    public static IEnumerable<Command> Create(Host host) =>
    [
        List(host, "drivers", "Drivers, their variants and known breakages.",
            () => CatalogueText.Drivers(DriverCatalog.All)),
        List(host, "rules", "Rules, their statements and sources.",
            () => CatalogueText.Rules(RuleCatalog.All)),
        List(host, "eras", "Eras of the core, and whose drivers they run.",
            () => CatalogueText.EraList(Eras.All)),
    ];

    private static Command List(Host host, string name, string description, Func<string> text)
    {
        var command = new Command(name, description);
        command.SetAction(_ =>
        {
            host.Output.Write(text());
            return ExitCode.Kept;
        });
        return command;
    }
}
