using System.Collections;
using System.Globalization;
using System.Reflection;

namespace VerifyTests;

/// <summary>
/// Turns an object into a tree: members with default values and empty collections are left out, dictionaries
/// are sorted, GUIDs and points in time are numbered.
/// </summary>
internal sealed class TreeBuilder(VerifySettings settings)
{
    private readonly Numbering numbering = new();
    private readonly Stack<object> ancestors = new();

    public Tree Build(object? value) => Scalar(value) ?? value switch
    {
        Exception exception => Thrown(exception),
        _ => Nested(value!),
    };

    private Tree? Scalar(object? value) => value switch
    {
        null => Tree.Null,
        Tree tree => tree,
        string text when Guid.TryParseExact(text, "D", out var guid) => Text(numbering.NameOf(guid)),
        string text => Text(text),
        bool flag => new Tree.Leaf(flag ? "true" : "false", IsLiteral: true),
        char or Enum or TimeSpan or Uri or Version => Text(value.ToString() ?? ""),
        Guid or DateTime or DateTimeOffset or DateOnly or TimeOnly => Text(numbering.NameOf(value)),
        Type type => Text(type.Name),
        IFormattable number when IsNumber(number) =>
            new Tree.Leaf(number.ToString(format: null, CultureInfo.InvariantCulture), IsLiteral: true),
        _ => null,
    };

    private static bool IsNumber(object value) =>
        value is decimal or Int128 or UInt128 or System.Numerics.BigInteger || value.GetType().IsPrimitive;

    private static Tree.Leaf Text(string text) => new(text, IsLiteral: false);

    private Tree Nested(object value)
    {
        ancestors.Push(value);
        try
        {
            return value switch
            {
                IDictionary map => Map(map),
                IEnumerable items => new Tree.Sequence([.. Acyclic(items).Select(Build)]),
                _ => new Tree.Members(MembersOf(value)),
            };
        }
        finally
        {
            ancestors.Pop();
        }
    }

    private Tree.Members Map(IDictionary map)
    {
        var entries = map.Entries()
            .Where(entry => !IsAncestor(entry.Value))
            .Select(entry => (Name: KeyText(entry.Key), entry.Value));
        if (settings.SortDictionaries && VerifierSettings.SortDictionaries)
            entries = entries.OrderBy(entry => entry.Name, StringComparer.Ordinal);

        return new Tree.Members([.. entries.Select(entry => (entry.Name, Build(entry.Value)))]);
    }

    private string KeyText(object key) => Scalar(key) is Tree.Leaf leaf ? leaf.Text : key.ToString() ?? "";

    private List<(string Name, Tree Value)> MembersOf(object value)
    {
        const BindingFlags Public = BindingFlags.Public | BindingFlags.Instance;
        var type = value.GetType();
        var fields = type.GetFields(Public).Select(field => (field.Name, Value: field.GetValue(value)));
        var properties = type.GetProperties(Public)
            .Where(property => property.GetMethod is { IsPublic: true })
            .Where(property => property.GetIndexParameters().Length == 0)
            .Select(property => (property.Name, Value: property.GetValue(value)));

        return [.. fields.Concat(properties)
            .Where(member => !settings.IgnoredMembers.Contains(member.Name) && IsWorthWriting(member.Value))
            .Select(member => (member.Name, Build(member.Value)))];
    }

    private bool IsWorthWriting(object? value) => value switch
    {
        null => false,
        string text => text.Length > 0,
        IEnumerable items when settings.IgnoreEmptyCollections && !items.Cast<object?>().Any() => false,
        ValueType => !value.Equals(Activator.CreateInstance(value.GetType())),
        _ => !IsAncestor(value),
    };

    private IEnumerable<object?> Acyclic(IEnumerable items) =>
        items.Cast<object?>().Where(item => !IsAncestor(item));

    private bool IsAncestor(object? value) =>
        value is not null and not ValueType && ancestors.Any(ancestor => ReferenceEquals(ancestor, value));

    private Tree.Members Thrown(Exception exception)
    {
        var members = new List<(string, Tree)>();
        Add("Type", exception.GetType());
        Add("Message", exception.Message);
        if (exception is ArgumentException argument)
            Add("ParamName", argument.ParamName);
        Add("InnerException", exception.InnerException);
        Add("StackTrace", StackText.Of(exception));
        return new Tree.Members(members);

        void Add(string name, object? value)
        {
            if (!settings.IgnoredMembers.Contains(name) && IsWorthWriting(value))
                members.Add((name, Build(value)));
        }
    }
}
