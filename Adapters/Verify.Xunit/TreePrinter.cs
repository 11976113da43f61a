using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace VerifyTests;

/// <summary>Prints a tree as JSON, either strictly or relaxed: without quotes and without escapes.</summary>
internal sealed class TreePrinter(bool strict)
{
    private static readonly JsonSerializerOptions Quoting = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly StringBuilder builder = new();

    public string Print(Tree tree)
    {
        builder.Clear();
        Append(tree, depth: 0);
        return builder.ToString();
    }

    private void Append(Tree tree, int depth)
    {
        switch (tree)
        {
            case Tree.Leaf leaf:
                Append(leaf, depth);
                break;
            case Tree.Sequence sequence:
                AppendBlock('[', sequence.Items, item => Append(item, depth + 1), ']', depth);
                break;
            case Tree.Members members:
                AppendBlock('{', members.Items, member => AppendMember(member, depth + 1), '}', depth);
                break;
        }
    }

    private void AppendMember((string Name, Tree Value) member, int depth)
    {
        builder.Append(strict ? Quoted(member.Name) : member.Name).Append(": ");
        Append(member.Value, depth);
    }

    private void Append(Tree.Leaf leaf, int depth)
    {
        if (strict && !leaf.IsLiteral)
            builder.Append(Quoted(leaf.Text));
        else if (depth > 0 && leaf.Text.Contains('\n', StringComparison.Ordinal))
            AppendLines(leaf.Text);
        else
            builder.Append(leaf.Text);
    }

    /// <summary>A text of several lines inside an object stands between line ends, not indented.</summary>
    private void AppendLines(string text)
    {
        while (builder.Length > 0 && builder[^1] == ' ')
            builder.Length--;
        builder.Append('\n').Append(text.Trim('\n')).Append('\n');
    }

    private void AppendBlock<T>(char open, IReadOnlyList<T> items, Action<T> append, char close, int depth)
    {
        builder.Append(open);
        for (var i = 0; i < items.Count; i++)
        {
            builder.Append(i == 0 ? "\n" : ",\n").Append(' ', 2 * (depth + 1));
            append(items[i]);
        }

        if (items.Count > 0)
            builder.Append('\n').Append(' ', 2 * depth);
        builder.Append(close);
    }

    private static string Quoted(string text) => JsonSerializer.Serialize(text, Quoting);
}
