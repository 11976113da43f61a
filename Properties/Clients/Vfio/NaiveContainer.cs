namespace Conformance.Properties.Clients.Vfio;

/// <summary>A container as a dictionary of pages, each with the number of the mapping it came with.</summary>
internal sealed class NaiveContainer(bool isV2)
{
    public const ulong Page = 0x1000;

    /// <summary>Pages from IOVA 0 on that are played with.</summary>
    public const ulong Pages = 48;

    private readonly Dictionary<ulong, (int Mapping, ulong Memory, bool Writable)> pages = [];
    private int mappings;

    /// <summary>The page of the memory that an IOVA page shows; null: none.</summary>
    public (ulong Memory, bool Writable)? At(ulong page) =>
        pages.TryGetValue(page, out var entry) ? (entry.Memory, entry.Writable) : null;

    /// <summary>A command, and what it gives.</summary>
    public (string Command, string Outcome) Next(Random random)
    {
        var page = (ulong)random.Next((int)Pages);
        var count = Math.Min((ulong)random.Next(1, 9), Pages - page);
        return random.Next(5) switch
        {
            0 when random.Next(6) == 0 => ("vfio-unmap-all c0", Bytes(Remove(0, ulong.MaxValue / Page))),
            0 or 1 => Unmap(page, Math.Min(count * 3, Pages - page)),
            _ => Map(page, (ulong)random.Next(2000), count, writable: random.Next(3) != 0),
        };
    }

    private (string Command, string Outcome) Map(ulong page, ulong memory, ulong count, bool writable)
    {
        var text = $"vfio-map c0 0x{page * Page:x} m0x{memory * Page:x} 0x{count * Page:x} "
            + (writable ? "rw" : "r");
        if (Range(page, count).Any(pages.ContainsKey))
        {
            return (text, "-EEXIST");
        }

        mappings++;
        foreach (var at in Range(page, count))
        {
            pages[at] = (mappings, memory + (at - page), writable);
        }

        return (text, "0");
    }

    private (string Command, string Outcome) Unmap(ulong page, ulong count)
    {
        var text = $"vfio-unmap c0 0x{page * Page:x} 0x{count * Page:x}";
        var last = page + count - 1;
        return isV2 && (Cuts(page - 1, page) || Cuts(last, last + 1))
            ? (text, "-EINVAL")
            : (text, Bytes(Remove(page, count)));
    }

    /// <summary>Two neighbours belong to one mapping.</summary>
    private bool Cuts(ulong left, ulong right) =>
        pages.TryGetValue(left, out var a) && pages.TryGetValue(right, out var b) && a.Mapping == b.Mapping;

    /// <summary>
    /// Every mapping whose first page is in the range; v1 stops at once when the first page belongs to one
    /// that begins before it.
    /// </summary>
    private ulong Remove(ulong page, ulong count)
    {
        if (Cuts(page - 1, page))
        {
            return 0;
        }

        var gone = pages.Where(e => e.Key >= page && e.Key - page < count)
            .Select(e => e.Value.Mapping).ToHashSet();
        var all = pages.Where(e => gone.Contains(e.Value.Mapping)).Select(e => e.Key).ToList();
        all.ForEach(at => pages.Remove(at));
        return (ulong)all.Count;
    }

    private static IEnumerable<ulong> Range(ulong first, ulong count)
    {
        for (var i = 0UL; i < count; i++)
        {
            yield return first + i;
        }
    }

    private static string Bytes(ulong count) => count == 0 ? "0" : $"0x{count * Page:x}";
}
