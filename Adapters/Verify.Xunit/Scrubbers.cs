using System.Text;

namespace VerifyTests;

/// <summary>Where a new scrubber goes among those already added.</summary>
public enum ScrubberLocation
{
    /// <summary>Before all others.</summary>
    First,

    /// <summary>After all others.</summary>
    Last,
}

/// <summary>An ordered list of changes to a text before it is compared.</summary>
internal sealed class Scrubbers
{
    private readonly List<Action<StringBuilder>> actions;

    public Scrubbers(Scrubbers? others = null) => actions = others is null ? [] : [.. others.actions];

    public void Add(Action<StringBuilder> scrubber, ScrubberLocation location) =>
        actions.Insert(location == ScrubberLocation.First ? 0 : actions.Count, scrubber);

    public void AddLinesContaining(StringComparison comparison, string[] parts, ScrubberLocation location) =>
        AddLines(line => Array.Exists(parts, part => line.Contains(part, comparison)), location);

    public void AddLines(Func<string, bool> remove, ScrubberLocation location) =>
        AddLinesWithReplace(line => remove(line) ? null : line, location);

    public void AddLinesWithReplace(Func<string, string?> replace, ScrubberLocation location) =>
        Add(builder => ReplaceLines(builder, replace), location);

    public void Apply(StringBuilder builder)
    {
        foreach (var action in actions)
            action(builder);
    }

    private static void ReplaceLines(StringBuilder builder, Func<string, string?> replace)
    {
        var lines = LineEndings.Unified(builder.ToString()).Split('\n');
        builder.Clear().AppendJoin('\n', lines.Select(replace).Where(line => line is not null));
    }
}
