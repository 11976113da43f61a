using Conformance.Drivers.ArmSmmuV3;
using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Properties.Drivers;

/// <summary>The worked examples of the SMMUv3 sheet: entries, registers, commands, events, word for
/// word.</summary>
public class ArmSmmuV3VectorTests
{
    private const ulong A = 0x80_8060_4000;
    private const ulong APa = 0x1_2345_6000;
    private const ulong B = 0x80_8080_0000;
    private const uint Sid = 0x18;

    private static readonly SmmuBuild Stalling =
        SmmuBuild.Stage1 with { Idr0 = SmmuBuild.Stage1.Idr0 & ~SmmuBuild.NoStall };

    public static TheoryData<KernelTree> Trees => ArmSmmuV3Rig.Trees;

    [Fact]
    public void Two_level_stream_table()
    {
        var memory = new PhysicalMemory(0x1_0000_F000);
        var table = new SmmuStreamTable(memory, 16, twoLevel: true, incomingShare: false);
        table.Ensure(Sid);
        Assert.Equal(0x1_0001_0009UL, memory.Read(0x1_0000_F000));
        Assert.Equal(0x0001_0210U, table.Config);
        Assert.Equal(0x1_0001_0600UL, table.EntryOf(Sid));
        Assert.Equal(1UL, memory.Read(0x1_0001_0600));
    }

    [Fact]
    public void Linear_stream_table()
    {
        var memory = new PhysicalMemory(0x1_0001_0000);
        var table = new SmmuStreamTable(memory, 8, twoLevel: false, incomingShare: false);
        Assert.Equal(0x4000_0001_0001_0000UL, table.Base);
        Assert.Equal(8U, table.Config);
        Assert.Equal(0x1_0001_0600UL, table.EntryOf(Sid));
        Assert.False(table.Covers(0x100));
    }

    [Fact]
    public void Stage_1_entry()
    {
        var table = new SmmuCdTable(new PhysicalMemory(0x1_0000_8000), 0, twoLevel: true);
        var words = new ulong[8];
        SmmuEntries.Stage1(words, table, Features(SmmuBuild.Stage1), SmmuEntries.DssContext0, ats: false,
            stallEnabled: false);
        Assert.Equal([0x0000_0001_0000_800B, 0xD6, 0, 0, 0, 0, 0, 0], words);
        SmmuEntries.Stage1(words, table, Features(Stalling), SmmuEntries.DssContext0, ats: false,
            stallEnabled: false);
        Assert.Equal(0x0800_00D6UL, words[1]);
        SmmuEntries.Stage1(words, table, Features(Stalling), SmmuEntries.DssContext0, ats: false,
            stallEnabled: true);
        Assert.Equal(0xD6UL, words[1]);
    }

    [Theory]
    [InlineData(false, ArmLpaeQuirks.None, 0x0001_E205_C000_3510)]
    [InlineData(true, ArmLpaeQuirks.None, 0x0001_F205_C000_3510)]
    [InlineData(false, ArmLpaeQuirks.HardwareDirty, 0x0001_EE05_C000_3510)]
    public void Context_descriptor(bool stall, ArmLpaeQuirks quirks, ulong first)
    {
        var rig = new ArmLpaeRig(0x1_0000_1000, ArmLpaeFormat.Aarch64Stage1, ArmLpaeRig.Sizes4K, 48, 48,
            quirks: quirks);
        var words = new ulong[8];
        SmmuEntries.Context(words, rig.Table.Config, rig.Layout, rig.Table.Root, asid: 1, stall);
        Assert.Equal([first, 0x1_0000_1000, 0, 0xFFFF_FFFF_F404_FF44, 0, 0, 0, 0], words);
    }

    [Fact]
    public void Stage_2_entry()
    {
        var rig = new ArmLpaeRig(0x1_0000_1000, ArmLpaeFormat.Aarch64Stage2, ArmLpaeRig.Sizes4K, 48, 48);
        var words = new ulong[8];
        SmmuEntries.Stage2(words, rig.Layout.Vtcr(coherent: true), rig.Table.Root, 1,
            Features(SmmuBuild.Stage2),
            ats: false);
        Assert.Equal([0xD, 0, 0x044D_3590_0000_0001, 0x1_0000_1000, 0, 0, 0, 0], words);
    }

    [Theory]
    [InlineData(KernelTree.V6_1, 0x0000_1000_0000_0000)]
    [InlineData(KernelTree.V6_12, 0)]
    [InlineData(KernelTree.V7_2, 0)]
    public void Stage_2_entry_as_attach_leaves_it(KernelTree tree, ulong second)
    {
        var rig = new ArmSmmuV3Rig(tree, [ArmSmmuV3Factory.Stage2], [ArmSmmuV3Rig.Device(Sid)]);
        var domain = (SmmuPagingDomain)rig.Attached();
        Assert.Equal(
            [0xD, second, 0x044D_3590_0000_0001, domain.Table!.Root, 0, 0, 0, 0], rig.Entry(Sid));
    }

    [Fact]
    public void Abort_and_bypass_entries()
    {
        var words = new ulong[8];
        SmmuEntries.Abort(words, incoming: false);
        Assert.Equal([1, 0, 0, 0, 0, 0, 0, 0], words);
        SmmuEntries.Bypass(words, incoming: false);
        Assert.Equal([9, 0, 0, 0, 0, 0, 0, 0], words);
        SmmuEntries.Bypass(words, incoming: true);
        Assert.Equal([9, 0x0000_1000_0000_0000, 0, 0, 0, 0, 0, 0], words);
    }

    [Fact]
    public void Commands()
    {
        AssertWords(0x0000_0018_0000_0003, 1, SmmuCommand.CfgiSte(Sid, leaf: true));
        AssertWords(0x0000_0018_0000_0005, 1, SmmuCommand.CfgiCd(Sid, 0, leaf: true));
        AssertWords(0x4, 0x1F, SmmuCommand.CfgiAll);
        AssertWords(0x0001_0000_0000_0012, 0x0000_0080_8060_4001,
            SmmuCommand.TlbiAddress(SmmuSpace.El1Asid, 1, A, leaf: true));
        AssertWords(0x0001_0000_0000_0011, 0, SmmuCommand.TlbiWhole(SmmuSpace.El1Asid, 1));
        AssertWords(0x0000_0001_0000_0028, 0, SmmuCommand.TlbiWhole(SmmuSpace.Vmid, 1));
        AssertWords(0x0000_0001_0000_002A, 0x0000_0080_8060_4001,
            SmmuCommand.TlbiAddress(SmmuSpace.Vmid, 1, A, leaf: true));
        AssertWords(0x0000_0000_0FC0_2046, 0, SmmuCommand.Sync(sendsEvent: true));
        AssertWords(0x0000_0000_0FC0_0046, 0, SmmuCommand.Sync(sendsEvent: false));
        AssertWords(0x0000_0018_0000_0040, 0x0000_0080_8060_4000, SmmuCommand.AtcInv(Sid, 0, A, 0x1000));
        AssertWords(0x0000_0018_0000_0040, 52, SmmuCommand.AtcInv(Sid, 0, 0, 0));
        AssertWords(0x0000_0018_0000_0001, 0, SmmuCommand.PrefetchCfg(Sid));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Range_commands_of_a_page_and_of_a_block(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, [ArmSmmuV3Factory.Stage1], [ArmSmmuV3Rig.Device(Sid)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, A, APa, 0x1000));
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, B, 0x2_4680_0000, 0x20_0000));
        var page = rig.Commands(() => ArmSmmuV3Rig.Unmap(domain, A, 0x1000));
        Assert.Equal([(0x0001_0000_0000_0012UL, 0x0000_0080_8060_4701UL), (0x0FC0_2046UL, 0UL)], page);
        var block = rig.Commands(() => ArmSmmuV3Rig.Unmap(domain, B, 0x20_0000));
        Assert.Equal([(0x0001_0000_0090_0012UL, 0x0000_0080_8080_0601UL), (0x0FC0_2046UL, 0UL)], block);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Commands_of_a_unit_without_ranges(KernelTree tree)
    {
        var rig = new ArmSmmuV3Rig(tree, [ArmSmmuV3Factory.Linear], [ArmSmmuV3Rig.Device(Sid)]);
        var domain = rig.Attached();
        Assert.Equal(Errno.OK, ArmSmmuV3Rig.Map(domain, A, APa, 0x2000));
        var seen = rig.Commands(() => ArmSmmuV3Rig.Unmap(domain, A, 0x2000));
        Assert.Equal(
            [
                (0x0001_0000_0000_0012UL, 0x0000_0080_8060_4001UL),
                (0x0001_0000_0000_0012UL, 0x0000_0080_8060_5001UL),
                (0x0FC0_2046UL, 0UL),
            ],
            seen);
    }

    [Fact]
    public void Command_queue_base()
    {
        var memory = new PhysicalMemory(0x1_0002_0000);
        var unit = new SmmuHardware(memory, SmmuBuild.Stage1);
        var queue = new SmmuQueue(memory, unit, 8, sendsEvent: true, SmmuSteps.Normal);
        Assert.Equal(0x4000_0001_0002_0008UL, queue.Base);
    }

    [Fact]
    public void Start_writes_the_control_registers()
    {
        var rig = new ArmSmmuV3Rig(KernelTree.V7_2, [ArmSmmuV3Factory.Stage1], [ArmSmmuV3Rig.Device(Sid)]);
        Assert.Equal(0xD75U, rig.Hardware.Read32(SmmuReg.Cr1));
        Assert.Equal(SmmuReg.Cr2Ptm | SmmuReg.Cr2RecInvSid, rig.Hardware.Read32(SmmuReg.Cr2));
        Assert.Equal(0x1FU, rig.Hardware.Read32(SmmuReg.Cr0));
        Assert.Equal(0x1FU, rig.Hardware.Read32(SmmuReg.Cr0Ack));
    }

    [Fact]
    public void Event_record_of_a_write_to_an_unmapped_address()
    {
        var memory = Placed(out var unit);
        memory.Write(0x1_0000_4020, 0);
        var outcome = unit.Dma(Sid, ssv: false, 0, A, DmaAccess.Write, privileged: false);
        Assert.Equal(DmaOutcome.Refused(0x10), outcome);
        Assert.Equal(1U, unit.Read32(SmmuReg.EvtqProd));
        Assert.Equal(0x0000_0018_0000_0010UL, memory.Read(0x1_0003_0000));
        Assert.Equal(0x0000_0200_0000_0000UL, memory.Read(0x1_0003_0008));
        Assert.Equal(0x0000_0080_8060_4000UL, memory.Read(0x1_0003_0010));
    }

    [Fact]
    public void Hand_placed_words_translate()
    {
        Placed(out var unit);
        Assert.Equal(DmaOutcome.At(APa + 0x123), unit.Dma(Sid, false, 0, A + 0x123, DmaAccess.Write, false));
        Assert.Equal(DmaOutcome.At(0x2_4680_0000), unit.Dma(Sid, false, 0, B, DmaAccess.Read, false));
        Assert.Equal(DmaOutcome.Refused(0x13), unit.Dma(Sid, false, 0, B, DmaAccess.Write, false));
        Assert.Equal(DmaOutcome.Refused(0x02), unit.Dma(0x100, false, 0, A, DmaAccess.Read, false));
    }

    [Theory]
    [InlineData(0x1, 0x00)]
    [InlineData(0x0, 0x04)]
    [InlineData(0x8, 0x04)]
    public void Hand_placed_entries_refuse(ulong entry, uint code)
    {
        var memory = Placed(out var unit);
        memory.Write(0x1_0001_0600, entry);
        Assert.Equal(DmaOutcome.Refused(code), unit.Dma(Sid, false, 0, A, DmaAccess.Read, false));
    }

    [Fact]
    public void Hand_placed_stage_2_words_translate()
    {
        var memory = Placed(out var unit, SmmuBuild.Stage2);
        memory.Write(0x1_0001_0600, 0xD);
        memory.Write(0x1_0001_0608, 0);
        memory.Write(0x1_0001_0610, 0x044D_3590_0000_0001);
        memory.Write(0x1_0001_0618, 0x1_0000_1000);
        memory.Write(0x1_0000_4020, 0x1_2345_6697);
        Assert.Equal(DmaOutcome.At(APa), unit.Dma(Sid, false, 0, A, DmaAccess.Write, false));
        Assert.Equal(DmaOutcome.Refused(0x13), unit.Dma(Sid, false, 0, A, DmaAccess.Read, false));
    }

    private static SmmuFeatures Features(SmmuBuild build) =>
        SmmuFeatures.Read(new SmmuHardware(new PhysicalMemory(0x1000), build), build.HostAtEl2);

    private static void AssertWords(ulong q0, ulong q1, SmmuCommand command) =>
        Assert.Equal((q0, q1), (command.Q0, command.Q1));

    /// <summary>The sheet's stage-1 example laid out by hand, registers too; events at 0x100030000.</summary>
    private static PhysicalMemory Placed(out SmmuHardware unit, SmmuBuild? build = null)
    {
        var memory = new PhysicalMemory(0x1_0000_0000);
        memory.Alloc(0x4_0000);
        (ulong At, ulong Word)[] words =
        [
            (0x1_0000_1008, 0x1_0000_2003), (0x1_0000_2010, 0x1_0000_3003), (0x1_0000_3018, 0x1_0000_4003),
            (0x1_0000_4020, 0x1_2345_6F47), (0x1_0000_3020, 0x2_4680_0FC5),
            (0x1_0001_0600, 0x1_0000_800B), (0x1_0001_0608, 0xD6),
            (0x1_0000_8000, 0x0001_E205_C000_3510), (0x1_0000_8008, 0x1_0000_1000),
            (0x1_0000_8018, 0xFFFF_FFFF_F404_FF44),
        ];
        foreach (var (at, word) in words)
        {
            memory.Write(at, word);
        }

        unit = new SmmuHardware(memory, build ?? SmmuBuild.Stage1);
        unit.Write64(SmmuReg.StrtabBase, 0x4000_0001_0001_0000);
        unit.Write32(SmmuReg.StrtabBaseCfg, 8);
        unit.Write64(SmmuReg.EvtqBase, 0x4000_0001_0003_0007);
        unit.Write32(SmmuReg.Cr2, SmmuReg.Cr2RecInvSid);
        unit.Write32(SmmuReg.Cr0, SmmuReg.Cr0SmmuEn | SmmuReg.Cr0EvtqEn);
        return memory;
    }
}
