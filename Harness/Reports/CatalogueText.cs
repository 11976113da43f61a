using System.Text;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Harness.Reports;

/// <summary>What the suite knows before any run, as plain text: drivers, rules, eras.</summary>
public static class CatalogueText
{
    /// <summary>Name, variants, expected breakages and number of specimens of each driver.</summary>
    public static string Drivers(IReadOnlyList<DriverEntry> drivers)
    {
        var text = new StringBuilder();
        foreach (var entry in drivers)
        {
            text.Append(entry.Factory.Name).Append('\n');
            var variants = string.Join(", ", entry.Factory.Variants);
            text.Append(PlainText.Wrap($"    variants: {variants} (the first is the default)", 4));
            text.Append($"    specimens: {entry.Specimens.Count}\n");
            foreach (var expected in entry.Expected)
            {
                text.Append(PlainText.Wrap($"    breaks {Expected(expected)}", 4));
            }
        }

        return text.ToString();
    }

    /// <summary>Number, family, first era, statement and source of each rule.</summary>
    public static string Rules(IReadOnlyList<RuleInfo> rules)
    {
        var text = new StringBuilder();
        foreach (var rule in rules)
        {
            var security = rule.SecurityRelevant ? ", isolation" : "";
            text.Append($"{rule.Id}  {rule.Family}, since {rule.Since}{security}\n");
            text.Append(PlainText.Wrap("    " + rule.Statement, 4));
            text.Append(PlainText.Wrap($"    source: {rule.Source}", 4));
        }

        return text.ToString();
    }

    /// <summary>Name, driver tree and marker of each era, oldest first.</summary>
    public static string EraList(IReadOnlyList<Era> eras) => PlainText.Table(
    [
        ["era", "drivers of", "marked by"],
        .. eras.Select(e => (string[])[e.Name, e.Tree.ToString()[1..].Replace('_', '.'), e.Marker]),
    ]);

    private static string Expected(ExpectedBreakage e)
    {
        var variants = e.Variants.Count == 0 ? "" : $" ({string.Join(", ", e.Variants)})";
        return $"{e.Rule} in {EraSpan.Text(e)}{variants}: {e.Citation}";
    }
}
