using Conformance.Properties.Clients.Iommufd;

namespace Conformance.Properties.Clients.Vfio;

/// <summary>Each result of a command on groups and containers (core.md 8.1, 8.2).</summary>
public sealed class GroupResultTests
{
    private const string Set = "vfio-set-container c0 g0; ";
    private const string Ready = Set + "vfio-set-iommu c0 v2; ";

    private static readonly string[] Eras = ["v5.19", "v6.3", "v6.6", "v6.7", "v6.19", "v7.2"];

    public static TheoryData<string, string> Units => new()
    {
        { "intel-vtd/legacy", "v5.19" },
        { "intel-vtd/legacy", "v6.7" },
        { "intel-vtd/scalable-first-stage", "v7.2" },
        { "intel-vtd/scalable-second-stage", "v7.2" },
        { "arm-smmu-v3/s1", "v5.19" },
        { "arm-smmu-v3/s1", "v6.7" },
        { "arm-smmu-v3/s1", "v7.2" },
        { "arm-smmu-v3/s2", "v7.2" },
    };

    [Theory]
    [InlineData("vfio-unset-container g0", "nothing")]
    [InlineData("vfio-set-container c0 g0", "0")]
    [InlineData("vfio-set-container c0 g0; vfio-set-container c0 g0", "-EBUSY")]
    [InlineData("vfio-set-container c0 g0; vfio-set-container c1 g0", "-EBUSY")]
    [InlineData("vfio-set-container c0 g0; vfio-set-container c0 g1", "0")]
    [InlineData("vfio-set-container c0 g0; vfio-set-container c1 g1", "0")]
    [InlineData("vfio-set-container c0 g0; vfio-unset-container g0; vfio-set-container c1 g0", "0")]
    [InlineData("vfio-set-container c0 g0; vfio-unset-container g1", "nothing")]
    [InlineData("claim-group o1 g0; vfio-set-container c0 g0", "-EPERM")]
    [InlineData("claim-group o1 g0; vfio-set-container c0 g0; release-group-owner g0; "
        + "vfio-set-container c0 g0", "0")]
    [InlineData("alloc D0 d0; attach-group D0 g0; vfio-set-container c0 g0", "-EBUSY")]
    [InlineData("bind d0; vfio-set-container c0 g0", "nothing")]
    [InlineData("release d0; vfio-set-container c0 g0", "nothing")]
    [InlineData("release d0; probe d0; vfio-set-container c0 g0", "0")]
    public void Set_container(string commands, string outcome)
    {
        foreach (var era in Eras)
        {
            Assert.Equal(outcome, IommufdBench.Last(commands, era));
        }
    }

    [Theory]
    [InlineData("bind d0; vfio-set-container c0 g0", "-EPERM")]
    [InlineData("bind d0; bind d1; vfio-set-container c0 g0", "nothing")]
    [InlineData("bind d0; vfio-set-container c0 g0; unbind d0; vfio-set-container c0 g0", "0")]
    [InlineData(Set + "bind d0", "-EBUSY")]
    [InlineData(Ready + "vfio-open d0; bind d0", "nothing")]
    [InlineData(Ready + "vfio-open d0; bind d1", "-EBUSY")]
    [InlineData(Ready + "vfio-open d0; vfio-open d1; vfio-close d0; vfio-unset-container g0", "-EBUSY")]
    [InlineData(Ready + "release d0; vfio-open d1", "0")]
    [InlineData(Ready + "release d0; release d1", "nothing")]
    [InlineData(Ready + "release d0; bind d1", "nothing")]
    [InlineData(Ready + "release d0; vfio-unset-container g0; release d1", "0")]
    [InlineData(Ready + "release d0; probe d0; vfio-open d0", "0")]
    public void A_group_of_two(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(commands, devices: IommufdBench.OneGroup));

    [Theory]
    [InlineData("vfio-set-iommu c0 v2", "-EINVAL")]
    [InlineData(Set + "vfio-set-iommu c0 v1", "0")]
    [InlineData(Set + "vfio-set-iommu c0 v2", "0")]
    [InlineData(Set + "vfio-set-iommu c1 v2", "-EINVAL")]
    [InlineData(Ready + "vfio-set-iommu c0 v2", "-EINVAL")]
    [InlineData(Ready + "vfio-set-iommu c0 v1", "-EINVAL")]
    [InlineData(Ready + "vfio-unset-container g0; vfio-set-iommu c0 v2", "-EINVAL")]
    [InlineData(Ready + "vfio-unset-container g0; vfio-set-container c0 g0; vfio-set-iommu c0 v1", "0")]
    [InlineData(Set + "fail-attach d0 0 -ENOMEM; vfio-set-iommu c0 v2", "-ENOMEM")]
    [InlineData(Set + "fail-attach d0 0 -ENOMEM; vfio-set-iommu c0 v2; vfio-set-iommu c0 v2", "0")]
    [InlineData(Set + "fail-attach d0 0 -ENOMEM; vfio-set-iommu c0 v2; vfio-open d0", "-EINVAL")]
    public void Set_iommu(string commands, string outcome)
    {
        foreach (var era in Eras)
        {
            Assert.Equal(outcome, IommufdBench.Last(commands, era));
        }
    }

    [Theory]
    [InlineData("v5.19", "-EIO")]
    [InlineData("v6.6", "-EIO")]
    [InlineData("v6.7", "-ENOMEM")]
    [InlineData("v7.2", "-ENOMEM")]
    public void A_domain_that_cannot_be_had(string era, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Set + "fail-alloc -ENOMEM; vfio-set-iommu c0 v2", era));

    [Theory]
    [InlineData("vfio-open d0", "nothing")]
    [InlineData("vfio-close d0", "nothing")]
    [InlineData(Set + "vfio-open d0", "-EINVAL")]
    [InlineData(Ready + "vfio-open d0", "0")]
    [InlineData(Ready + "vfio-open d1", "nothing")]
    [InlineData(Ready + "vfio-open d0; vfio-open d0", "nothing")]
    [InlineData(Ready + "vfio-open d0; vfio-close d0; vfio-open d0", "0")]
    [InlineData(Ready + "vfio-open d0; vfio-unset-container g0", "-EBUSY")]
    [InlineData(Ready + "vfio-open d0; vfio-close d0; vfio-unset-container g0", "0")]
    [InlineData(Ready + "vfio-open d0; release d0", "nothing")]
    [InlineData(Ready + "vfio-open d0; attach-group i0.blocked g0", "nothing")]
    [InlineData(Ready + "vfio-open d0; release-group-owner g0", "nothing")]
    [InlineData("bind d0; vfio-open d0", "nothing")]
    public void Open(string commands, string outcome)
    {
        foreach (var era in Eras)
        {
            Assert.Equal(outcome, IommufdBench.Last(commands, era));
        }
    }

    [Theory]
    [InlineData("fd-bind d0 f0; vfio-set-container c0 g0", "-EBUSY")]
    [InlineData("fd-bind d0 f0; fd-unbind d0; vfio-set-container c0 g0", "0")]
    [InlineData(Set + "fd-bind d0 f0", "-EBUSY")]
    [InlineData(Set + "fd-bind d1 f0", "0")]
    [InlineData(Ready + "vfio-open d0; fd-bind d0 f0", "nothing")]
    public void Group_file_and_character_device_exclude_each_other(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(commands));

    [Fact]
    public void A_character_device_closes_the_file_of_its_group() =>
        Assert.Equal(
            ["0", "-EBUSY", "0", "0", "-EBUSY"],
            IommufdBench.Run(
                "fd-bind d1 f0; vfio-set-container c0 g0; fd-unbind d1; vfio-set-container c0 g0;"
                    + "fd-bind d1 f0",
                devices: IommufdBench.OneGroup));

    [Theory]
    [MemberData(nameof(Units))]
    public void The_whole_way_works_on_every_unit(string unit, string era) =>
        Assert.Equal(
            ["0", "0", "0", "0", "0x40000000", "0x4000", "-EFAULT", "0", "0"],
            IommufdBench.Run(
                Ready + "vfio-open d0; vfio-map c0 0x10000 m0x0 0x4000 rw; dma d0 0 0x10000 write;"
                    + "vfio-unmap c0 0x10000 0x4000; dma d0 0 0x10000 write; vfio-close d0;"
                    + "vfio-unset-container g0",
                era,
                unit));

    /// <summary>The window of s390 begins at 4 GiB; each function has its own unit.</summary>
    [Theory]
    [InlineData("v5.19")]
    [InlineData("v6.7")]
    [InlineData("v7.2")]
    public void And_on_s390(string era) =>
        Assert.Equal(
            ["0", "0", "0", "-EINVAL", "0", "0x40000000", "0x1000", "-EFAULT", "0"],
            IommufdBench.Run(
                Ready + "vfio-open d0; vfio-map c0 0x10000 m0x0 0x1000 rw;"
                    + "vfio-map c0 0x100000000 m0x0 0x1000 rw; dma d0 0 0x100000000 write; "
                    + "vfio-unmap c0 0x100000000 0x1000;"
                    + "dma d0 0 0x100000000 write; vfio-close d0",
                era,
                "s390/zpci",
                "device d0 i0:0x8 group 0 pci"));

    [Theory]
    [InlineData("v5.19")]
    [InlineData("v6.7")]
    [InlineData("v7.2")]
    public void A_group_that_joins_later_sees_what_is_mapped(string era) =>
        Assert.Equal(
            ["0x40000000", "0", "0x40000000", "0x40000000", "0", "0x40000000"],
            IommufdBench.Run(
                Ready + "vfio-map c0 0x10000 m0x0 0x8000 rw; dma d0 0 0x10000 read; vfio-set-container c0 g1;"
                    + "dma d1 0 0x10000 read; dma d0 0 0x10000 read; vfio-unset-container g0;"
                    + "dma d1 0 0x10000 read",
                era).Skip(3));

    [Fact]
    public void Sharing_is_tried_and_its_failure_tolerated() =>
        Assert.Equal(
            ["0", "0", "0x40000000"],
            IommufdBench.Run(
                Ready + "vfio-map c0 0x10000 m0x0 0x8000 rw; fail-attach d1 1 -ENOMEM;"
                    + "vfio-set-container c0 g1; dma d1 0 0x10000 read").Skip(3));

    [Theory]
    [InlineData("fail-attach d1 0 -EINVAL; vfio-set-container c0 g1", "-EINVAL")]
    [InlineData("fail-attach d1 0 -EBUSY; vfio-set-container c0 g1; vfio-set-container c0 g1", "0")]
    [InlineData("fail-attach d1 0 -EBUSY; vfio-set-container c0 g1; bind d1", "0")]
    public void A_group_that_cannot_join_is_given_back(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Ready + commands));
}
