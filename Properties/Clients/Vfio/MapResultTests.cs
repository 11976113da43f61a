using Conformance.Properties.Clients.Iommufd;

namespace Conformance.Properties.Clients.Vfio;

/// <summary>Each result of VFIO_IOMMU_MAP_DMA and UNMAP_DMA (core.md 8.3).</summary>
public sealed class MapResultTests
{
    private const string V1 = "vfio-set-container c0 g0; vfio-set-iommu c0 v1; ";
    private const string V2 = "vfio-set-container c0 g0; vfio-set-iommu c0 v2; ";
    private const string Two = "vfio-map c0 0x10000 m0x0 0x4000 rw; vfio-map c0 0x14000 m0x8000 0x4000 rw; ";

    private static readonly string[] Eras = ["v5.19", "v6.7", "v7.2"];

    [Theory]
    [InlineData("vfio-map c0 0x10000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x10000 0x1000", "-EINVAL")]
    [InlineData("vfio-unmap-all c0", "-EINVAL")]
    [InlineData("vfio-set-container c0 g0; vfio-map c0 0x10000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData(V2 + "vfio-map c1 0x10000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData(V2 + "vfio-unset-container g0; vfio-unmap-all c0", "-EINVAL")]
    public void Without_a_backend(string commands, string outcome)
    {
        foreach (var era in Eras)
        {
            Assert.Equal(outcome, IommufdBench.Last(commands, era));
        }
    }

    [Theory]
    [InlineData("vfio-map c0 0x10000 m0x0 0x0 rw", "-EINVAL")]
    [InlineData("vfio-map c0 0x10000 m0x0 0x1000 -", "-EINVAL")]
    [InlineData("vfio-map c0 0x10000 m0x0 0x1000 rw+cache", "nothing")]
    [InlineData("vfio-map c0 0x10000 m0x1000000 0x1000 rw", "nothing")]
    [InlineData("vfio-map c0 0x10800 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData("vfio-map c0 0x10000 m0x800 0x1000 rw", "-EINVAL")]
    [InlineData("vfio-map c0 0x10000 m0x0 0x1800 rw", "-EINVAL")]
    [InlineData("vfio-map c0 0x10000 m0x0 0x1000 r", "0")]
    [InlineData("vfio-map c0 0x10000 m0x0 0x1000 w", "0")]
    [InlineData("vfio-map c0 0x10000 m0x0 0x1000 rw", "0")]
    [InlineData("vfio-map c0 0x0 m0x0 0x1000 rw", "0")]
    [InlineData("vfio-map c0 0xfee00000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData("vfio-map c0 0xfedff000 m0x0 0x2000 rw", "-EINVAL")]
    [InlineData("vfio-map c0 0xfedff000 m0x0 0x1000 rw", "0")]
    [InlineData("vfio-map c0 0xffff000000000000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData(Two + "vfio-map c0 0x13000 m0x0 0x1000 rw", "-EEXIST")]
    [InlineData(Two + "vfio-map c0 0xf000 m0x0 0x2000 rw", "-EEXIST")]
    [InlineData(Two + "vfio-map c0 0x0 m0x0 0x100000000 rw", "-EEXIST")]
    [InlineData(Two + "vfio-map c0 0x18000 m0x0 0x1000 rw", "0")]
    [InlineData("vfio-map c0 0x10000 m0x7ff000 0x2000 rw", "-EFAULT")]
    [InlineData("vfio-map c0 0x10000 m0x800000 0x1000 rw", "-EFAULT")]
    [InlineData("vfio-map c0 0x10000 m0x0 0x80000000 rw", "-EFAULT")]
    [InlineData("vfio-map c0 0x10000 m0x0 0x80000000 rw; vfio-unmap c0 0x0 0x100000000", "0")]
    [InlineData("fail-map 1 -ENOMEM; vfio-map c0 0x10000 m0x0 0x10000 rw", "-ENOMEM")]
    [InlineData("fail-map 1 -ENOMEM; vfio-map c0 0x10000 m0x0 0x10000 rw; vfio-unmap-all c0", "0")]
    [InlineData("fail-map 1 -ENOMEM; vfio-map c0 0x10000 m0x0 0x10000 rw; dma d0 0 0x10000 read", "-EFAULT")]
    public void Map(string commands, string outcome)
    {
        foreach (var era in Eras)
        {
            Assert.Equal(outcome, IommufdBench.Last(V2 + commands, era));
        }
    }

    [Theory]
    [InlineData("vfio-map c0 0xfffffffffffff000 m0x0 0x2000 rw")]
    [InlineData("vfio-map c0 0xfffffffffffff000 m0x0 0x2000 -")]
    [InlineData("vfio-map c0 0xfffffffffffff800 m0x0 0x2000 rw")]
    [InlineData("vfio-map c0 0x0 m0x0 0xfffffffffffff000 rw")]
    [InlineData("vfio-unmap c0 0xfffffffffffff000 0x2000")]
    public void A_range_that_wraps(string command)
    {
        Assert.Equal("-EINVAL", IommufdBench.Last(V2 + command, "v5.19"));
        Assert.Equal("-EINVAL", IommufdBench.Last(V2 + command, "v6.7"));
        Assert.Equal("-EOVERFLOW", IommufdBench.Last(V2 + command, "v6.19"));
        Assert.Equal("-EOVERFLOW", IommufdBench.Last(V2 + command, "v7.2"));
    }

    [Theory]
    [InlineData("vfio-unmap c0 0xfffffffffffff800 0x2000", "-EINVAL")]
    [InlineData("vfio-unmap c0 0xfffffffffffff000 0x1800", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x10000 0x0", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x10800 0x1000", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x10000 0x800", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x0 0x10000", "0")]
    [InlineData("vfio-unmap c0 0x18000 0x1000", "0")]
    [InlineData("vfio-unmap c0 0x10000 0x4000", "0x4000")]
    [InlineData("vfio-unmap c0 0x10000 0x8000", "0x8000")]
    [InlineData("vfio-unmap c0 0x0 0x100000000", "0x8000")]
    [InlineData("vfio-unmap-all c0", "0x8000")]
    [InlineData("vfio-unmap-all c0; vfio-unmap-all c0", "0")]
    public void Unmap_in_both_versions(string command, string outcome)
    {
        foreach (var era in Eras)
        {
            Assert.Equal(outcome, IommufdBench.Last(V1 + Two + command, era));
            Assert.Equal(outcome, IommufdBench.Last(V2 + Two + command, era));
        }
    }

    [Theory]
    [InlineData("vfio-unmap c0 0x11000 0x3000", "0", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x11000 0x7000", "0", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x10000 0x1000", "0x4000", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x10000 0x5000", "0x8000", "-EINVAL")]
    [InlineData("vfio-unmap c0 0x0 0x11000", "0x4000", "-EINVAL")]
    public void Unmap_of_parts(string command, string first, string second)
    {
        foreach (var era in Eras)
        {
            Assert.Equal(first, IommufdBench.Last(V1 + Two + command, era));
            Assert.Equal(second, IommufdBench.Last(V2 + Two + command, era));
        }
    }

    /// <summary>
    /// Before v6.18 the end of such a range was 0: it met nothing, and said so without an error.
    /// </summary>
    [Theory]
    [InlineData("v5.19", "0")]
    [InlineData("v6.7", "0")]
    [InlineData("v6.19", "0x8000")]
    [InlineData("v7.2", "0x8000")]
    public void Unmap_up_to_the_end_of_the_address_space(string era, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(V2 + Two + "vfio-unmap c0 0x1000 0xfffffffffffff000", era));

    [Theory]
    [InlineData("intel-vtd/legacy")]
    [InlineData("arm-smmu-v3/s1")]
    public void A_mapping_has_its_permissions(string unit)
    {
        foreach (var era in Eras)
        {
            Assert.Equal(
                ["0", "0x40000000", "-EFAULT"],
                IommufdBench.Run(
                    V2 + "vfio-map c0 0x10000 m0x0 0x1000 r; dma d0 0 0x10000 read; dma d0 0 0x10000 write",
                    era,
                    unit).Skip(2));
        }
    }

    /// <summary>A mapping outside of the newcomer's aperture or in its region is a conflict.</summary>
    [Theory]
    [InlineData("vfio-map c0 0x9000000 m0x0 0x1000 rw; vfio-set-container c0 g1", "-EINVAL")]
    [InlineData("vfio-map c0 0x9010000 m0x0 0x1000 rw; vfio-set-container c0 g1", "0")]
    [InlineData("vfio-set-container c0 g1; vfio-map c0 0x9000000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData("vfio-set-container c0 g1; vfio-unset-container g1; vfio-map c0 0x9000000 m0x0 0x1000 rw",
        "0")]
    [InlineData("vfio-set-container c0 g1; vfio-map c0 0x9020000 m0x0 0x1000 rw", "0")]
    public void Reserved_regions_of_every_group_count(string commands, string outcome)
    {
        const string Devices = "device d0 i0:0x8 group 0 pci;"
            + "device d1 i0:0x10 group 1 pci resv reserved 0x9000000+0x10000 rw"
            + " resv direct-relaxable 0x9020000+0x1000 rw";
        Assert.Equal(
            outcome,
            IommufdBench.Last(V2 + commands, unit: "arm-smmu-v3/s1", devices: Devices));
    }
}
