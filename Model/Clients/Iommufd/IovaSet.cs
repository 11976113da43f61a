namespace Conformance.Model.Clients.Iommufd;

/// <summary>Ranges of IOVA with an owner each; they may overlap (reserved_itree, allowed_itree).</summary>
public sealed class IovaSet
{
    private readonly List<(ulong First, ulong Last, object? Owner)> ranges = [];

    public bool IsEmpty => ranges.Count == 0;

    public void Add(ulong first, ulong last, object? owner) => ranges.Add((first, last, owner));

    public bool Intersects(ulong first, ulong last) =>
        ranges.Exists(range => range.First <= last && first <= range.Last);

    /// <summary>Drops what an owner has; false: it had nothing.</summary>
    public bool RemoveOf(object owner) => ranges.RemoveAll(range => range.Owner == owner) > 0;

    /// <summary>The ranges, neither sorted nor merged.</summary>
    public IEnumerable<(ulong First, ulong Last)> Ranges => ranges.Select(range => (range.First, range.Last));

    /// <summary>
    /// What lies between given ranges, from <paramref name="first"/> to <paramref name="last"/>.
    /// </summary>
    public static List<(ulong First, ulong Last)> Holes(
        IEnumerable<(ulong First, ulong Last)> used, ulong first, ulong last)
    {
        var holes = new List<(ulong First, ulong Last)>();
        var next = first;
        foreach (var range in used.Where(r => r.First <= last && r.Last >= first).Order())
        {
            if (range.First > next)
            {
                holes.Add((next, range.First - 1));
            }

            if (range.Last >= last)
            {
                return holes;
            }

            next = Math.Max(next, range.Last + 1);
        }

        holes.Add((next, last));
        return holes;
    }
}
