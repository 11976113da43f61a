using System.Globalization;
using Conformance.Drivers.Catalog;
using Conformance.Drivers.Linux;
using Conformance.Drivers.Specimens;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using Conformance.Model.Rules;

namespace Conformance.Fuzz.Verbs;

/// <summary>
/// Turns the words of a command line into what they name; a wrong one is told what is known.
/// </summary>
internal static class Names
{
    /// <summary>Drivers in the order of the catalogue, all when none is named.</summary>
    public static IReadOnlyList<DriverEntry> Drivers(IReadOnlyList<string> names)
    {
        foreach (var name in names.Where(n => DriverCatalog.Find(n) is null))
        {
            throw Unknown("driver", name, DriverCatalog.All.Select(e => e.Factory.Name));
        }

        return [.. DriverCatalog.All.Where(e => names.Count == 0 || names.Contains(e.Factory.Name))];
    }

    /// <summary>Eras, oldest first, all when none is named.</summary>
    public static IReadOnlyList<Era> EraList(IReadOnlyList<string> names)
    {
        foreach (var name in names.Where(n => Eras.Find(n) is null))
        {
            throw Unknown("era", name, Eras.All.Select(e => e.Name));
        }

        return [.. Eras.All.Where(e => names.Count == 0 || names.Contains(e.Name))];
    }

    /// <summary>A rule by <c>R12</c> or <c>12</c>.</summary>
    public static RuleId Rule(string name)
    {
        var known = RuleCatalog.All.Select(r => r.Id).ToList();
        foreach (var id in known)
        {
            if (name == id.ToString() || name == id.Number.ToString())
            {
                return id;
            }
        }

        throw Unknown("rule", name, known.Select(id => id.ToString()));
    }

    /// <summary>
    /// Those of the drivers that have the variant; the caller named it, so none is an error.
    /// </summary>
    public static IReadOnlyList<DriverEntry> WithVariant(IReadOnlyList<DriverEntry> drivers, string variant)
    {
        var having = drivers.Where(e => e.Factory.Variants.Contains(variant)).ToList();
        return having.Count > 0
            ? having
            : throw Unknown("variant", variant, drivers.SelectMany(e => e.Factory.Variants).Distinct());
    }

    public static Specimen Specimen(string name) =>
        SpecimenCheck.All.FirstOrDefault(s => s.Name == name)
        ?? throw Unknown("specimen", name, SpecimenCheck.All.Select(s => s.Name));

    /// <summary>A machine that kernels boot on, with or without <c>linux:</c> in front.</summary>
    public static LinuxTarget Target(string name)
    {
        var bare = name.StartsWith("linux:", StringComparison.Ordinal) ? name["linux:".Length..] : name;
        return LinuxTargets.Find(bare)
            ?? throw Unknown("machine", name, LinuxTargets.All.Select(t => t.Name));
    }

    /// <summary>A decimal number, or a hexadecimal one after <c>0x</c>.</summary>
    public static ulong Number(string option, string word, ulong least, ulong most)
    {
        var hex = word.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        var digits = hex ? word.AsSpan(2) : word;
        var style = hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None;
        var good = ulong.TryParse(digits, style, CultureInfo.InvariantCulture, out var value);
        return good && value >= least && value <= most
            ? value
            : throw new UsageException($"{option}: expected a number from {least} to {most}, found '{word}'");
    }

    private static UsageException Unknown(string what, string name, IEnumerable<string> known) =>
        new($"there is no {what} '{name}'; known: {string.Join(", ", known)}");
}
