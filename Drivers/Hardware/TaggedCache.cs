namespace Conformance.Drivers.Hardware;

/// <summary>
/// A translation cache that keeps every entry until it is told to drop it: per tag (domain id, ASID, stream)
/// a
/// table from a key (page number and size class) to a value. The least forgiving cache the architecture
/// allows.
/// </summary>
/// <typeparam name="T">What an entry holds; negative entries are the owner's to express.</typeparam>
public sealed class TaggedCache<T>
{
    private readonly Dictionary<ulong, Dictionary<ulong, T>> tags = [];
    private readonly List<ulong> doomed = [];

    public bool TryGet(ulong tag, ulong key, out T value)
    {
        if (tags.TryGetValue(tag, out var entries) && entries.TryGetValue(key, out value!))
        {
            return true;
        }

        value = default!;
        return false;
    }

    public void Put(ulong tag, ulong key, T value)
    {
        if (!tags.TryGetValue(tag, out var entries))
        {
            tags[tag] = entries = [];
        }

        entries[key] = value;
    }

    /// <summary>Drops one entry.</summary>
    public void Drop(ulong tag, ulong key)
    {
        if (tags.TryGetValue(tag, out var entries))
        {
            entries.Remove(key);
        }
    }

    /// <summary>Drops all entries of a tag. Cost is that of the entries, not of the past size.</summary>
    public void DropTag(ulong tag) => tags.Remove(tag);

    /// <summary>Drops all tags that equal <paramref name="value"/> under <paramref name="mask"/>.</summary>
    public void DropTags(ulong mask, ulong value)
    {
        doomed.Clear();
        foreach (var tag in tags.Keys)
        {
            if ((tag & mask) == value)
            {
                doomed.Add(tag);
            }
        }

        foreach (var tag in doomed)
        {
            tags.Remove(tag);
        }
    }

    /// <summary>Drops everything.</summary>
    public void DropAll() => tags.Clear();

    /// <summary>
    /// Drops the entries of a tag with keys in [first, last]; visits keys or entries, whichever are fewer.
    /// </summary>
    public void DropRange(ulong tag, ulong first, ulong last)
    {
        if (!tags.TryGetValue(tag, out var entries) || entries.Count == 0)
        {
            return;
        }

        if (last - first < (ulong)entries.Count)
        {
            for (var key = first; ; key++)
            {
                entries.Remove(key);
                if (key == last)
                {
                    return;
                }
            }
        }

        DropWhere(entries, first, last);
    }

    private void DropWhere(Dictionary<ulong, T> entries, ulong first, ulong last)
    {
        doomed.Clear();
        foreach (var key in entries.Keys)
        {
            if (key >= first && key <= last)
            {
                doomed.Add(key);
            }
        }

        foreach (var key in doomed)
        {
            entries.Remove(key);
        }
    }
}
