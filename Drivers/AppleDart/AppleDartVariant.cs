using Conformance.Drivers.PageTables;

namespace Conformance.Drivers.AppleDart;

/// <summary>Register layout of a unit.</summary>
internal enum DartLayout
{
    T8020,
    T8110,
}

/// <summary>The silicon of one variant.</summary>
/// <param name="Name">As in scenarios.</param>
/// <param name="Layout">Registers.</param>
/// <param name="Format">Descriptors.</param>
/// <param name="PageShift">12 or 14.</param>
/// <param name="Ias">IOVA bits the unit is said to have.</param>
/// <param name="Oas">Physical address bits.</param>
/// <param name="Streams">Number of streams.</param>
/// <param name="Bypass">Bypass supported.</param>
/// <param name="Locked">Locked by firmware until reboot.</param>
internal sealed record AppleDartVariant(
    string Name,
    DartLayout Layout,
    DartFormat Format,
    int PageShift,
    int Ias,
    int Oas,
    uint Streams,
    bool Bypass = true,
    bool Locked = false)
{
    public static readonly IReadOnlyList<AppleDartVariant> All =
    [
        new("t8103", DartLayout.T8020, DartFormat.Dart1, 14, 32, 36, 16),
        new("t8103-4k", DartLayout.T8020, DartFormat.Dart1, 12, 32, 36, 16),
        new("t8110", DartLayout.T8110, DartFormat.Dart2, 14, 32, 42, 256),
        new("t8110-42bit", DartLayout.T8110, DartFormat.Dart2, 14, 42, 42, 64),
        new("t6000", DartLayout.T8020, DartFormat.Dart2, 14, 32, 42, 16),
        new("no-bypass", DartLayout.T8020, DartFormat.Dart1, 14, 32, 36, 16, Bypass: false),
        new("locked", DartLayout.T8020, DartFormat.Dart1, 14, 32, 36, 16, Locked: true),
    ];

    /// <summary>Throws for a name that is no variant of this driver.</summary>
    public static AppleDartVariant Of(string name) =>
        All.FirstOrDefault(v => string.Equals(v.Name, name, StringComparison.Ordinal))
        ?? throw new ArgumentException($"apple-dart has no variant '{name}'", nameof(name));
}
