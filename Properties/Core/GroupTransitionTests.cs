namespace Conformance.Properties.Core;

/// <summary>The transition table of a group with two devices, era v7.2 (core.md 4.3, row by row).</summary>
public sealed class GroupTransitionTests
{
    private const string Two = "device d0 i0:0x1 group 0 pci ats;device d1 i0:0x2 group 0 pci ats";
    private const string TwoAndPlug = Two + ";device d2 i0:0x3 group 0 pci hotplug";
    private const string One = "device d0 i0:0x1 group 0 pci ats";
    private const string DirectFirst = "device d0 i0:0x1 group 0 pci resv direct 0x1000+0x1000 rw;"
        + "device d1 i0:0x2 group 0 pci";
    private const string DirectSecond = "device d0 i0:0x1 group 0 pci;"
        + "device d1 i0:0x2 group 0 pci resv direct 0x1000+0x1000 rw";

    private const string Def = "register i0;";
    private const string Blk = Def + "claim-group o1 g0;";
    private const string Usr = Blk + "alloc D0 d0;alloc D1 d0;attach-group D0 g0;";
    private const string Kusr = Def + "alloc D0 d0;attach-group D0 g0;";
    private const string Rst = Def + "alloc D0 d0;reset-prepare d0;";

    [Theory]
    [InlineData("1", Two, "register i0",
        "A(DEF,d0,NULL) A(DEF,d1,NULL) finalize(d0) finalize(d1) = 0")]
    [InlineData("2 (scan)", Two, "fail-attach d0 0 -ENOMEM;register i0",
        "A(DEF,d0,NULL)-ENOMEM A(DEF,d1,NULL) WARN:AttachFailed A(BLK,d0,DEF) release(d0) A(BLK,d1,DEF) "
        + "release(d1) free(DEF) = -ENOMEM")]
    [InlineData("3", Two, Def + "bind d0", "= 0")]
    [InlineData("4", Two, Def + "bind d0;unbind d0", "= 0")]
    [InlineData("5", Two, Def + "claim-group o1 g0", "A(BLK,d0,DEF) A(BLK,d1,DEF) = 0")]
    [InlineData("6", Two, Def + "bind d0;claim-group o1 g0", "= -EPERM")]
    [InlineData("6 (device)", Two, Def + "bind d0;claim-device o1 d1", "= -EPERM")]
    [InlineData("7", DirectFirst, Def + "claim-group o1 g0", "= -EINVAL")]
    [InlineData("8", DirectSecond, Def + "claim-group o1 g0", "A(BLK,d0,DEF) A(DEF,d0,BLK) = -EINVAL")]
    [InlineData("9", Two, Blk + "claim-device o1 d1", "= 0")]
    [InlineData("10", Two, Blk + "claim-device o2 d1", "= -EPERM")]
    [InlineData("10 (group)", Two, Blk + "claim-group o1 g0", "= -EPERM")]
    [InlineData("11", Two, Blk + "bind d0", "= -EBUSY")]
    [InlineData("12", Two, Blk + "alloc D0 d0;attach-group D0 g0", "A(D0,d0,BLK) A(D0,d1,BLK) = 0")]
    [InlineData("13", Two, Blk + "alloc D0 d0;fail-attach d1 0 -ENOMEM;attach-group D0 g0",
        "A(D0,d0,BLK) A(D0,d1,BLK)-ENOMEM A(BLK,d0,D0) = -ENOMEM")]
    [InlineData("15", Two, Usr + "attach-group D0 g0", "= -EBUSY")]
    [InlineData("15 (other)", Two, Usr + "attach-group D1 g0", "= -EBUSY")]
    [InlineData("16", Two, Usr + "replace D1 g0", "A(D1,d0,D0) A(D1,d1,D0) = 0")]
    [InlineData("17", Two, Usr + "fail-attach d1 0 -ENOMEM;replace D1 g0",
        "A(D1,d0,D0) A(D1,d1,D0)-ENOMEM A(D0,d0,D1) = -ENOMEM")]
    [InlineData("18", Two, Usr + "replace D0 g0", "= 0")]
    [InlineData("19", Two, Usr + "detach-group D0 g0", "A(BLK,d0,D0) A(BLK,d1,D0) = 0")]
    [InlineData("20", Two, Usr + "detach-device D0 d0", "WARN:BadDetach = 0")]
    [InlineData("21", Two, Usr + "claim-device o1 d0;release-device-owner d0", "= 0")]
    [InlineData("22", Two, Usr + "release-group-owner g0", "A(DEF,d0,D0) A(DEF,d1,D0) = 0")]
    [InlineData("22h", Two, Blk + "alloc D0 d0;attach-handle D0 g0;release-group-owner g0",
        "WARN:BadRelease = 0")]
    [InlineData("23", Two, Blk + "release-group-owner g0", "A(DEF,d0,BLK) A(DEF,d1,BLK) = 0")]
    [InlineData("24", Two, Def + "bind d0;release-group-owner g0", "WARN:BadRelease = 0")]
    [InlineData("24d", Two, Def + "bind d0;bind d1;release-device-owner d0", "= 0")]
    [InlineData("25", Two, Def + "bind d0;alloc D0 d0;attach-group D0 g0", "A(D0,d0,DEF) A(D0,d1,DEF) = 0")]
    [InlineData("26", Two, Kusr + "detach-group D0 g0", "A(DEF,d0,D0) A(DEF,d1,D0) = 0")]
    [InlineData("27", Two, Kusr + "claim-group o1 g0", "= -EBUSY")]
    [InlineData("28", Two, Def + "bind d0;alloc D0 d0;attach-group D0 g0;bind d1", "= -EBUSY")]
    [InlineData("29", Two, Kusr + "bind d0", "= 0")]
    [InlineData("30", Two, Def + "alloc D0 d0;attach-device D0 d0", "= -EINVAL")]
    [InlineData("31", TwoAndPlug, Usr + "probe d2", "A(D0,d2,NULL) finalize(d2) = 0")]
    [InlineData("31 (fails)", TwoAndPlug, Usr + "fail-attach d2 0 -ENOMEM;probe d2",
        "A(D0,d2,NULL)-ENOMEM A(BLK,d2,D0) release(d2) = -ENOMEM")]
    [InlineData("32", Two, Usr + "release d0", "A(BLK,d0,D0) release(d0) = 0")]
    [InlineData("33", One, Def + "release d0", "A(BLK,d0,DEF) release(d0) free(DEF) = 0")]
    [InlineData("33 (owned)", One, Usr + "release d0",
        "WARN:GroupBusyAtEnd A(BLK,d0,D0) release(d0) free(DEF) = 0")]
    [InlineData("35", Two, Usr + "fail-attach d0 0 -ENOMEM;release-group-owner g0",
        "A(DEF,d0,D0)-ENOMEM A(BLK,d0,D0) A(DEF,d1,D0) WARN:AttachFailed = 0")]
    [InlineData("36", Two, Def + "reset-prepare d0", "A(BLK,d0,DEF) = 0")]
    [InlineData("36n", Two, Def + "reset-prepare d0;reset-prepare d0", "= 0")]
    [InlineData("36x", TwoAndPlug, Def + "probe d2;reset-prepare d2", "= 0")]
    [InlineData("37 (attach)", Two, Rst + "attach-group D0 g0", "= -EBUSY")]
    [InlineData("37 (claim)", Two, Rst + "claim-group o1 g0", "= -EBUSY")]
    [InlineData("37 (sysfs)", Two, Rst + "set-type g0 identity", "= -EBUSY")]
    [InlineData("37m", Two, Usr + "reset-prepare d0;detach-group D0 g0", "A(BLK,d1,D0) = 0")]
    [InlineData("37h", TwoAndPlug, Rst + "probe d2", "A(DEF,d2,NULL) finalize(d2) = 0")]
    [InlineData("38", Two, Rst + "reset-prepare d0;reset-done d0", "= 0")]
    [InlineData("39", Two, Rst + "reset-done d0", "A(DEF,d0,BLK) = 0")]
    [InlineData("39u", Two, Def + "reset-done d0", "WARN:BadReset = 0")]
    [InlineData("40", Two, Def + "set-type g0 identity", "A(IDT,d0,DEF) A(IDT,d1,DEF) free(DEF) = 0")]
    public void RowOfTheTransitionTable(string row, string devices, string commands, string expected)
    {
        Assert.NotEmpty(row);
        Assert.Equal(expected, CoreBench.Run("v7.2", devices, commands));
    }
}
