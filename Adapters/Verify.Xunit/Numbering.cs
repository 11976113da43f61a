using System.Runtime.InteropServices;

namespace VerifyTests;

/// <summary>Names values that differ between runs by the order in which they first appear.</summary>
internal sealed class Numbering
{
    private readonly Dictionary<object, string> names = [];
    private readonly Dictionary<string, int> used = new(StringComparer.Ordinal);

    public string NameOf(object value)
    {
        if (value is Guid guid && guid == Guid.Empty)
            return "Guid_Empty";
        if (names.TryGetValue(value, out var known))
            return known;

        var kind = KindOf(value);
        ref var count = ref CollectionsMarshal.GetValueRefOrAddDefault(used, kind, out _);
        count++;
        return names[value] = $"{kind}_{count}";
    }

    private static string KindOf(object value) => value switch
    {
        DateOnly => "Date",
        TimeOnly => "Time",
        _ => value.GetType().Name,
    };
}
