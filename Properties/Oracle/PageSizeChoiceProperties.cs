using Conformance.Model.Contract;

namespace Conformance.Properties.Oracle;

/// <summary>The choice of page size and count is that of core.md 5.2, word by word.</summary>
public sealed class PageSizeChoiceProperties
{
    [Fact]
    public void Choice_is_the_definition_for_random_sizes_and_addresses()
    {
        var random = new Random(52);
        for (var i = 0; i < 200_000; i++)
        {
            var sizes = RandomSizes(random);
            var iova = RandomAddress(random, sizes.Min);
            var pa = random.Next(3) == 0 ? iova : RandomAddress(random, sizes.Min);
            var size = RandomAddress(random, sizes.Min);
            if (size != 0)
            {
                AssertDefinition(sizes, iova, pa, size);
            }
        }
    }

    [Fact]
    public void Choice_holds_at_the_ends_of_the_address_space()
    {
        ulong[] ends = [0, 0x1000, 0x20_0000, 0xffe0_0000, 0x1_0000_0000, ~0x1f_ffffUL, ~0xfffUL];
        ulong[] bitmaps = [0x1000, 0x4020_1000, ~0xfffUL, 0x8000_0000_0000_1000];
        foreach (var bitmap in bitmaps)
        {
            foreach (var iova in ends)
            {
                foreach (var pa in ends)
                {
                    foreach (var size in ends.Skip(1))
                    {
                        AssertDefinition(new PageSizes(bitmap), iova, pa, size);
                    }
                }
            }
        }
    }

    [Fact]
    public void A_range_becomes_small_pages_then_large_ones_then_small_ones()
    {
        var sizes = new PageSizes(0x20_1000);
        Assert.Equal(0x1000UL, sizes.Choose(0x1f_f000, 0x3f_f000, 0x20_2000, out var count));
        Assert.Equal(1UL, count);
        Assert.Equal(0x20_0000UL, sizes.Choose(0x20_0000, 0x40_0000, 0x20_1000, out count));
        Assert.Equal(1UL, count);
        Assert.Equal(0x1000UL, sizes.Choose(0x40_0000, 0x60_0000, 0x1000, out count));
        Assert.Equal(1UL, count);
    }

    private static void AssertDefinition(PageSizes sizes, ulong iova, ulong pa, ulong size)
    {
        var (pageSize, count) = Definition(sizes, iova, pa, size);
        Assert.Equal(pageSize, sizes.Choose(iova, pa, size, out var chosenCount));
        Assert.Equal(count, chosenCount);
    }

    /// <summary>Steps 1 to 6, over all sizes one by one and without a width that could overflow.</summary>
    private static (ulong PageSize, ulong Count) Definition(PageSizes sizes, ulong iova, ulong pa, ulong size)
    {
        var all = Enumerable.Range(0, 64).Select(bit => 1UL << bit).Where(sizes.Contains).ToArray();
        var fitting = all.Where(s => s <= size && iova % s == 0 && pa % s == 0).ToArray();
        var pageSize = fitting[^1];
        var larger = all.Where(s => s > pageSize).ToArray();
        if (larger.Length == 0 || iova % larger[0] != pa % larger[0])
        {
            return (pageSize, size / pageSize);
        }

        var next = (UInt128)larger[0];
        var offset = next - (iova % next);
        return offset + next <= size && offset + next <= ulong.MaxValue
            ? (pageSize, (ulong)(offset / pageSize))
            : (pageSize, size / pageSize);
    }

    private static PageSizes RandomSizes(Random random)
    {
        var bitmap = 0UL;
        for (var i = random.Next(1, 5); i > 0; i--)
        {
            bitmap |= 1UL << (random.Next(10) == 0 ? random.Next(64) : random.Next(10, 34));
        }

        return new PageSizes(bitmap);
    }

    private static ulong RandomAddress(Random random, ulong align)
    {
        var value = (ulong)random.NextInt64() >> random.Next(63);
        value <<= random.Next(4) == 0 ? random.Next(40) : 0;
        return (random.Next(6) == 0 ? 0 - value : value) & ~(align - 1);
    }
}
