using Conformance.Harness.Search;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Properties.Clients.Iommufd;

namespace Conformance.Properties.Clients.Vfio;

/// <summary>What the sysfs attribute <c>type</c> answers while VFIO has to do with the group.</summary>
public sealed class TypeFileTests
{
    private const string Ready = "vfio-set-container c0 g0; vfio-set-iommu c0 v2; ";

    /// <summary>
    /// 6.1 refuses whenever any driver is bound, later kernels only while the group is claimed.
    /// </summary>
    [Theory]
    [InlineData("v5.19", "", "set-type g0 identity", "0")]
    [InlineData("v5.19", "vfio", "set-type g0 identity", "-EBUSY")]
    [InlineData("v5.19", "vfio", "set-type g0 DMA", "-EBUSY")]
    [InlineData("v5.19", "vfio strict=1", "set-type g0 DMA-FQ", "0")]
    [InlineData("v5.19", "vfio strict=1", Ready + "set-type g0 DMA-FQ", "-EBUSY")]
    [InlineData("v5.19", "", Ready + "set-type g0 identity", "-EBUSY")]
    [InlineData("v5.19", "vfio", Ready + "vfio-unset-container g0; set-type g0 identity", "-EBUSY")]
    [InlineData("v6.7", "vfio", "set-type g0 identity", "0")]
    [InlineData("v6.7", "vfio", "vfio-set-container c0 g0; set-type g0 identity", "-EPERM")]
    [InlineData("v6.7", "vfio", Ready + "set-type g0 identity", "-EPERM")]
    [InlineData("v6.7", "vfio strict=1", Ready + "set-type g0 DMA-FQ", "0")]
    [InlineData("v7.2", "vfio", "set-type g0 identity", "0")]
    [InlineData("v7.2", "vfio", Ready + "set-type g0 identity", "-EPERM")]
    [InlineData("v7.2", "vfio", Ready + "vfio-unset-container g0; set-type g0 identity", "0")]
    [InlineData("v7.2", "vfio", "bind d0; set-type g0 identity", "-EPERM")]
    public void Writing(string era, string kernel, string commands, string outcome) =>
        Assert.Equal(outcome, Last(era, kernel, commands));

    [Theory]
    [InlineData("v5.19", DomainType.Dma)]
    [InlineData("v7.2", DomainType.Dma)]
    public void Reading_tells_the_default_type_whoever_holds_the_group(string era, DomainType type) =>
        Assert.Equal($"0x{1 + (int)type:x}", Last(era, "vfio strict=1", Ready + "show-type g0"));

    private static string Last(string era, string kernel, string commands)
    {
        var text = ScenarioText.Print(IommufdBench.Scenario(commands, era));
        return IommufdBench.Run(
            ScenarioText.Parse(
                text.Replace("kernel\n", $"kernel {kernel}\n", StringComparison.Ordinal),
                Replay.Vocabulary()).OrThrow())[^1];
    }
}
