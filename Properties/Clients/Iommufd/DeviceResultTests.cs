namespace Conformance.Properties.Clients.Iommufd;

/// <summary>Each result of bind, attach, replace, detach and of HWPTs (core.md 7.1, 7.3 to 7.5).</summary>
public sealed class DeviceResultTests
{
    private const string Bound = "ioas-alloc A0 f0; ioas-alloc A1 f0; ioas-alloc A2 f1; fd-bind d0 f0; ";

    [Theory]
    [InlineData("fd-bind d1 f0", "0")]
    [InlineData("fd-bind d1 f1", "0")]
    [InlineData("fd-bind d0 f0", "nothing")]
    [InlineData("bind d1; fd-bind d1 f0", "nothing")]
    [InlineData("claim-device o1 d1; fd-bind d1 f0", "-EPERM")]
    [InlineData("fd-unbind d0; fd-bind d0 f1", "0")]
    [InlineData("fd-unbind d1", "nothing")]
    [InlineData("fd-detach d0", "0")]
    [InlineData("fd-detach d1", "nothing")]
    [InlineData("fd-attach A0 d0; fd-unbind d0; fd-bind d0 f1", "0")]
    public void Bind(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Bound + commands));

    [Theory]
    [InlineData("fd-bind d1 f1", "-EPERM")]
    [InlineData("fd-bind d1 f0", "0")]
    [InlineData("fd-bind d1 f0; fd-unbind d0; fd-attach A0 d1", "0")]
    [InlineData("fd-bind d1 f0; fd-attach A0 d0; fd-attach A0 d1", "0")]
    [InlineData("fd-bind d1 f0; fd-attach A0 d0; fd-attach A1 d1", "-EINVAL")]
    [InlineData("fd-bind d1 f0; fd-attach A0 d0; hwpt-alloc H0 d1 A0; fd-attach H0 d1", "-EINVAL")]
    [InlineData("fd-bind d1 f0; hwpt-alloc H0 d1 A0; fd-attach H0 d0; fd-attach A0 d1", "-EINVAL")]
    [InlineData("fd-bind d1 f0; fd-attach A0 d0; fd-attach A0 d1; fd-attach A1 d0; fd-attach A1 d1", "0")]
    [InlineData("fd-bind d1 f0; fd-attach A0 d0; fd-attach A0 d1; fd-attach A1 d0; ioas-destroy A0", "0")]
    [InlineData("fd-bind d1 f0; fd-attach A0 d0; fd-attach A0 d1; fd-detach d0; ioas-destroy A0", "-EBUSY")]
    [InlineData("fd-bind d1 f0; fd-attach A0 d0; fd-attach A1 d0; fd-attach A0 d1", "-EINVAL")]
    public void Devices_of_one_group_go_together(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Bound + commands, devices: IommufdBench.OneGroup));

    [Theory]
    [InlineData("fd-attach A3 d0", "nothing")]
    [InlineData("fd-attach A2 d0", "nothing")]
    [InlineData("fd-attach H0 d0", "nothing")]
    [InlineData("fd-attach A0 d0; fd-attach A0 d0", "0")]
    [InlineData("fail-attach d0 0 -ENOMEM; fd-attach A0 d0", "-ENOMEM")]
    [InlineData("fail-attach d0 0 -EINVAL; fd-attach A0 d0", "-EINVAL")]
    [InlineData("fail-alloc -ENOMEM; fd-attach A0 d0", "-ENOMEM")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x1000 rw; fail-map 0 -ENOMEM; fd-attach A0 d0", "-ENOMEM")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x1000 rw; fail-map 0 -ENOMEM; fd-attach A0 d0; ioas-destroy A0",
        "0")]
    [InlineData("ioas-map A0 0xfee00000 m0x0 0x1000 rw; fd-attach A0 d0", "-EADDRINUSE")]
    [InlineData("ioas-allow A0 0xfee00000 0x2000; fd-attach A0 d0", "-EADDRINUSE")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x800 rw; fd-attach A0 d0", "-EADDRINUSE")]
    [InlineData("ioas-map A0 0x1000 m0x800 0x1000 rw; fd-attach A0 d0", "-EADDRINUSE")]
    [InlineData("ioas-map A0 0xffff000000000000 m0x0 0x1000 rw; fd-attach A0 d0", "-EADDRINUSE")]
    [InlineData("ioas-map A0 0x1000 m0x0 0x4000 rw; fd-attach A0 d0; fd-attach A1 d0; fd-attach A0 d0", "0")]
    [InlineData("reset-prepare d0; fd-attach A0 d0", "0")]
    public void Attach(string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Bound + commands));

    [Theory]
    [InlineData("fail-attach d0 0 -EINVAL; fd-attach A0 d0", "0")]
    [InlineData("fail-attach d0 0 -ENOMEM; fd-attach A0 d0", "-ENOMEM")]
    [InlineData("fd-attach A0 d0; fd-detach d1; hwpt-alloc H0 d0 A0; fd-attach H0 d0; ioas-destroy A0",
        "-EBUSY")]
    public void The_search_reuses_a_HWPT_and_goes_on_after_EINVAL(string commands, string outcome) =>
        Assert.Equal(
            outcome, IommufdBench.Last(Bound + "fd-bind d1 f0; fd-attach A0 d1; " + commands));

    [Theory]
    [InlineData("fd-attach H0 d0", "0")]
    [InlineData("fd-attach A1 d0", "0")]
    [InlineData("fail-attach d0 0 -ENOMEM; fd-attach A1 d0", "-ENOMEM")]
    [InlineData("fail-attach d0 0 -EINVAL; fd-attach A1 d0; ioas-destroy A1", "0")]
    [InlineData("ioas-map A1 0xfee00000 m0x0 0x1000 rw; fd-attach A1 d0", "-EADDRINUSE")]
    [InlineData("ioas-map A1 0xfee00000 m0x0 0x1000 r; fd-attach A1 d0; ioas-map A0 0xfee00000 m0x0 0x1000 r",
        "-EINVAL")]
    [InlineData("fd-attach A1 d0; ioas-map A0 0xfee00000 m0x0 0x1000 rw", "0")]
    [InlineData("fd-attach A1 d0; ioas-map A1 0xfee00000 m0x0 0x1000 rw", "-EINVAL")]
    [InlineData("fd-attach A1 d0; ioas-destroy A0", "-EBUSY")]
    [InlineData("fd-attach A1 d0; hwpt-destroy H0; ioas-destroy A0", "0")]
    public void Replace(string commands, string outcome) =>
        Assert.Equal(
            outcome, IommufdBench.Last(Bound + "fd-attach A0 d0; hwpt-alloc H0 d0 A0; " + commands));

    [Theory]
    [InlineData("v6.6", "hwpt-alloc H0 d0 A0", "0")]
    [InlineData("v6.6", "hwpt-alloc H0 d0 A0 +dirty", "-EOPNOTSUPP")]
    [InlineData("v6.6", "hwpt-alloc H1 d0 A0; hwpt-alloc H0 d0 H1", "-ENOENT")]
    [InlineData("v6.6", "hwpt-alloc H1 d0 A0; hwpt-alloc H0 d0 H1 +dirty", "-EOPNOTSUPP")]
    [InlineData("v6.6", "hwpt-alloc H0 d0 A0; hwpt-dirty H0 on", "nothing")]
    [InlineData("v6.5", "ioas-alloc A4 f0", "nothing")]
    [InlineData("v6.7", "hwpt-alloc H0 d0 A0 +fault", "-EOPNOTSUPP")]
    [InlineData("v6.7", "hwpt-alloc H0 d0 A0 +pasid", "-EOPNOTSUPP")]
    [InlineData("v6.7", "hwpt-alloc H1 d0 A0; hwpt-alloc H0 d0 H1", "-EOPNOTSUPP")]
    [InlineData("v7.2", "hwpt-alloc H1 d0 A0; hwpt-alloc H0 d0 H1", "-EOPNOTSUPP")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A0 +fault", "-ENOENT")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A0 +fault; ioas-destroy A0", "0")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A0 +nest-parent+fault", "-EOPNOTSUPP")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A0 +dirty", "-EOPNOTSUPP")]
    [InlineData("v7.2", "hwpt-alloc H0 d1 A0", "nothing")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A2", "nothing")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A0; hwpt-alloc H0 d0 A1", "nothing")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A0; hwpt-dirty H0 on", "-EOPNOTSUPP")]
    [InlineData("v7.2", "fail-alloc -ENOMEM; hwpt-alloc H0 d0 A0", "-ENOMEM")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A0; fd-attach H0 d0; hwpt-destroy H0", "-EBUSY")]
    [InlineData("v7.2", "hwpt-alloc H0 d0 A0; fd-attach H0 d0; fd-detach d0; hwpt-destroy H0", "0")]
    [InlineData("v7.2", "ioas-map A0 0x1000 m0x0 0x8000 rw; fail-map 1 -ENOMEM; hwpt-alloc H0 d0 A0",
        "-ENOMEM")]
    public void Hwpt(string era, string commands, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last(Bound + commands, era));

    [Theory]
    [InlineData("intel-vtd/scalable-second-stage", "+nest-parent", "-EOPNOTSUPP")]
    [InlineData("intel-vtd/scalable-first-stage", "+pasid", "0")]
    [InlineData("intel-vtd/legacy", "+pasid", "0")]
    [InlineData("arm-smmu-v3/s1", "+pasid", "0")]
    [InlineData("arm-smmu-v3/s1", "+nest-parent", "-EOPNOTSUPP")]
    [InlineData("arm-smmu-v3/s2", "+pasid", "-EOPNOTSUPP")]
    public void Flags_are_the_drivers_matter(string unit, string flags, string outcome) =>
        Assert.Equal(outcome, IommufdBench.Last($"{Bound}hwpt-alloc H0 d0 A0 {flags}", unit: unit));

    [Fact]
    public void Software_windows_are_reserved_and_hardware_ones_beside_them_refused()
    {
        const string Attach = "ioas-alloc A0 f0; fd-bind d0 f0; fd-attach A0 d0";
        Assert.Equal(
            "-EINVAL",
            IommufdBench.Last(Attach + "; ioas-map A0 0x8000000 m0x0 0x1000 rw", unit: IommufdBench.Smmu));
        Assert.Equal(
            "-EINVAL",
            IommufdBench.Last(
                Attach,
                unit: IommufdBench.Smmu,
                devices: "device d0 i0:0x8 group 0 pci resv msi 0x10000000+0x10000 rw"));
    }
}
