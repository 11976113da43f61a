using System.Collections;
using System.Globalization;
using System.Text;

namespace VerifyTests;

/// <summary>
/// The folder of a snapshot and the part of its file name before <c>received</c> or <c>verified</c>.
/// </summary>
internal sealed record SnapshotName(string Directory, string Prefix)
{
    private const string NotInFileNames = "\"\\<>|:*?/";

    public static SnapshotName Of(TestPlace place, VerifySettings settings)
    {
        var derived = VerifierSettings.DerivePathInfo?.Invoke(
            place.SourceFile, place.ProjectDirectory, place.Type, place.Method);
        var folder = settings.Directory ?? derived?.Directory ?? "";
        var directory = Path.GetFullPath(Path.Combine(place.SourceDirectory, folder));
        return new SnapshotName(directory, settings.FileName ?? NameOf(place, settings, derived));
    }

    public FilePair Pair(string extension) => new(Directory, Prefix, extension);

    /// <summary>
    /// Names of verified files that belong to this snapshot but are not <paramref name="file"/>.
    /// </summary>
    public IReadOnlyList<string> Stale(FilePair file)
    {
        if (!System.IO.Directory.Exists(Directory))
            return [];

        return [.. System.IO.Directory.EnumerateFiles(Directory, "*.verified.*")
            .Select(path => Path.GetFileName(path))
            .Where(name => IsOwn(name) && !string.Equals(name, file.VerifiedName, StringComparison.Ordinal))
            .Order(StringComparer.Ordinal)];
    }

    private bool IsOwn(string name) =>
        name.StartsWith(Prefix + ".verified.", StringComparison.Ordinal)
        || name.StartsWith(Prefix + "#", StringComparison.Ordinal);

    private static string NameOf(TestPlace place, VerifySettings settings, PathInfo? derived)
    {
        var type = settings.TypeName ?? derived?.TypeName ?? TypeName(place.Type);
        var method = settings.MethodName ?? derived?.MethodName ?? place.Method.Name;
        return Sanitised($"{type}.{method}{ParametersText(place, settings)}");
    }

    private static string TypeName(Type type)
    {
        var own = type.Name.Split('`')[0];
        return type.DeclaringType is { } outer ? $"{TypeName(outer)}.{own}" : own;
    }

    private static string ParametersText(TestPlace place, VerifySettings settings)
    {
        if (settings.ParametersText is { } text)
            return "_" + text;
        if (settings.Parameters is not { Count: > 0 } values)
            return "";

        var names = place.Method.GetParameters();
        if (values.Count > names.Length)
        {
            throw new VerifyException(
                $"{place.Method.Name} has {names.Length} parameters but UseParameters got {values.Count}.");
        }

        return string.Concat(values.Select((value, i) => $"_{names[i].Name}={ValueText(value)}"));
    }

    private static string ValueText(object? value) => value switch
    {
        null => "null",
        string text => text,
        IDictionary map => $"[{string.Join(',', map.Entries().Select(Entry))}]",
        IEnumerable items => $"[{string.Join(',', items.Cast<object?>().Select(ValueText))}]",
        IFormattable number => number.ToString(format: null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "null",
    };

    private static string Entry(DictionaryEntry entry) => $"{ValueText(entry.Key)}={ValueText(entry.Value)}";

    private static string Sanitised(string name)
    {
        var builder = new StringBuilder(name.Length);
        foreach (var c in name)
            builder.Append(IsAllowed(c) ? c : '-');

        return builder.ToString();
    }

    private static bool IsAllowed(char c) =>
        !char.IsControl(c) && !NotInFileNames.Contains(c, StringComparison.Ordinal);
}
