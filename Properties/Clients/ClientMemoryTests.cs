using Conformance.Model.Clients;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Clients;

public sealed class ClientMemoryTests
{
    [Theory]
    [InlineData(12)]
    [InlineData(14)]
    [InlineData(16)]
    public void Each_byte_has_one_place_and_the_place_leads_back(int shift)
    {
        var memory = new ClientMemory(shift);
        var seen = new HashSet<ulong>();
        for (var at = 5UL; at < memory.Size; at += memory.PageSize)
        {
            var pa = memory.PaOf(new MemoryOffset(at));
            Assert.True(seen.Add(pa.Value));
            Assert.Equal(new MemoryOffset(at), memory.OffsetOf(pa));
        }

        Assert.Equal(ClientMemory.Pages, seen.Count);
        Assert.Null(memory.OffsetOf(new(memory.PaOf(new MemoryOffset(0)).Value + memory.Size)));
    }

    [Fact]
    public void The_lower_half_is_scattered_and_the_upper_half_one_piece()
    {
        var memory = new ClientMemory(12);
        var half = memory.Size / 2;
        Assert.All(memory.Runs(new MemoryOffset(0x800), half), run => Assert.True(run.Size <= 0x4000));
        Assert.Single(memory.Runs(new MemoryOffset(half), half));
        Assert.Equal(half, memory.Runs(new MemoryOffset(0), half).Aggregate(0UL, (sum, r) => sum + r.Size));
    }
}
