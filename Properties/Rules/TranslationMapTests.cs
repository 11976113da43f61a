using Conformance.Model.Rules;

namespace Conformance.Properties.Rules;

/// <summary>The interval structure against one value per page.</summary>
public sealed class TranslationMapTests
{
    private const int Pages = 300;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Random_changes_agree_with_a_value_per_page(int seed)
    {
        var random = new Random(seed);
        var map = new TranslationMap();
        var model = new (EntryKind Kind, ulong Pa)[Pages];
        for (var step = 0; step < 3000; step++)
        {
            var first = random.Next(Pages);
            var last = Math.Min(Pages - 1, first + random.Next(seed == 1 ? 3 : 40));
            var entry = new TranslationEntry
            {
                Start = (ulong)first,
                Last = (ulong)last,
                Pa = (ulong)random.Next(1 << 20),
                Kind = (EntryKind)random.Next(4),
            };
            if (entry.Kind == EntryKind.None)
            {
                map.Clear(entry.Start, entry.Last);
            }
            else
            {
                map.Put(entry);
            }

            for (var page = first; page <= last; page++)
            {
                var pa = entry.Kind is EntryKind.Live or EntryKind.Stale ? entry.PaOf((ulong)page) : 0;
                model[page] = (entry.Kind, pa);
            }

            if (step % 50 == 0)
            {
                Compare(map, model);
            }
        }

        Compare(map, model);
    }

    [Fact]
    public void Ranges_reach_to_both_ends_of_the_address_space()
    {
        var map = new TranslationMap();
        map.Put(new TranslationEntry { Start = 0, Last = ulong.MaxValue, Kind = EntryKind.Gone });
        const ulong end = ulong.MaxValue;
        map.Put(new TranslationEntry { Start = end - 1, Last = end, Kind = EntryKind.Live });
        map.Put(new TranslationEntry { Start = 0, Last = 0, Kind = EntryKind.Live, Pa = 7 });
        Assert.Equal(EntryKind.Live, At(map, 0).Kind);
        Assert.Equal(EntryKind.Gone, At(map, 1).Kind);
        Assert.Equal(EntryKind.Gone, At(map, ulong.MaxValue - 2).Kind);
        Assert.Equal(EntryKind.Live, At(map, ulong.MaxValue).Kind);
        map.Clear(0, ulong.MaxValue);
        Assert.Equal(0, map.Count);
        Assert.Equal(0, map.Reachable);
    }

    [Fact]
    public void Cutting_a_run_keeps_its_translation_and_takes_its_ends()
    {
        var map = new TranslationMap();
        map.Put(new TranslationEntry
        {
            Start = 0x1000,
            Last = 0x4fff,
            Pa = 0x9000,
            Kind = EntryKind.Live,
            Flags = EntryFlags.Head | EntryFlags.Tail,
        });
        map.Clear(0x2000, 0x2fff);
        Assert.Equal(EntryFlags.Head, At(map, 0x1000).Flags);
        Assert.Equal(EntryFlags.Tail, At(map, 0x3000).Flags);
        Assert.Equal(0xb000UL, At(map, 0x3000).PaOf(0x3000));
        Assert.Equal(EntryKind.None, At(map, 0x2000).Kind);
    }

    [Fact]
    public void Adjacent_gone_runs_become_one()
    {
        var map = new TranslationMap();
        for (var page = 0UL; page < 1000; page++)
        {
            map.Put(new TranslationEntry { Start = page, Last = page, Kind = EntryKind.Gone });
        }

        Assert.Equal(1, map.Count);
    }

    [Fact]
    public void A_million_single_pages_stay_cheap()
    {
        const ulong count = 1_000_000;
        var map = new TranslationMap();
        var watch = System.Diagnostics.Stopwatch.StartNew();
        for (var i = 0UL; i < count; i++)
        {
            // Backwards and never adjacent: nothing merges, every entry is put in front.
            var page = (count - i) * 0x2000;
            map.Put(new TranslationEntry
            {
                Start = page,
                Last = page + 0xfff,
                Pa = page,
                Kind = EntryKind.Live,
            });
        }

        Assert.Equal((int)count, map.Count);
        Assert.Equal(0x2000UL, At(map, 0x2abc).PaOf(0x2000));
        map.Put(new TranslationEntry { Start = 0, Last = ulong.MaxValue, Kind = EntryKind.Gone });
        Assert.Equal(1, map.Count);

        // Quadratic behaviour would take minutes; the bound allows for a busy machine.
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), watch.Elapsed.ToString());
    }

    private static TranslationEntry At(TranslationMap map, ulong iova)
    {
        map.TryFind(iova, out var entry);
        return entry;
    }

    private static void Compare(TranslationMap map, (EntryKind Kind, ulong Pa)[] model)
    {
        for (var page = 0; page < model.Length; page++)
        {
            var found = At(map, (ulong)page);
            Assert.Equal(model[page].Kind, found.Kind);
            if (found.Kind is EntryKind.Live or EntryKind.Stale)
            {
                Assert.Equal(model[page].Pa, found.PaOf((ulong)page));
            }
        }

        var all = new List<TranslationEntry>();
        map.CopyRange(0, ulong.MaxValue, all);
        Assert.Equal(map.Count, all.Count);
        Assert.Equal(map.Reachable, all.Count(e => e.Kind is EntryKind.Live or EntryKind.Stale));
        for (var i = 1; i < all.Count; i++)
        {
            Assert.True(all[i - 1].Last < all[i].Start);
        }
    }
}
