using System.Globalization;
using Conformance.Drivers.Catalog;
using Conformance.Harness.Search;
using Conformance.Model.Core;

namespace Conformance.Properties.Rows;

/// <summary>
/// The environment variables of tests.runsettings; a wrong value fails the tests that read it.
/// </summary>
internal static class SuiteSettings
{
    public static int Scenarios => Number("CONFORMANCE_SCENARIOS", SearchOptions.DefaultScenarios);

    public static ulong Seed => (ulong)Number("CONFORMANCE_SEED", 1);

    /// <summary>A scenario file to run instead of random ones, or null.</summary>
    public static string? Replay => Value("CONFORMANCE_REPLAY");

    public static IReadOnlyList<string> Drivers =>
        Names("CONFORMANCE_DRIVERS", [.. DriverCatalog.All.Select(e => e.Factory.Name)]);

    public static IReadOnlyList<Era> EraList =>
        [.. Names("CONFORMANCE_ERAS", [.. Eras.All.Select(e => e.Name)]).Select(name => Eras.Find(name)!)];

    private static string? Value(string name) =>
        Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private static int Number(string name, int unset)
    {
        if (Value(name) is not { } text)
        {
            return unset;
        }

        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number
            : throw new FormatException($"{name}: expected a number, found '{text}'");
    }

    private static string[] Names(string name, string[] known)
    {
        if (Value(name) is not { } text)
        {
            return known;
        }

        var names = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        var unknown = names.FirstOrDefault(n => !known.Contains(n, StringComparer.Ordinal));
        if (unknown is null)
        {
            return names;
        }

        var expected = string.Join(", ", known);
        throw new FormatException($"{name}: expected some of {expected}, found '{unknown}'");
    }
}
