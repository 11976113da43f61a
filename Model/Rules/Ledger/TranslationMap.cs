namespace Conformance.Model.Rules;

/// <summary>
/// Disjoint runs of IOVA in order. A look-up is two binary searches; a change costs the entries it touches
/// and the shift of one chunk, never the pages it covers.
/// </summary>
public sealed class TranslationMap
{
    private const int FullChunk = 128;
    private Chunk[] chunks = [new Chunk()];

    // Start of the first entry of each chunk; of chunk 0 always 0, so that a search never misses.
    private ulong[] firsts = new ulong[1];
    private int used = 1;

    /// <summary>Number of entries.</summary>
    public int Count { get; private set; }

    /// <summary>Number of entries that are mapped or whose unmap is not waited for.</summary>
    public int Reachable { get; private set; }

    public void Reset()
    {
        for (var i = 0; i < used; i++)
        {
            chunks[i].Count = 0;
        }

        used = 1;
        Count = 0;
        Reachable = 0;
    }

    /// <summary>The entry that holds <paramref name="iova"/>; its kind is None when there is none.</summary>
    public bool TryFind(ulong iova, out TranslationEntry entry)
    {
        if (Floor(iova, out var chunk, out var index))
        {
            entry = chunks[chunk].Items[index];
            if (entry.Last >= iova)
            {
                return true;
            }
        }

        entry = default;
        return false;
    }

    /// <summary>Adds the parts of all entries inside a range to a list, ascending.</summary>
    public void CopyRange(ulong first, ulong last, List<TranslationEntry> into)
    {
        if (!Floor(first, out var chunk, out var index))
        {
            (chunk, index) = (0, 0);
        }

        for (; chunk < used; chunk++, index = 0)
        {
            var c = chunks[chunk];
            for (; index < c.Count; index++)
            {
                ref readonly var e = ref c.Items[index];
                if (e.Start > last)
                {
                    return;
                }

                if (e.Last >= first)
                {
                    into.Add(e.Clip(first, last));
                }
            }
        }
    }

    /// <summary>
    /// Puts an entry in place of all that its range held. Adjacent gone runs of one kind become one.
    /// </summary>
    public void Put(in TranslationEntry entry)
    {
        var fresh = entry;
        if (fresh.Kind == EntryKind.Gone)
        {
            (fresh.Pa, fresh.Flags, fresh.Prot, fresh.LeafShift) = (0, fresh.Flags & EntryFlags.Cut, 0, 0);
            if (fresh.Start > 0 && TryFind(fresh.Start - 1, out var left) && IsLike(left, fresh))
            {
                fresh.Start = left.Start;
            }

            if (fresh.Last < ulong.MaxValue && TryFind(fresh.Last + 1, out var right) && IsLike(right, fresh))
            {
                fresh.Last = right.Last;
            }
        }

        Clear(fresh.Start, fresh.Last);
        Insert(fresh);
    }

    /// <summary>Forgets a range, cutting the entries at its ends.</summary>
    public void Clear(ulong first, ulong last)
    {
        if (!Floor(first, out var chunk, out var index))
        {
            index = 0;
        }
        else
        {
            ref var e = ref chunks[chunk].Items[index];
            if (e.Start < first)
            {
                var whole = e;
                if (whole.Last >= first)
                {
                    e = whole.Clip(whole.Start, first - 1);
                }

                if (whole.Last > last)
                {
                    Insert(whole.Clip(last + 1, whole.Last));
                    return;
                }

                index++;
            }
        }

        RemoveFrom(chunk, index, last);
    }

    /// <summary>
    /// Removes entries from a position on up to one that ends after <paramref name="last"/>; cuts that.
    /// </summary>
    private void RemoveFrom(int chunk, int index, ulong last)
    {
        var firstEmpty = -1;
        var empties = 0;
        while (chunk < used)
        {
            var c = chunks[chunk];
            var end = index;
            while (end < c.Count && c.Items[end].Last <= last)
            {
                Uncount(c.Items[end++]);
            }

            var reachedEnd = end == c.Count;
            c.RemoveRange(index, end);
            if (!reachedEnd && c.Items[index].Start <= last)
            {
                c.Items[index] = c.Items[index].Clip(last + 1, ulong.MaxValue);
            }

            if (c.Count == 0)
            {
                firstEmpty = empties++ == 0 ? chunk : firstEmpty;
            }
            else if (chunk > 0)
            {
                firsts[chunk] = c.Items[0].Start;
            }

            if (!reachedEnd)
            {
                break;
            }

            chunk++;
            index = 0;
        }

        DropEmpty(firstEmpty, empties);
    }

    private void DropEmpty(int firstEmpty, int empties)
    {
        if (empties == 0)
        {
            return;
        }

        // The empty ones travel to the end, to be used again.
        for (var i = firstEmpty + empties; i < used; i++)
        {
            (chunks[i - empties], chunks[i]) = (chunks[i], chunks[i - empties]);
            firsts[i - empties] = firsts[i];
        }

        used = Math.Max(1, used - empties);
        firsts[0] = 0;
    }

    private void Insert(in TranslationEntry entry)
    {
        var chunk = Floor(entry.Start, out var at, out var index) ? at : 0;
        index = index < 0 ? 0 : index + 1;
        var c = chunks[chunk];
        if (c.Count == FullChunk)
        {
            Split(chunk);
            if (index > c.Count)
            {
                index -= c.Count;
                c = chunks[++chunk];
            }
        }

        c.Insert(index, entry);
        if (index == 0 && chunk > 0)
        {
            firsts[chunk] = entry.Start;
        }

        Count++;
        Reachable += IsReachable(entry) ? 1 : 0;
    }

    private void Split(int chunk)
    {
        if (used == chunks.Length)
        {
            Array.Resize(ref chunks, used * 2);
            Array.Resize(ref firsts, used * 2);
        }

        var fresh = chunks[used] ?? new Chunk();
        Array.Copy(chunks, chunk + 1, chunks, chunk + 2, used - chunk - 1);
        Array.Copy(firsts, chunk + 1, firsts, chunk + 2, used - chunk - 1);
        used++;
        chunks[chunk + 1] = fresh;
        chunks[chunk].MoveUpperHalf(fresh);
        firsts[chunk + 1] = fresh.Items[0].Start;
    }

    /// <summary>
    /// Position of the last entry that starts at or before an address; index -1 when there is none.
    /// </summary>
    private bool Floor(ulong iova, out int chunk, out int index)
    {
        chunk = 0;
        if (used > 1)
        {
            var found = firsts.AsSpan(0, used).BinarySearch(iova);
            chunk = found < 0 ? ~found - 1 : found;
        }

        var c = chunks[chunk];
        var (low, high) = (0, c.Count);
        while (low < high)
        {
            var middle = (low + high) >> 1;
            if (c.Items[middle].Start <= iova)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        index = low - 1;
        return index >= 0;
    }

    private void Uncount(in TranslationEntry entry)
    {
        Count--;
        Reachable -= IsReachable(entry) ? 1 : 0;
    }

    private static bool IsLike(in TranslationEntry one, in TranslationEntry other) =>
        one.Kind == other.Kind && one.Flags == other.Flags;

    private static bool IsReachable(in TranslationEntry entry) =>
        entry.Kind is EntryKind.Live or EntryKind.Stale;

    private sealed class Chunk
    {
        public TranslationEntry[] Items { get; private set; } = new TranslationEntry[4];

        public int Count { get; set; }

        public void Insert(int index, in TranslationEntry entry)
        {
            if (Count == Items.Length)
            {
                var grown = new TranslationEntry[Math.Min(FullChunk, Count * 2)];
                Array.Copy(Items, grown, Count);
                Items = grown;
            }

            Array.Copy(Items, index, Items, index + 1, Count - index);
            Items[index] = entry;
            Count++;
        }

        public void RemoveRange(int index, int end)
        {
            Array.Copy(Items, end, Items, index, Count - end);
            Count -= end - index;
        }

        public void MoveUpperHalf(Chunk to)
        {
            var half = Count / 2;
            if (to.Items.Length < FullChunk)
            {
                to.Items = new TranslationEntry[FullChunk];
            }

            Array.Copy(Items, half, to.Items, 0, Count - half);
            to.Count = Count - half;
            Count = half;
        }
    }
}
