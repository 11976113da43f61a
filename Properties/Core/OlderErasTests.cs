namespace Conformance.Properties.Core;

/// <summary>Where older eras differ from the table (core.md 3.2, 4.4, 4.6).</summary>
public sealed class OlderErasTests
{
    private const string Two = "device d0 i0:0x1 group 0 pci;device d1 i0:0x2 group 0 pci";
    private const string TwoAndPlug = Two + ";device d2 i0:0x3 group 0 pci hotplug";
    private const string One = "device d0 i0:0x1 group 0 pci";
    private const string Def = "register i0;";
    private const string Blk = Def + "claim-group o1 g0;";

    [Theory]
    [InlineData("v6.7", "A(D0,d0) A(D0,d1)-ENOMEM A(BLK,d0) A(BLK,d1) = -ENOMEM")]
    [InlineData("v6.19", "A(D0,d0,BLK) A(D0,d1,BLK)-ENOMEM A(BLK,d0,D0) = -ENOMEM")]
    [InlineData("v6.5", "A(D0,d0) A(D0,d1)-ENOMEM A(BLK,d0) A(BLK,d1) = -ENOMEM")]
    [InlineData("v6.3", "A(D0,d0) A(D0,d1)-ENOMEM A(BLK,d0) A(BLK,d1) = -ENOMEM")]
    [InlineData("v5.19", "A(D0,d0) A(D0,d1)-ENOMEM = -ENOMEM")]
    public void FailedGroupAttachIsUndoneAsTheEraDoes(string era, string expected) =>
        Assert.Equal(expected, CoreBench.Run(
            era, Two, Blk + "alloc D0 d0;fail-attach d1 0 -ENOMEM;attach-group D0 g0"));

    [Theory]
    [InlineData("v5.19")]
    [InlineData("v6.3")]
    [InlineData("v6.5")]
    public void DetachAfterAFailedAttachDoesNothingBecauseTheRecordAlreadyMatches(string era)
    {
        const string commands = Blk
            + "alloc D0 d0;fail-attach d1 0 -ENOMEM;attach-group D0 g0;detach-group D0 g0";
        Assert.Equal("= 0", CoreBench.Run(era, Two, commands));
    }

    [Theory]
    [InlineData("v5.19", "A(DEF,d2) A(DEF,d2) finalize(d2) = 0")]
    [InlineData("v6.3", "A(DEF,d2) A(DEF,d2) finalize(d2) = 0")]
    [InlineData("v6.5", "A(DEF,d2) finalize(d2) = 0")]
    public void HotplugIntoAGroupOnItsDefaultAttachesTwiceBeforeV6_5(string era, string expected) =>
        Assert.Equal(expected, CoreBench.Run(era, TwoAndPlug, Def + "probe d2"));

    [Fact]
    public void HotplugIntoAKernelUsersGroupEndsOnTheDefaultDomainBeforeV6_5() =>
        Assert.Equal("A(D0,d2) A(DEF,d2) finalize(d2) = 0", CoreBench.Run(
            "v5.19", TwoAndPlug, Def + "alloc D0 d0;attach-group D0 g0;probe d2"));

    [Theory]
    [InlineData("v5.19", "= -EBUSY")]
    [InlineData("v6.6", "= -EPERM")]
    [InlineData("v7.2", "= -EPERM")]
    public void SysfsRefusesABoundDevice(string era, string expected) =>
        Assert.Equal(expected, CoreBench.Run(era, One, Def + "bind d0;set-type g0 identity"));

    [Theory]
    [InlineData("v5.19", "= -EINVAL")]
    [InlineData("v6.3", "= -EINVAL")]
    public void SysfsRefusesLargerGroupsBeforeV6_5(string era, string expected) =>
        Assert.Equal(expected, CoreBench.Run(era, Two, Def + "set-type g0 identity"));

    [Theory]
    [InlineData("v5.19", "A(BLK,d0) A(BLK,d1) = 0")]
    [InlineData("v6.3", "WARN:NullOwner = -EINVAL")]
    [InlineData("v7.2", "WARN:NullOwner = -EINVAL")]
    public void NullOwnerIsRefusedFromV6_2(string era, string expected) =>
        Assert.Equal(expected, CoreBench.Run(era, Two, Def + "claim-group o0 g0"));

    [Theory]
    [InlineData("v5.19", "release(d0) free(DEF) = 0")]
    [InlineData("v6.6", "release(d0) free(DEF) = 0")]
    [InlineData("v6.7", "A(BLK,d0) release(d0) free(DEF) = 0")]
    [InlineData("v7.2", "A(BLK,d0,DEF) release(d0) free(DEF) = 0")]
    public void ReleaseGoesThroughTheReleaseDomainFromV6_9(string era, string expected) =>
        Assert.Equal(expected, CoreBench.Run(era, One, Def + "release d0"));

    [Theory]
    [InlineData("v6.5", "A(BLK,d0) = 0")]
    [InlineData("v6.6", "A(DEF,d0) = -EINVAL")]
    [InlineData("v6.7", "A(DEF,d0) = -EINVAL")]
    [InlineData("v7.2", "= -EINVAL")]
    public void DirectRegionRefusesBlockingFromV6_6(string era, string expected)
    {
        const string devices = "device d0 i0:0x1 group 0 pci resv direct 0x1000+0x1000 rw";
        Assert.Equal(expected, CoreBench.Run(era, devices, Def + "claim-group o1 g0"));
    }

    [Theory]
    [InlineData("v5.19", "= nothing")]
    [InlineData("v6.3", "= 0")]
    public void DeviceClaimExistsFromV6_2(string era, string expected) =>
        Assert.Equal(expected, CoreBench.Run(era, One, Blk + "claim-device o1 d0"));
}
