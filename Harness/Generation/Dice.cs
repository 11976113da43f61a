namespace Conformance.Harness.Generation;

/// <summary>Random choices from one seed. Whole numbers only, so that every machine draws the same.</summary>
internal sealed class Dice(ulong seed)
{
    private Xoshiro256 random = new(seed);

    public ulong Next() => random.Next();

    /// <summary>0 to <paramref name="count"/> - 1; <paramref name="count"/> is at least 1.</summary>
    public int Below(int count) => (int)Math.BigMul(random.Next(), (ulong)count, out _);

    /// <summary>0 to <paramref name="count"/> - 1; <paramref name="count"/> is at least 1.</summary>
    public ulong Below(ulong count) => Math.BigMul(random.Next(), count, out _);

    /// <summary>Both ends included.</summary>
    public int Between(int first, int last) => first + Below(last - first + 1);

    public bool Percent(int chance) => Below(100) < chance;

    public T Pick<T>(IReadOnlyList<T> items) => items[Below(items.Count)];

    public T Pick<T>(ReadOnlySpan<T> items) => items[Below(items.Length)];

    /// <summary>An index, as often as its weight says; at least one weight is above 0.</summary>
    public int Weighted(ReadOnlySpan<int> weights)
    {
        var total = 0;
        foreach (var weight in weights)
        {
            total += weight;
        }

        var at = Below(total);
        var index = 0;
        while (at >= weights[index])
        {
            at -= weights[index++];
        }

        return index;
    }

    /// <summary>An element that a test accepts, or null when none does.</summary>
    public int? Where(int count, Func<int, bool> accepts)
    {
        var start = count == 0 ? 0 : Below(count);
        for (var i = 0; i < count; i++)
        {
            var at = (start + i) % count;
            if (accepts(at))
            {
                return at;
            }
        }

        return null;
    }
}
