using System.CommandLine;
using Conformance.Harness.Search;

namespace Conformance.Fuzz.Verbs;

/// <summary>The options of a run, and what a command line made of them.</summary>
internal sealed class RunWish
{
    private const ulong MostScenarios = 1_000_000_000;
    private const ulong LongestScenario = 1_000_000;

    private readonly Option<string[]> drivers = new("--driver")
    {
        HelpName = "name",
        Description = "Only this driver; may be given again. See 'drivers'.",
    };

    private readonly Option<string[]> eras = new("--era")
    {
        HelpName = "name",
        Description = "Only this era; may be given again. See 'eras'.",
    };

    private readonly Option<string?> rule = new("--rule")
    {
        HelpName = "R12",
        Description = "Only findings of this rule. See 'rules'.",
    };

    private readonly Option<string?> variant = new("--variant")
    {
        HelpName = "name",
        Description = "Only this hardware variant, and only drivers that have it.",
    };

    private readonly Option<string> scenarios = new("--scenarios")
    {
        HelpName = "N",
        Description = "Scenarios per driver and era.",
        DefaultValueFactory = _ => SearchOptions.DefaultScenarios.ToString(),
    };

    private readonly Option<string> length = new("--length")
    {
        HelpName = "N",
        Description = "Commands per scenario.",
        DefaultValueFactory = _ => SearchOptions.DefaultLength.ToString(),
    };

    private readonly Option<string> seed = SeedOption();

    private readonly Option<string?> json = new("--json")
    {
        HelpName = "file",
        Description = "Write the report as JSON too; '-' is standard output, which then has nothing else.",
    };

    private readonly Option<bool> noExpectations = new("--no-expectations")
    {
        Description = "Known breakages of the drivers are findings too.",
    };

    private readonly Option<string> findings = new("--findings")
    {
        HelpName = "directory",
        Description = "Where the scenarios of findings are kept.",
        DefaultValueFactory = _ => "findings",
    };

    public static Option<string> SeedOption() => new("--seed")
    {
        HelpName = "N",
        Description = "Where the random numbers start; the same seed gives the same report.",
        DefaultValueFactory = _ => "1",
    };

    public static ulong SeedOf(string word) => Names.Number("--seed", word, 0, ulong.MaxValue);

    public void AddTo(Command command)
    {
        Option[] all =
        [
            drivers, eras, rule, variant, scenarios, length, seed, json, noExpectations, findings,
        ];
        foreach (var option in all)
        {
            command.Add(option);
        }
    }

    public string? Json(ParseResult parsed) => parsed.GetValue(json);

    public string Findings(ParseResult parsed) => parsed.GetValue(findings)!;

    public SearchOptions Search(ParseResult parsed)
    {
        var variantName = parsed.GetValue(variant);
        var entries = Names.Drivers(parsed.GetValue(drivers) ?? []);
        if (variantName is not null)
        {
            entries = Names.WithVariant(entries, variantName);
        }

        return new SearchOptions
        {
            Drivers = [.. entries.Select(e => e.Factory.Name)],
            Eras = Names.EraList(parsed.GetValue(eras) ?? []),
            Rule = parsed.GetValue(rule) is { } name ? Names.Rule(name) : null,
            Variant = variantName,
            Scenarios = (int)Names.Number("--scenarios", parsed.GetValue(scenarios)!, 1, MostScenarios),
            Length = (int)Names.Number("--length", parsed.GetValue(length)!, 1, LongestScenario),
            Seed = SeedOf(parsed.GetValue(seed)!),
            UseExpectations = !parsed.GetValue(noExpectations),
        };
    }
}
