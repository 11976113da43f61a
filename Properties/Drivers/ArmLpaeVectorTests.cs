using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Properties.Drivers;

/// <summary>The worked examples of the io-pgtable-arm sheet: what the table code writes, word for
/// word.</summary>
public class ArmLpaeVectorTests
{
    private const ulong A = 0x80_8060_4000;
    private const ulong APa = 0x1_2345_6000;
    private const ulong B = 0x80_8080_0000;
    private const ulong BPa = 0x2_4680_0000;
    private const ulong FourK = 0x1000;
    private const ulong TwoM = 0x20_0000;
    private const Prot Rw = Prot.Read | Prot.Write;

    public static TheoryData<KernelTree> Trees => ArmLpaeRig.Trees;

    [Theory]
    [MemberData(nameof(Trees))]
    public void Stage1_4K_words(KernelTree tree)
    {
        var rig = Rig4K(ArmLpaeFormat.Aarch64Stage1, tree);
        rig.Map(A, APa, FourK, Rw | Prot.Cache);
        rig.Map(B, BPa, TwoM, Prot.Read | Prot.Cache);
        AssertTables4K(rig);
        Assert.Equal(0x0000_0001_2345_6F47UL, rig.Word(0x1_0000_4020));
        Assert.Equal(0x0000_0002_4680_0FC5UL, rig.Word(0x1_0000_3020));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Stage2_4K_words(KernelTree tree)
    {
        var rig = Rig4K(ArmLpaeFormat.Aarch64Stage2, tree);
        rig.Map(A, APa, FourK, Rw | Prot.Cache);
        rig.Map(B, BPa, TwoM, Prot.Read | Prot.Cache);
        AssertTables4K(rig);
        Assert.Equal(0x0000_0001_2345_67FFUL, rig.Word(0x1_0000_4020));
        Assert.Equal(0x0000_0002_4680_077DUL, rig.Word(0x1_0000_3020));
    }

    [Theory]
    [InlineData(Rw, 0x0000_0001_2345_6E43)]
    [InlineData(Prot.Write | Prot.Cache | Prot.NoExec, 0x0060_0001_2345_6F47)]
    [InlineData(Rw | Prot.Mmio | Prot.NoExec | Prot.Priv, 0x0060_0001_2345_6E0B)]
    public void Stage1_leaf_variants(Prot prot, ulong word)
    {
        var rig = Rig4K(ArmLpaeFormat.Aarch64Stage1, KernelTree.V7_2);
        rig.Map(A, APa, FourK, prot);
        Assert.Equal(word, rig.Word(0x1_0000_4020));
    }

    [Theory]
    [InlineData(Prot.Write, 0x0000_0001_2345_6697)]
    [InlineData(Rw | Prot.Mmio | Prot.NoExec, 0x0060_0001_2345_66C7)]
    public void Stage2_leaf_variants(Prot prot, ulong word)
    {
        var rig = Rig4K(ArmLpaeFormat.Aarch64Stage2, KernelTree.V7_2);
        rig.Map(A, APa, FourK, prot);
        Assert.Equal(word, rig.Word(0x1_0000_4020));
    }

    [Fact]
    public void Hardware_dirty_quirk_sets_DBM_on_writable_leaves()
    {
        var rig = new ArmLpaeRig(0x1_0000_1000, ArmLpaeFormat.Aarch64Stage1, ArmLpaeRig.Sizes4K, 48, 48,
            quirks: ArmLpaeQuirks.HardwareDirty);
        rig.Map(A, APa, FourK, Rw | Prot.Cache);
        Assert.Equal(0x0008_0001_2345_6F47UL, rig.Word(0x1_0000_4020));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Table_entries_for_a_walker_that_does_not_snoop_carry_bit_55_on_the_CPU_side(KernelTree tree)
    {
        var rig = new ArmLpaeRig(0x1_0000_1000, ArmLpaeFormat.Aarch64Stage1, ArmLpaeRig.Sizes4K, 48, 48,
            ArmLpaeRules.Of(tree), coherent: false);
        rig.Map(A, APa, FourK, Rw);
        Assert.Equal(0x0080_0001_0000_2003UL, rig.Word(0x1_0000_1008));

        // The bit is set after the clean, so the walker does not see it.
        Assert.Equal(0x0000_0001_0000_2003UL, rig.Memory.Fetch(0x1_0000_1008));
        Assert.Equal(rig.Word(0x1_0000_4020), rig.Memory.Fetch(0x1_0000_4020));
    }

    [Fact]
    public void Stage1_control_fields()
    {
        var rig = Rig4K(ArmLpaeFormat.Aarch64Stage1, KernelTree.V7_2);
        Assert.Equal(0x1_0000_1000UL, rig.Table.Root);
        Assert.Equal((16, 0, 5), (rig.Layout.T0Sz, rig.Layout.Tg0, rig.Layout.PhysicalSize));
        Assert.Equal((3, 1, 1), ArmLpaeLayout.Cacheability(coherent: true, ArmLpaeQuirks.None));
        Assert.Equal((2, 0, 0), ArmLpaeLayout.Cacheability(coherent: false, ArmLpaeQuirks.None));
        Assert.Equal((2, 0, 1), ArmLpaeLayout.Cacheability(coherent: false, ArmLpaeQuirks.OuterWriteBack));
        Assert.Equal(0xFFFF_FFFF_F404_FF44UL, ArmLpaeLayout.Mair);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Stage2_48_bits_keeps_level_0(KernelTree tree)
    {
        var rig = Rig4K(ArmLpaeFormat.Aarch64Stage2, tree);
        Assert.Equal((0, 2), (rig.Layout.StartLevel, rig.Layout.StartField));
        Assert.Equal(0x53590UL, rig.Layout.Vtcr(coherent: true));
    }

    [Fact]
    public void A_39_bit_input_starts_at_level_1()
    {
        var rig = new ArmLpaeRig(0x1_0000_1000, ArmLpaeFormat.Aarch64Stage1, ArmLpaeRig.Sizes4K, 39, 48);
        Assert.Equal((1, 25), (rig.Layout.StartLevel, rig.Layout.T0Sz));
        rig.Map(0x40_8060_4000, APa, FourK, Rw | Prot.Cache);
        Assert.Equal(0x0000_0001_0000_2003UL, rig.Word(0x1_0000_1810));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Stage2_40_40_concatenates_two_tables(KernelTree tree)
    {
        var rig = new ArmLpaeRig(0x1_0000_2000, ArmLpaeFormat.Aarch64Stage2, ArmLpaeRig.Sizes4K, 40, 40,
            ArmLpaeRules.Of(tree));
        Assert.Equal((1, 10), (rig.Layout.StartLevel, rig.Layout.TopBits));
        Assert.Equal((24, 1, 2), (rig.Layout.T0Sz, rig.Layout.StartField, rig.Layout.PhysicalSize));
        Assert.Equal(0x23558UL, rig.Layout.Vtcr(coherent: true));
        rig.Map(A, APa, FourK, Rw | Prot.Cache);
        Assert.Equal(0x0000_0001_0000_4003UL, rig.Word(0x1_0000_3010));
        Assert.Equal(0x0000_0001_0000_5003UL, rig.Word(0x1_0000_4018));
        Assert.Equal(0x0000_0001_2345_67FFUL, rig.Word(0x1_0000_5020));
    }

    [Theory]
    [InlineData(KernelTree.V6_1, 1, 13)]
    [InlineData(KernelTree.V6_12, 1, 13)]
    [InlineData(KernelTree.V7_2, 0, 4)]
    public void Stage2_43_44_is_concatenated_by_the_old_trees_only(KernelTree tree, int start, int topBits)
    {
        var rig = new ArmLpaeRig(0x1_0000_0000, ArmLpaeFormat.Aarch64Stage2, ArmLpaeRig.Sizes4K, 43, 44,
            ArmLpaeRules.Of(tree));
        Assert.Equal((start, topBits), (rig.Layout.StartLevel, rig.Layout.TopBits));
    }

    [Fact]
    public void Stage1_of_32_bit_devices_has_four_top_entries()
    {
        var rig = new ArmLpaeRig(0x1_0000_1000, ArmLpaeFormat.Aarch32Stage1, ArmLpaeRig.Sizes4K, 32, 40);
        Assert.Equal((1, 2), (rig.Layout.StartLevel, rig.Layout.TopBits));
        rig.Map(0x8060_4000, APa, FourK, Rw | Prot.Cache);
        Assert.Equal(0x0000_0001_0000_2003UL, rig.Word(0x1_0000_1010));
        Assert.Equal(0x0000_0001_0000_3003UL, rig.Word(0x1_0000_2018));
        Assert.Equal(0x0000_0001_2345_6F47UL, rig.Word(0x1_0000_3020));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Stage1_16K_words(KernelTree tree)
    {
        var rig = new ArmLpaeRig(0x1_0000_4000, ArmLpaeFormat.Aarch64Stage1, ArmLpaeRig.Sizes16K, 48, 48,
            ArmLpaeRules.Of(tree));
        Assert.Equal((0, 1, 2), (rig.Layout.StartLevel, rig.Layout.TopBits, rig.Layout.Tg0));
        rig.Map(0x10_0400_C000, 0x1_2345_4000, 0x4000, Rw | Prot.Cache);
        rig.Map(0x10_0A00_0000, 0x2_4600_0000, 0x200_0000, Prot.Read | Prot.Cache);
        Assert.Equal(0x0000_0001_0000_8003UL, rig.Word(0x1_0000_4000));
        Assert.Equal(0x0000_0001_0000_C003UL, rig.Word(0x1_0000_8008));
        Assert.Equal(0x0000_0001_0001_0003UL, rig.Word(0x1_0000_C010));
        Assert.Equal(0x0000_0001_2345_4F47UL, rig.Word(0x1_0001_0018));
        Assert.Equal(0x0000_0002_4600_0FC5UL, rig.Word(0x1_0000_C028));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Stage2_16K_48_48_concatenates_in_every_tree(KernelTree tree)
    {
        var rig = new ArmLpaeRig(0x1_0000_0000, ArmLpaeFormat.Aarch64Stage2, ArmLpaeRig.Sizes16K, 48, 48,
            ArmLpaeRules.Of(tree));
        Assert.Equal((1, 2), (rig.Layout.StartLevel, rig.Layout.StartField));
        Assert.Equal(2 * 0x4000, rig.Layout.TopBytes);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Stage1_64K_52_bit_words(KernelTree tree)
    {
        var rig = new ArmLpaeRig(0x1_0001_0000, ArmLpaeFormat.Aarch64Stage1, ArmLpaeRig.Sizes64K, 48, 52,
            ArmLpaeRules.Of(tree));
        Assert.Equal((1, 6), (rig.Layout.Tg0, rig.Layout.PhysicalSize));
        Assert.Equal(ArmLpaeRig.Sizes64K, rig.Layout.PageSizes.Bitmap);
        rig.Map(0x400_4003_0000, 0xA_1234_5678_0000, 0x1_0000, Rw | Prot.Cache);
        rig.Map(0x400_6000_0000, 0x2460_0000_0000, 0x2000_0000, Prot.Read | Prot.Cache);
        Assert.Equal(0x0000_0001_0002_0003UL, rig.Word(0x1_0001_0008));
        Assert.Equal(0x0000_0001_0003_0003UL, rig.Word(0x1_0002_0010));
        Assert.Equal(0x0000_1234_5678_AF47UL, rig.Word(0x1_0003_0018));
        Assert.Equal(0x0000_2460_0000_0FC5UL, rig.Word(0x1_0002_0018));
        Assert.Equal(0xA_1234_5678_1234UL, rig.Table.IovaToPhys(0x400_4003_1234));
    }

    [Theory]
    [InlineData(12, ArmLpaeRig.Sizes4K | ArmLpaeRig.Sizes64K, 12)]
    [InlineData(16, ArmLpaeRig.Sizes4K | ArmLpaeRig.Sizes16K, 14)]
    [InlineData(12, ArmLpaeRig.Sizes16K | ArmLpaeRig.Sizes64K, 14)]
    [InlineData(14, ArmLpaeRig.Sizes4K | ArmLpaeRig.Sizes64K, 12)]
    [InlineData(12, ArmLpaeRig.Sizes64K, 16)]
    public void Granule_is_the_CPU_page_else_the_largest_below_else_the_smallest_above(
        int cpuPage, ulong sizes, int granule)
    {
        var layout = ArmLpaeLayout.Of(Config(sizes, 48, 48), ArmLpaeRules.V7_2, cpuPage);
        Assert.Equal(granule, layout!.GranuleShift);
    }

    [Fact]
    public void What_the_library_refuses()
    {
        Assert.Null(ArmLpaeLayout.Of(Config(0x8000, 48, 48), ArmLpaeRules.V7_2, 12));
        Assert.Null(ArmLpaeLayout.Of(Config(ArmLpaeRig.Sizes4K, 48, 46), ArmLpaeRules.V7_2, 12));
        Assert.Null(ArmLpaeLayout.Of(
            Config(ArmLpaeRig.Sizes4K, 33, 40) with { Format = ArmLpaeFormat.Aarch32Stage1 },
                ArmLpaeRules.V7_2, 12));
        Assert.Null(ArmLpaeLayout.Of(
            Config(ArmLpaeRig.Sizes4K, 48, 48) with { Quirks = ArmLpaeQuirks.HardwareDirty },
                ArmLpaeRules.V6_1, 12));
    }

    [Fact]
    public void Sizes_too_large_are_trimmed_and_never_refused()
    {
        var layout = ArmLpaeLayout.Of(Config(ArmLpaeRig.Sizes4K, 52, 52), ArmLpaeRules.V7_2, 12);
        Assert.Equal((48, 48), (layout!.InputBits, layout.OutputBits));
    }

    private static ArmLpaeConfig Config(ulong sizes, int ias, int oas) => new()
    {
        Format = ArmLpaeFormat.Aarch64Stage1,
        PageSizes = new PageSizes(sizes),
        InputBits = ias,
        OutputBits = oas,
    };

    private static ArmLpaeRig Rig4K(ArmLpaeFormat format, KernelTree tree) =>
        new(0x1_0000_1000, format, ArmLpaeRig.Sizes4K, 48, 48, ArmLpaeRules.Of(tree));

    private static void AssertTables4K(ArmLpaeRig rig)
    {
        Assert.Equal(0x0000_0001_0000_2003UL, rig.Word(0x1_0000_1008));
        Assert.Equal(0x0000_0001_0000_3003UL, rig.Word(0x1_0000_2010));
        Assert.Equal(0x0000_0001_0000_4003UL, rig.Word(0x1_0000_3018));
    }
}
