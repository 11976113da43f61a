using System.Collections;
using System.Reflection;
using System.Runtime.CompilerServices;
using Microsoft.FSharp.Collections;
using Microsoft.FSharp.Core;

namespace FsCheck.Xunit;

/// <summary>
/// How generated values are printed: a value's own <c>ToString</c> where its type wrote one, and F#'s
/// structural form for everything that has no better (primitives, strings, F# types, plain collections).
/// </summary>
internal static class ValueText
{
    public static FSharpFunc<object, string> Formatter { get; } =
        FuncConvert.FromFunc<object?, string>(Format)!;

    public static string Format(object? value) => value switch
    {
        null => Structural(value),
        ITuple tuple when SpeaksForItself(tuple) => Parenthesised(tuple),
        Array { Rank: 1 } array when SpeaksForItself(array) => Bracketed("[|", array, "|]"),
        IList list when IsPlainList(list) && SpeaksForItself(list) => Bracketed("[", list, "]"),
        _ when value is not ITuple && HasOwnText(value) => value.ToString() ?? "",
        _ => Structural(value),
    };

    /// <summary>The form <c>%A</c> gives, which is FsCheck's own choice.</summary>
    private static string Structural(object? value) =>
        Runner.argumentsToString(ListModule.OfArray(new[] { value })).TrimEnd('\r', '\n');

    private static bool IsPlainList(IList list) =>
        list.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(List<>);

    private static bool SpeaksForItself(ITuple tuple)
    {
        for (var i = 0; i < tuple.Length; i++)
        {
            if (SpeaksForItself(tuple[i]))
                return true;
        }

        return false;
    }

    private static bool SpeaksForItself(IList list) => list.Cast<object?>().Any(SpeaksForItself);

    private static bool SpeaksForItself(object? value) => value switch
    {
        null => false,
        ITuple tuple => SpeaksForItself(tuple),
        Array { Rank: 1 } array => SpeaksForItself((IList)array),
        IList list when IsPlainList(list) => SpeaksForItself(list),
        _ => HasOwnText(value),
    };

    private static bool HasOwnText(object value)
    {
        var type = value.GetType();
        if (type.IsPrimitive || type.IsEnum || value is string or decimal || IsFSharp(type))
            return false;

        var owner = type.GetMethod(nameof(ToString), Type.EmptyTypes)?.DeclaringType;
        return owner is not null && owner != typeof(object) && owner != typeof(ValueType);
    }

    private static bool IsFSharp(Type type) =>
        type.Assembly == typeof(FSharpFunc<,>).Assembly
        || type.GetCustomAttribute<CompilationMappingAttribute>(inherit: true) is not null
        || (type.BaseType is { } parent
            && parent.GetCustomAttribute<CompilationMappingAttribute>(inherit: false) is not null);

    private static string Parenthesised(ITuple tuple)
    {
        var parts = new string[tuple.Length];
        for (var i = 0; i < parts.Length; i++)
            parts[i] = Format(tuple[i]);

        var open = tuple.GetType().IsValueType ? "struct (" : "(";
        return Joined(open, parts, ", ", ",\n", ")");
    }

    private static string Bracketed(string open, IList list, string close) =>
        Joined(open, [.. list.Cast<object?>().Select(Format)], "; ", "\n", close);

    private static string Joined(
        string open,
        string[] parts,
        string onOneLine,
        string onLines,
        string close) =>
        parts.Any(part => part.Contains('\n', StringComparison.Ordinal))
            ? $"{open}\n{string.Join(onLines, parts)}\n{close}"
            : open + string.Join(onOneLine, parts) + close;
}
