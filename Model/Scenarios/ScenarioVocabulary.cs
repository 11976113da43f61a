namespace Conformance.Model.Scenarios;

/// <summary>The name of a driver and of its hardware variants.</summary>
public sealed record DriverWords(string Name, IReadOnlyList<string> Variants);

/// <summary>
/// The names of eras, drivers and variants that a scenario may use. They belong to the caller: the text form
/// itself only says what a name looks like (letters, digits, <c>.</c>, <c>-</c>, <c>_</c>).
/// </summary>
public sealed class ScenarioVocabulary
{
    /// <summary>Every well-formed name is accepted.</summary>
    public static readonly ScenarioVocabulary Any = new(null, null);

    private readonly IReadOnlyList<string>? eras;
    private readonly IReadOnlyList<DriverWords>? drivers;

    /// <param name="eras">Known eras; null accepts any.</param>
    /// <param name="drivers">Known drivers; null accepts any.</param>
    public ScenarioVocabulary(IReadOnlyList<string>? eras, IReadOnlyList<DriverWords>? drivers)
    {
        this.eras = eras;
        this.drivers = drivers;
    }

    internal static bool IsName(string word)
    {
        foreach (var c in word)
        {
            if (!char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_'))
            {
                return false;
            }
        }

        return word.Length > 0;
    }

    /// <summary>Null when the era is known, else what is.</summary>
    internal string? ProblemOfEra(string era)
    {
        if (!IsName(era))
        {
            return eras is null ? "the name of an era, such as v7.2" : OneOf("the eras", eras);
        }

        return eras is null || eras.Contains(era, StringComparer.Ordinal) ? null : OneOf("the eras", eras);
    }

    /// <summary>Null when the driver is known, else what is.</summary>
    internal string? ProblemOfDriver(string driver)
    {
        if (drivers is null)
        {
            return IsName(driver) ? null : "the name of a driver, such as intel-vtd";
        }

        return Find(driver) is null ? OneOf("the drivers", [.. drivers.Select(d => d.Name)]) : null;
    }

    /// <summary>Null when the driver, known by now, has the variant, else what it has.</summary>
    internal string? ProblemOfVariant(string driver, string variant)
    {
        if (drivers is null)
        {
            return IsName(variant) ? null : $"the name of a variant of {driver}";
        }

        var variants = Find(driver)?.Variants ?? [];
        return variants.Contains(variant, StringComparer.Ordinal)
            ? null
            : OneOf($"the variants of {driver}", variants);
    }

    private static string OneOf(string what, IReadOnlyList<string> known) =>
        known.Count == 0 ? $"one of {what} (there are none)" : $"one of {what} {string.Join(", ", known)}";

    private DriverWords? Find(string driver) =>
        drivers?.FirstOrDefault(d => string.Equals(d.Name, driver, StringComparison.Ordinal));
}
