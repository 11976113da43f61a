using Conformance.Model.Contract;
using Conformance.Model.Oracle;

namespace Conformance.Properties.Oracle;

/// <summary>The interval map does what a dictionary of single units does.</summary>
public sealed class AddressSpaceProperties
{
    /// <summary>
    /// First byte of a window of 96 units of the given size, the last one up to the very top.
    /// </summary>
    public static TheoryData<ulong, ulong> Windows => new()
    {
        { 0, 1 },
        { 0, 4096 },
        { 0x1_0000_0000 - (48 * 4096), 4096 },
        { 0x8000_0000_0000_0000 - (48 * 4096), 4096 },
        { ulong.MaxValue - 95, 1 },
        { ulong.MaxValue - ((96 * 4096) - 1), 4096 },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void Random_operations_agree_with_a_dictionary_of_units(ulong window, ulong unit)
    {
        for (var seed = 0; seed < 12; seed++)
        {
            var pair = new Pair(new Random(seed), window, unit, 96);
            for (var step = 0; step < 300; step++)
            {
                pair.Step();
                pair.AssertEqual();
            }
        }
    }

    [Fact]
    public void Thousands_of_runs_come_and_go()
    {
        var pair = new Pair(new Random(7), 0x1_0000_0000, 1, 60_000);
        for (var round = 0; round < 6; round++)
        {
            pair.FillSparsely(30_000);
            pair.AssertEqual();
            pair.Thin(round % 2 == 0 ? 29_000 : 8_000);
            pair.AssertEqual();
        }
    }

    [Fact]
    public void Rising_and_falling_insertions_keep_their_order()
    {
        foreach (var falling in new[] { false, true })
        {
            var space = new AddressSpace();
            const int Runs = 50_000;
            for (var i = 0; i < Runs; i++)
            {
                space.Insert(Page((ulong)(falling ? Runs - 1 - i : i)));
            }

            Assert.Equal(Runs, space.Count);
            var expected = 0UL;
            foreach (var run in space)
            {
                Assert.Equal(Page(expected++), run);
            }

            for (var i = 0; i < Runs; i++)
            {
                var page = (ulong)(falling ? i : Runs - 1 - i);
                space.Remove(Page(page).Start, Page(page).Last);
                Assert.False(space.TryFind(Page(page).Start, out _));
            }

            Assert.Equal(0, space.Count);
        }
    }

    [Fact]
    public void The_whole_64_bit_space_is_one_run()
    {
        var space = new AddressSpace();
        space.Insert(new AddressRun(0, ulong.MaxValue, 0, Prot.Read, 12));
        Assert.True(space.TryTranslate(ulong.MaxValue, out var top));
        Assert.Equal(new Translation(ulong.MaxValue, Prot.Read, 4096, ulong.MaxValue - 4095), top);
        space.Remove(0x1000, ulong.MaxValue - 0x1000);
        Assert.Equal(2, space.Count);
        Assert.False(space.Overlaps(0x1000, ulong.MaxValue - 0x1000));
        Assert.True(space.Overlaps(ulong.MaxValue, ulong.MaxValue));
        space.Insert(new AddressRun(0x1000, ulong.MaxValue - 0x1000, 0x1000, Prot.Read, 12));
        Assert.Equal(1, space.Count);
    }

    [Fact]
    public void Runs_join_only_when_address_permission_and_entry_size_continue()
    {
        var left = new AddressRun(0, 0xfff, 0x8000, Prot.Read, 12);
        var right = new AddressRun(0x1000, 0x1fff, 0x9000, Prot.Read, 12);
        Assert.Equal(1, CountOf(left, right));
        Assert.Equal(1, CountOf(right, left));
        Assert.Equal(2, CountOf(left, right with { Pa = 0xa000 }));
        Assert.Equal(2, CountOf(left, right with { Prot = Prot.Write }));
        Assert.Equal(2, CountOf(left, right with { LeafShift = 11 }));
    }

    [Fact]
    public void Inserting_over_a_mapping_throws_and_changes_nothing()
    {
        var space = new AddressSpace();
        space.Insert(new AddressRun(0x2000, 0x3fff, 0, Prot.Read, 12));
        Assert.Throws<InvalidOperationException>(
            () => space.Insert(new AddressRun(0x1000, 0x2000, 0, Prot.Read, 12)));
        Assert.Throws<InvalidOperationException>(
            () => space.Insert(new AddressRun(0x3fff, 0x4fff, 0, Prot.Read, 12)));
        Assert.Equal(1, space.Count);
    }

    [Fact]
    public void Operations_on_a_space_of_steady_size_allocate_nothing()
    {
        var space = new AddressSpace();
        for (var i = 0UL; i < 10_000; i++)
        {
            space.Insert(Page(i));
        }

        var random = new Random(3);
        var before = 0L;
        for (var step = 0; step < 20_000; step++)
        {
            // The first half warms up: the free nodes that splits will want exist then.
            before = step == 10_000 ? GC.GetAllocatedBytesForCurrentThread() : before;
            var run = Page((ulong)random.Next(10_000));
            space.Remove(run.Start, run.Last);
            space.Insert(run);
        }

        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1000);
    }

    private static AddressRun Page(ulong index) =>
        new(index * 0x2000, (index * 0x2000) + 0xfff, 0x1000, Prot.Read, 12);

    private static int CountOf(params AddressRun[] runs)
    {
        var space = new AddressSpace();
        foreach (var run in runs)
        {
            space.Insert(run);
        }

        return space.Count;
    }

    /// <summary>Both spaces, given the same operations.</summary>
    private sealed class Pair(Random random, ulong window, ulong unit, int units)
    {
        private readonly AddressSpace space = new();
        private readonly NaiveAddressSpace naive = new(unit);

        public void Step()
        {
            var (first, last) = Range(12);
            switch (random.Next(20))
            {
                case 0 when random.Next(10) == 0:
                    space.Clear();
                    naive.Clear();
                    break;
                case < 11:
                    Insert(first, last);
                    break;
                default:
                    space.Remove(first, last);
                    naive.Remove(first, last);
                    break;
            }

            AssertLookup(At(random.Next(units)));
            (first, last) = Range(6);
            Assert.Equal(naive.AnyIn(first, last), space.Overlaps(first, last));
        }

        /// <summary>Single units, seldom neighbours that continue each other.</summary>
        public void FillSparsely(int count)
        {
            for (var i = 0; i < count; i++)
            {
                var first = At(random.Next(units));
                Insert(first, first);
            }
        }

        /// <summary>Removes runs in random order until few are left.</summary>
        public void Thin(int count)
        {
            var starts = naive.Starts.ToArray();
            random.Shuffle(starts);
            foreach (var start in starts.Take(count))
            {
                space.Remove(start * unit, (start * unit) + (unit - 1));
                naive.Remove(start * unit, (start * unit) + (unit - 1));
                AssertLookup(At(random.Next(units)));
            }
        }

        public void AssertEqual()
        {
            var found = new List<AddressRun>();
            foreach (var run in space)
            {
                found.Add(run);
            }

            Assert.Equal(naive.Runs(), found);
            Assert.Equal(found.Count, space.Count);
        }

        private void Insert(ulong first, ulong last)
        {
            if (naive.AnyIn(first, last))
            {
                return;
            }

            // Few kinds of runs, so that neighbours often continue each other.
            var pa = first + (ulong)(random.Next(2) * 0x10_0000);
            var run = new AddressRun(first, last, pa, random.Next(8) == 0 ? Prot.Read : Prot.Write, 0);
            space.Insert(run);
            naive.Insert(run);
        }

        private void AssertLookup(ulong iova)
        {
            iova += (ulong)random.Next((int)unit);
            var expected = naive.TryGet(iova, out var value);
            Assert.Equal(expected, space.TryTranslate(iova, out var translation));
            if (expected)
            {
                Assert.Equal(value.Pa + (iova % unit), translation.Pa);
                Assert.Equal(value.Prot, translation.Prot);
            }

            var after = units <= 96 ? naive.Runs().Find(run => run.Last >= iova) : default;
            if (units <= 96)
            {
                Assert.Equal(after != default, space.TryFindAtOrAfter(iova, out var run));
                Assert.Equal(after, run);
            }
        }

        private ulong At(int index) => window + ((ulong)index * unit);

        private (ulong First, ulong Last) Range(int longest)
        {
            var index = random.Next(units);
            var length = random.Next(1, Math.Min(longest, units - index) + 1);
            return (At(index), At(index) + (((ulong)length * unit) - 1));
        }
    }
}
