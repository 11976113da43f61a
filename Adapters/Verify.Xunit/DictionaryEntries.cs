using System.Collections;

namespace VerifyTests;

internal static class DictionaryEntries
{
    /// <summary>The entries as such; a cast of the dictionary would give pairs of its own kind.</summary>
    public static List<DictionaryEntry> Entries(this IDictionary map)
    {
        var entries = new List<DictionaryEntry>(map.Count);
        foreach (DictionaryEntry entry in map)
            entries.Add(entry);

        return entries;
    }
}
