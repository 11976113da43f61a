namespace Conformance.Properties.Core;

/// <summary>What iommu_map and iommu_unmap answer before they ask a driver (core.md 5.1, 5.3).</summary>
public sealed class MappingCheckTests
{
    private const string One = "device d0 i0:0x1 group 0 pci";
    private const string Identity = "device d0 i0:0x1 group 0 pci wish identity";

    [Theory]
    [InlineData("v5.19", "-ENODEV")]
    [InlineData("v6.6", "-ENODEV")]
    [InlineData("v6.7", "-EINVAL")]
    [InlineData("v6.19", "-EINVAL")]
    [InlineData("v7.2", "-EINVAL")]
    public void MapOnAnIdentityDomainIsRefusedAsTheEraDoes(string era, string errno)
    {
        var result = CoreBench.Run(era, Identity, "register i0;map g0.default 0x1000 0x1000 0x1000 rw");
        Assert.EndsWith("= " + errno, result, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("v5.19")]
    [InlineData("v6.7")]
    [InlineData("v7.2")]
    public void MisalignedMapIsRefused(string era)
    {
        foreach (var operands in new[] { "0x1800 0x1000 0x1000", "0x1000 0x1800 0x1000",
            "0x1000 0x1000 0x800" })
        {
            var result = CoreBench.Run(era, One, $"register i0;alloc D0 d0;map D0 {operands} rw");
            Assert.EndsWith("= -EINVAL", result, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("v5.19")]
    [InlineData("v6.7")]
    [InlineData("v7.2")]
    public void MapOfNothingSucceeds(string era) =>
        Assert.EndsWith("= 0", CoreBench.Run(era, One, "register i0;alloc D0 d0;map D0 0x1000 0x1000 0x0 rw"),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("v5.19")]
    [InlineData("v6.7")]
    [InlineData("v7.2")]
    public void UnmapOfWhatCannotMapReturnsZero(string era)
    {
        Assert.EndsWith("= 0", CoreBench.Run(era, Identity, "register i0;unmap g0.default 0x1000 0x1000"),
            StringComparison.Ordinal);
        Assert.EndsWith("= 0", CoreBench.Run(era, One, "register i0;alloc D0 d0;unmap D0 0x1800 0x1000"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void FailedMapIsUndoneByAsMuchAsTheDriverCounted() =>
        Assert.EndsWith(
            "= -ENOMEM",
            CoreBench.Run(
                "v7.2", One, "register i0;alloc D0 d0;fail-map 0 -ENOMEM;map D0 0x1000 0x1000 0x4000 rw"),
            StringComparison.Ordinal);
}
