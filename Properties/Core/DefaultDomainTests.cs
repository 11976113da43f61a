namespace Conformance.Properties.Core;

/// <summary>Which default domain a group gets, and when it is attached (core.md 3.3, 3.5, 3.7).</summary>
public sealed class DefaultDomainTests
{
    private const string Plain = "device d0 i0:0x1 group 0 pci";

    [Theory]
    [InlineData("v5.19", "", "= -EINVAL")]
    [InlineData("v7.2", "passthrough=1", "= -EINVAL")]
    public void UntrustedDeviceRefusesIdentityFromSysfs(string era, string kernel, string expected) =>
        Assert.Equal(expected, CoreBench.Run(
            era, "device d0 i0:0x1 group 0 pci untrusted", "register i0;set-type g0 identity", kernel));

    [Fact]
    public void UntrustedDeviceWithAnIdentityWishCannotBeProbedFromV6_7()
    {
        const string device = "device d0 i0:0x1 group 0 pci untrusted wish identity hotplug";
        Assert.Equal("release(d0) = -EINVAL", Last(CoreBench.Run("v7.2", device, "register i0;probe d0")));
        Assert.EndsWith("= 0", CoreBench.Run("v6.6", device, "register i0;probe d0"),
            StringComparison.Ordinal);
    }

    [Fact]
    public void PassthroughMakesIdentityTheDefault() =>
        Assert.Equal(
            "A(IDT,d0,NULL) finalize(d0) = 0", CoreBench.Run("v7.2", Plain, "register i0", "passthrough=1"));

    [Fact]
    public void DirectRegionsAreMappedBeforeTheFirstAttach() =>
        Assert.Equal(
            "map(DEF,0x4000,0x2000) A(DEF,d0,NULL) finalize(d0) = 0",
            CoreBench.Run("v7.2", Plain + " resv direct 0x4000+0x2000 rw", "register i0"));

    [Fact]
    public void UnalignedStartOfADirectRegionLosesItsFirstPage() =>
        Assert.Equal(
            "map(DEF,0x5000,0x1000) A(DEF,d0,NULL) finalize(d0) = 0",
            CoreBench.Run("v7.2", Plain + " resv direct 0x4800+0x1000 rw", "register i0"));

    [Fact]
    public void DeferredDeviceIsAttachedAtItsFirstMapping()
    {
        const string device = Plain + " deferred";
        Assert.Equal("finalize(d0) = 0", CoreBench.Run("v7.2", device, "register i0", "kdump"));
        Assert.Equal("A(DEF,d0,NULL) = 0",
            CoreBench.Run("v7.2", device, "register i0;deferred-attach d0", "kdump"));
        Assert.Equal("= 0", CoreBench.Run(
            "v7.2", device, "register i0;deferred-attach d0;deferred-attach d0", "kdump"));
    }

    [Fact]
    public void NonDefaultAttachEndsADeferral() =>
        Assert.Equal("A(D0,d0,DEF) = 0", CoreBench.Run(
            "v7.2", Plain + " deferred", "register i0;alloc D0 d0;attach-group D0 g0", "kdump"));

    [Fact]
    public void FallbackToDmaIsTriedOnlyInAutoModeFromV6_7()
    {
        const string wish = Plain + " wish identity";
        Assert.Equal("A(IDT,d0,NULL) finalize(d0) = 0", CoreBench.Run("v7.2", wish, "register i0"));
        Assert.EndsWith(
            "= -EINVAL", CoreBench.Run("v7.2", Plain, "fail-alloc -ENOMEM;register i0"),
                StringComparison.Ordinal);
    }

    [Fact]
    public void GroupWithoutDefaultDomainIsSkippedByTheScanBeforeV6_5()
    {
        Assert.Equal("= 0", CoreBench.Run("v5.19", Plain, "fail-alloc -ENOMEM;register i0"));
        Assert.Equal("finalize(d0) = 0", CoreBench.Run("v6.5", Plain, "fail-alloc -ENOMEM;register i0"));
    }

    private static string Last(string calls) => calls[calls.IndexOf("release", StringComparison.Ordinal)..];
}
