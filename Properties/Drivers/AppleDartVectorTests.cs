using Conformance.Drivers.AppleDart;
using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>
/// The worked example of the apple-dart sheet, byte for byte: the driver writes it, the walker reads it.
/// </summary>
public class AppleDartVectorTests
{
    private const ulong Root = 0x8_0000_8000;
    private const ulong LeafTable = 0x8_0000_c000;
    private const ulong Iova16K = 0x0602_8000;
    private const ulong Pa = 0x8_7654_0000;
    private const Prot Rw = Prot.Read | Prot.Write;

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void Dart1_16K_table_and_leaf_have_the_sheets_bytes(KernelTree tree)
    {
        var rig = Mapped(tree, "t8103", Iova16K, Rw | Prot.Cache);
        Assert.Equal(0x0000_0008_0000_c001UL, rig.Stack.Memory.Read(Root + 0x18));
        Assert.Equal(0x000f_ff08_7654_0003UL, rig.Stack.Memory.Read(LeafTable + 0x50));
    }

    [Theory]
    [InlineData(Prot.Read, 0x000f_ff08_7654_0083)]
    [InlineData(Prot.Write, 0x000f_ff08_7654_0103)]
    [InlineData(Prot.Read | Prot.Write, 0x000f_ff08_7654_0003)]
    public void Dart1_permissions_are_negative(Prot prot, ulong leaf)
    {
        foreach (var tree in Enum.GetValues<KernelTree>())
        {
            Assert.Equal(leaf, Mapped(tree, "t8103", Iova16K, prot).Stack.Memory.Read(LeafTable + 0x50));
        }
    }

    [Theory]
    [InlineData(KernelTree.V6_1, Rw, 0x000f_ff00_8765_4003)]
    [InlineData(KernelTree.V6_1, Rw | Prot.Cache, 0x000f_ff00_8765_4003)]
    [InlineData(KernelTree.V6_12, Rw, 0x000f_ff00_8765_4003)]
    [InlineData(KernelTree.V6_12, Rw | Prot.Cache, 0x000f_ff00_8765_4003)]
    [InlineData(KernelTree.V7_2, Rw | Prot.Cache, 0x000f_ff00_8765_4001)]
    [InlineData(KernelTree.V7_2, Rw, 0x000f_ff00_8765_4003)]
    [InlineData(KernelTree.V7_2, Prot.Read | Prot.Cache, 0x000f_ff00_8765_4005)]
    [InlineData(KernelTree.V7_2, Prot.Write | Prot.Cache, 0x000f_ff00_8765_4009)]
    public void Dart2_16K_leaves_have_the_sheets_bytes(KernelTree tree, Prot prot, ulong leaf)
    {
        var rig = Mapped(tree, "t6000", Iova16K, prot);
        Assert.Equal(0x0000_0000_8000_0c01UL, rig.Stack.Memory.Read(Root + 0x18));
        Assert.Equal(leaf, rig.Stack.Memory.Read(LeafTable + 0x50));
    }

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void Dart1_4K_uses_the_third_of_four_tables(KernelTree tree)
    {
        var rig = Mapped(tree, "t8103-4k", 0x8060_4000, Rw);
        Assert.Equal(0x0000_0008_0000_c001UL, rig.Stack.Memory.Read(0x8_0000_a018));
        Assert.Equal(0x000f_ff08_7654_0003UL, rig.Stack.Memory.Read(0x8_0000_c020));
        for (var i = 0u; i < 4; i++)
        {
            Assert.Equal(0x8080_0000 + 8 + i, rig.Silicon().Read32(T8020.Ttbr + 16 + (4 * i)));
        }
    }

    [Fact]
    public void Dart2_42_bit_has_three_levels()
    {
        var rig = Mapped(KernelTree.V7_2, "t8110-42bit", 0x50_0602_8000, Rw | Prot.Cache);
        Assert.Equal(0x0000_0000_8000_0c01UL, rig.Stack.Memory.Read(0x8_0000_8028));
        Assert.Equal(0x0000_0000_8000_1001UL, rig.Stack.Memory.Read(0x8_0000_c018));
        Assert.Equal(0x000f_ff00_8765_4001UL, rig.Stack.Memory.Read(0x8_0001_0050));
        Assert.Equal(0x9u, rig.Silicon().Read32(T8110.Tcr + 4));
        Assert.Equal(Pa + 0x123, rig.Dma(0x50_0602_8123).Pa.Value);
    }

    [Theory]
    [InlineData("t8103", T8020.Ttbr + 16, 0x8080_0008u, T8020.Tcr + 4, 0x80u, 0x1100u)]
    [InlineData("t6000", T8020.Ttbr + 16, 0x8080_0008u, T8020.Tcr + 4, 0x80u, 0x1100u)]
    [InlineData("t8110", T8110.Ttbr + 4, 0x0080_0009u, T8110.Tcr + 4, 0x1u, 0x6u)]
    public void Registers_have_the_sheets_values(
        string variant, uint ttbr, uint ttbrValue, uint tcr, uint translate, uint bypass)
    {
        var rig = Mapped(KernelTree.V7_2, variant, Iova16K, Rw);
        Assert.Equal(ttbrValue, rig.Silicon().Read32(ttbr));
        Assert.Equal(translate, rig.Silicon().Read32(tcr));

        Assert.Equal(Errno.OK, rig.Identity().AttachDev(rig[0], old: null));
        Assert.Equal(bypass, rig.Silicon().Read32(tcr));
        Assert.Equal(ttbrValue, rig.Silicon().Read32(ttbr));

        Assert.Equal(Errno.OK, rig.Blocked().AttachDev(rig[0], old: null));
        Assert.Equal(0u, rig.Silicon().Read32(tcr));
    }

    [Fact]
    public void T8020_invalidates_a_bitmap_of_streams_by_one_command()
    {
        var rig = new AppleDartRig(KernelTree.V7_2, ["t8103"], [AppleDartRig.Device([0, 3])]);
        var domain = rig.Attached();
        rig.Trace.Clear();
        domain.FlushIotlbAll();
        var e = Assert.Single(rig.Trace.Events.ToArray(), x => x.Kind == EventKind.Invalidate);
        Assert.Equal((0x9UL, 0x0010_0000UL), (e.A, e.B));
    }

    [Fact]
    public void T8110_invalidates_stream_by_stream()
    {
        var rig = new AppleDartRig(KernelTree.V7_2, ["t8110"], [AppleDartRig.Device([0, 3])]);
        var domain = rig.Attached();
        rig.Trace.Clear();
        domain.FlushIotlbAll();
        var words = rig.Trace.Events.ToArray().Where(x => x.Kind == EventKind.Invalidate).Select(x => x.A);
        Assert.Equal([0x100UL, 0x103UL], words);
    }

    [Theory]
    [InlineData(DartFormat.Dart1, 0x0000_0008_0000_c001, 0x000f_ff08_7654_0003, true, true)]
    [InlineData(DartFormat.Dart1, 0x0000_0008_0000_c001, 0x000f_ff08_7654_0083, true, false)]
    [InlineData(DartFormat.Dart1, 0x0000_0008_0000_c001, 0x000f_ff08_7654_0103, false, true)]
    [InlineData(DartFormat.Dart2, 0x0000_0000_8000_0c01, 0x000f_ff00_8765_4001, true, true)]
    [InlineData(DartFormat.Dart2, 0x0000_0000_8000_0c01, 0x000f_ff00_8765_4003, true, true)]
    [InlineData(DartFormat.Dart2, 0x0000_0000_8000_0c01, 0x000f_ff00_8765_4005, true, false)]
    [InlineData(DartFormat.Dart2, 0x0000_0000_8000_0c01, 0x000f_ff00_8765_4009, false, true)]
    public void Walker_reads_hand_placed_16K_tables(
        DartFormat format, ulong table, ulong leaf, bool read, bool write)
    {
        var memory = Placed((Root + 0x18, table), (LeafTable + 0x50, leaf));
        var unit = T8020Unit(memory, format, 14);
        unit.Write32(T8020.Ttbr + 16, 0x8080_0008);
        AssertReaches(unit, Iova16K + 0x3fff, Pa + 0x3fff, read, write);
        Assert.Equal(T8020.ErrorNoPte, unit.Dma(1, Iova16K + 0x4000, DmaAccess.Read).Code);
        Assert.Equal(T8020.ErrorNoPmd, unit.Dma(1, 0, DmaAccess.Read).Code);
        Assert.Equal(T8020.ErrorNoTtbr, unit.Dma(1, 1UL << 36, DmaAccess.Read).Code);
    }

    [Fact]
    public void Walker_reads_hand_placed_4K_tables()
    {
        var memory = Placed((0x8_0000_a018, 0x8_0000_c001), (0x8_0000_c020, 0x000f_ff08_7654_0003));
        var unit = T8020Unit(memory, DartFormat.Dart1, 12);
        unit.Write32(T8020.Ttbr + 16 + 8, 0x8080_000a);
        AssertReaches(unit, 0x8060_4fff, Pa + 0xfff, read: true, write: true);
        Assert.Equal(T8020.ErrorNoTtbr, unit.Dma(1, 0x4060_4000, DmaAccess.Read).Code);
    }

    [Fact]
    public void Walker_reads_hand_placed_four_level_tables()
    {
        var memory = Placed(
            (0x8_0000_8028, 0x8000_0c01),
            (0x8_0000_c018, 0x8000_1001),
            (0x8_0001_0050, 0x000f_ff00_8765_4001));
        var unit = DartSilicon.Create(AppleDartVariant.Of("t8110-42bit"), memory, trace: null);
        unit.Write32(T8110.EnableStreams, 0x2);
        unit.Write32(T8110.Tcr + 4, 0x9);
        unit.Write32(T8110.Ttbr + 4, 0x0080_0009);
        AssertReaches(unit, 0x50_0602_8000, Pa, read: true, write: true);
        Assert.Equal(T8110.ErrorNoPgd, unit.Dma(1, Iova16K, DmaAccess.Read).Code);
        Assert.Equal(T8110.ErrorNoPmd, unit.Dma(1, 0x50_0000_0000, DmaAccess.Read).Code);
        Assert.Equal(T8110.ErrorNoPte, unit.Dma(1, 0x50_0602_c000, DmaAccess.Read).Code);
    }

    private static void AssertReaches(DartSilicon unit, ulong iova, ulong pa, bool read, bool write)
    {
        Assert.Equal(read ? DmaOutcome.At(pa) : default, Landing(unit.Dma(1, iova, DmaAccess.Read)));
        Assert.Equal(write ? DmaOutcome.At(pa) : default, Landing(unit.Dma(1, iova, DmaAccess.Write)));
    }

    private static DmaOutcome Landing(DmaOutcome outcome) => outcome with { Code = 0 };

    private static DartSilicon T8020Unit(PhysicalMemory memory, DartFormat format, int pageShift)
    {
        var variant = AppleDartVariant.Of("t8103") with { Format = format, PageShift = pageShift };
        var unit = DartSilicon.Create(variant, memory, trace: null);
        unit.Write32(T8020.StreamsEnable, 0x2);
        unit.Write32(T8020.Tcr + 4, 0x80);
        return unit;
    }

    private static PhysicalMemory Placed(params (ulong At, ulong Value)[] words)
    {
        var memory = new PhysicalMemory(Root);
        memory.Alloc(0x1_0000, 0x4000);
        foreach (var (at, value) in words)
        {
            memory.Write(at, value);
        }

        return memory;
    }

    private static AppleDartRig Mapped(KernelTree tree, string variant, ulong iova, Prot prot)
    {
        var rig = new AppleDartRig(tree, [variant], [AppleDartRig.OneStream(1)]);
        var domain = rig.Attached();
        var page = domain.PageSizes.Min;
        Assert.Equal(Errno.OK, rig.Map(domain, iova, Pa, page, prot));
        return rig;
    }
}
