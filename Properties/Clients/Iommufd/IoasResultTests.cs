namespace Conformance.Properties.Clients.Iommufd;

/// <summary>
/// Each result of a command on an IOAS, in the order in which the kernel tests (core.md 7.2).
/// </summary>
public sealed class IoasResultTests
{
    private const string Empty = "ioas-alloc A0 f0; ";
    private const string Shown = Empty + "fd-bind d0 f0; fd-attach A0 d0; ";

    [Theory]
    [InlineData("ioas-map A0 0xffffffffffffffff m0x0 0x1000 -", "-EOVERFLOW")]
    [InlineData("ioas-map A0 0x1000 m0x0 0xffffffffffffffff rw", "-EOVERFLOW")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x0 -", "-EINVAL")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x0 rw", "-EINVAL")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x1000 rw+cache", "nothing")]
    [InlineData("ioas-map A1 0x1000 m0x0 0x1000 rw", "nothing")]
    [InlineData("ioas-map A0 0x1000 m0x1000000 0x1000 rw", "nothing")]
    [InlineData("ioas-map A0 0x1 m0x2 0x3 r", "0")]
    [InlineData("ioas-map A0 0xfffffffffffff000 m0x0 0x1000 r", "0")]
    [InlineData("ioas-map A0 0xfffffffffffff000 m0x0 0x1001 r", "-EOVERFLOW")]
    [InlineData("ioas-map A0 0x1000 m0x800000 0x1000 rw", "0")]
    [InlineData("ioas-map A0 0x1000 m0x0 0xffffff0000000000 rw", "0")]
    public void Map_into_nothing(string command, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Empty + command));

    [Theory]
    [InlineData("v7.2", "0xfffffffffffff001", "-EOVERFLOW")]
    [InlineData("v6.19", "0xfffffffffffff001", "-EOVERFLOW")]
    [InlineData("v6.7", "0xfffffffffffff001", "-EINVAL")]
    [InlineData("v6.7", "0xfffffffffffff000", "-EINVAL")]
    [InlineData("v6.7", "0xffffffffffffefff", "-EOVERFLOW")]
    public void Address_and_length_are_tested_in_an_order_that_changed(
        string era, string length, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Empty + $"ioas-map A0 0x0 m0x0 {length} r", era));

    [Theory]
    [InlineData("ioas-map A0 0x1000 m0x0 0x800 rw", "-EINVAL")]
    [InlineData("ioas-map A0 0x1800 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData("ioas-map A0 0x1000 m0x800 0x1000 rw", "-EINVAL")]
    [InlineData("ioas-map A0 0xfee00000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData("ioas-map A0 0xffff000000000000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData("ioas-map A0 0x1000 m0x7ff000 0x2000 rw", "-EFAULT")]
    [InlineData("ioas-map A0 0x1000 m0x800000 0x1000 rw", "-EFAULT")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x4000000000 rw", "-EINVAL")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x80000000 rw", "-EFAULT")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x1000 rw; ioas-map A0 0x0 m0x0 0x2000 rw", "-EEXIST")]
    [InlineData("fail-map 1 -ENOMEM; ioas-map A0 0x1000 m0x0 0x8000 rw", "-ENOMEM")]
    [InlineData("fail-map 1 -ENOMEM; ioas-map A0 0x1000 m0x0 0x8000 rw; ioas-unmap-all A0", "0")]
    public void Map_into_domains(string command, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Shown + command));

    [Fact]
    public void Memory_that_cannot_be_pinned_is_found_when_the_first_domain_comes() =>
        Assert.Equal(
            ["0", "0", "-EFAULT", "-EFAULT", "0x1000", "0"],
            IommufdBench.Run(
                "ioas-alloc A0 f0; ioas-map A0 0x1000 m0x800000 0x1000 rw; fd-bind d0 f0; fd-attach A0 d0;"
                    + "hwpt-alloc H0 d0 A0; ioas-unmap-all A0; fd-attach A0 d0").Where((_, i) => i != 2));

    [Theory]
    [InlineData("m0x0 0x1000", "0x1000")]
    [InlineData("m0x1000 0x3000", "0x1000")]
    [InlineData("m0x4000 0x3000", "0x4000")]
    [InlineData("m0x0 0x3000", "0x4000")]
    [InlineData("m0x400000 0x400000", "0x200000")]
    [InlineData("m0x0 0x1", "0x1000")]
    [InlineData("m0x300 0x80", "0x1300")]
    [InlineData("m0x0 0x8000000000000000", "-EOVERFLOW")]
    public void Placement_keeps_the_alignment_of_the_user(string memory, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Empty + $"ioas-map-auto A0 {memory} r"));

    [Theory]
    [InlineData("ioas-map A0 0x1000 m0x0 0x1000 r; ioas-map-auto A0 m0x0 0x1000 r", "0x2000")]
    [InlineData("ioas-allow A0 0x10000 0x1000; ioas-map-auto A0 m0x0 0x1000 r", "0x10000")]
    [InlineData("ioas-allow A0 0x10000 0x1000; ioas-map-auto A0 m0x0 0x2000 r", "-ENOSPC")]
    [InlineData("ioas-allow A0 0x10800 0x1000; ioas-map-auto A0 m0x0 0x1000 r", "-ENOSPC")]
    [InlineData("ioas-allow A0 0x0 0x1000; ioas-map-auto A0 m0x0 0x1000 r", "-ENOSPC")]
    [InlineData("ioas-allow A0 0x10000 0x1000; ioas-allow A0 0x0 0x0; ioas-map-auto A0 m0x0 0x1 r", "0x1000")]
    [InlineData("ioas-allow A0 0x10000 0x1000; ioas-map A0 0x1000 m0x0 0x1000 r", "0")]
    [InlineData("ioas-allow A0 0x10000 0x1", "-EINVAL")]
    [InlineData("ioas-allow A0 0xfffffffffffff000 0x2000", "-EINVAL")]
    public void Allowed_ranges_bind_placement_only(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Empty + commands));

    [Theory]
    [InlineData("ioas-map-auto A0 m0x300 0x1000 rw", "-EINVAL")]
    [InlineData("ioas-map-auto A0 m0x0 0x1000 rw", "0x1000")]
    [InlineData("ioas-allow A0 0xfee00000 0x1000", "-EADDRINUSE")]
    [InlineData("ioas-allow A0 0x1000 0x1000; ioas-allow A0 0xfee00000 0x2; ioas-map-auto A0 m0x0 0x1000 r",
        "0x1000")]
    [InlineData("ioas-huge A0 off; ioas-map A0 0x1000 m0x0 0x8000 rw; ioas-huge A0 on", "0")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x8000 rw; ioas-huge A0 off", "-EINVAL")]
    [InlineData("ioas-huge A0 off; ioas-map A0 0x1000 m0x0 0x8000 rw; ioas-huge A0 off", "0")]
    public void Ranges_of_an_attached_device(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Shown + commands));

    [Theory]
    [InlineData("ioas-map A0 0x1000 m0x0 0x1800 r; ioas-huge A0 off", "-EADDRINUSE")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x1000 r; ioas-huge A0 off", "0")]
    [InlineData("ioas-huge A0 off; ioas-map A0 0x1000 m0x0 0x800 r", "-EINVAL")]
    public void Large_pages_off_means_whole_pages(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Empty + commands));

    [Theory]
    [InlineData("ioas-unmap A0 0x0 0x0", "-EINVAL")]
    [InlineData("ioas-unmap A0 0x1000 0xffffffffffffffff", "-EOVERFLOW")]
    [InlineData("ioas-unmap A0 0xffffffffffffffff 0x1000", "-EOVERFLOW")]
    [InlineData("ioas-unmap A0 0x2000 0xfffffffffffff000", "-EOVERFLOW")]
    [InlineData("ioas-unmap A0 0x2000 0xfffffffffffffffe", "-EOVERFLOW")]
    [InlineData("ioas-unmap A0 0x9000 0x1000", "-ENOENT")]
    [InlineData("ioas-unmap A0 0x2000 0x1000", "-ENOENT")]
    [InlineData("ioas-unmap A0 0x1000 0x2000", "0x2000")]
    [InlineData("ioas-unmap A0 0x0 0x10000", "0x4000")]
    [InlineData("ioas-unmap A0 0x1000 0x5000; ioas-unmap A0 0x1000 0x2000", "-ENOENT")]
    [InlineData("ioas-unmap-all A0", "0x4000")]
    [InlineData("ioas-unmap A0 0x0 0xffffffffffffffff", "0x4000")]
    [InlineData("ioas-unmap-all A0; ioas-unmap-all A0", "0")]
    public void Unmap_takes_whole_areas(string command, string outcome) =>
        Assert.Equal(
            outcome,
            IommufdBench.Last(
                Shown + "ioas-map A0 0x1000 m0x0 0x2000 rw; ioas-map A0 0x5000 m0x0 0x2000 rw; " + command));

    [Theory]
    [InlineData("ioas-copy A1 A0 0x8000 0x1000 0x0 r", "-EINVAL")]
    [InlineData("ioas-copy A1 A0 0x8000 0x1000 0x1000 -", "-EINVAL")]
    [InlineData("ioas-copy A1 A0 0xffffffffffffffff 0x1000 0x1000 r", "-EOVERFLOW")]
    [InlineData("ioas-copy A1 A0 0x8000 0xffffffffffffffff 0x1000 r", "-EOVERFLOW")]
    [InlineData("ioas-copy A1 A0 0x8000 0xfffffffffffff000 0x2000 r", "-EOVERFLOW")]
    [InlineData("ioas-copy A1 A0 0x8000 0x4000 0x2000 r", "-ENOENT")]
    [InlineData("ioas-copy A1 A0 0x8000 0x0 0x2000 r", "-ENOENT")]
    [InlineData("ioas-copy A1 A0 0x8000 0x1000 0x4000 r", "0")]
    [InlineData("ioas-copy A1 A0 0x8000 0x1800 0x2000 r", "-EINVAL")]
    [InlineData("ioas-copy A1 A0 0x8000 0x1000 0x4000 rw", "-EPERM")]
    [InlineData("ioas-copy A1 A0 0x8000 0x1000 0x2000 rw", "0")]
    [InlineData("ioas-copy A0 A0 0x8000 0x1000 0x2000 w", "0")]
    [InlineData("ioas-copy A0 A0 0x2000 0x1000 0x2000 r", "-EEXIST")]
    [InlineData("ioas-copy A1 A0 0x8000 0x1000 0x1800 r", "-EINVAL")]
    [InlineData("ioas-copy A2 A0 0x8000 0x1000 0x1000 r", "nothing")]
    public void Copy_shares_pages(string command, string outcome) =>
        Assert.Equal(
            outcome,
            IommufdBench.Last(
                Shown + "ioas-alloc A1 f0; fd-bind d1 f0; fd-attach A1 d1; ioas-alloc A2 f1;"
                    + "ioas-map A0 0x1000 m0x0 0x2000 rw; ioas-map A0 0x3000 m0x7000 0x2000 r; " + command));

    [Theory]
    [InlineData("ioas-destroy A0", "-EBUSY")]
    [InlineData("fd-detach d0; ioas-destroy A0", "0")]
    [InlineData("fd-detach d0; ioas-destroy A0; ioas-destroy A0", "nothing")]
    [InlineData("ioas-alloc A0 f1", "nothing")]
    [InlineData("hwpt-alloc H0 d0 A0; fd-detach d0; ioas-destroy A0", "-EBUSY")]
    public void An_IOAS_lives_as_long_as_its_HWPTs(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Shown + commands));
}
