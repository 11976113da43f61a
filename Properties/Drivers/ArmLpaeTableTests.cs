using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Properties.Drivers;

/// <summary>How the table code maps and unmaps, and what the walker makes of words placed by hand.</summary>
public class ArmLpaeTableTests
{
    private const ulong FourK = 0x1000;
    private const ulong TwoM = 0x20_0000;
    private const ulong OneG = 0x4000_0000;
    private const Prot Rw = Prot.Read | Prot.Write;

    public static TheoryData<KernelTree> Trees => ArmLpaeRig.Trees;

    [Fact]
    public void Hand_placed_stage_1_words_translate()
    {
        var memory = Placed(0x1_0000_1000, 4,
            (0x1_0000_1008, 0x1_0000_2003), (0x1_0000_2010, 0x1_0000_3003), (0x1_0000_3018, 0x1_0000_4003),
            (0x1_0000_4020, 0x1_2345_6F47), (0x1_0000_3020, 0x2_4680_0FC5));
        var regime = new ArmLpaeRegime(0x1_0000_1000, 48, 0, 12, 48, Stage2: false);
        var a = ArmLpaeWalker.Walk(memory, regime, 0x80_8060_4000, cache: null);
        var b = ArmLpaeWalker.Walk(memory, regime, 0x80_809f_ffff, cache: null);
        Assert.Equal((0x1_2345_6000UL, (byte)12, true, true), (a.Base, a.Shift, a.Read, a.Write));
        Assert.Equal((0x2_4680_0000UL, (byte)21, true, false), (b.Base, b.Shift, b.Read, b.Write));
    }

    [Fact]
    public void Hand_placed_stage_2_words_translate_with_exact_permissions()
    {
        var memory = Placed(0x1_0000_2000, 4,
            (0x1_0000_3010, 0x1_0000_4003), (0x1_0000_4018, 0x1_0000_5003), (0x1_0000_5020, 0x1_2345_6697));
        var regime = new ArmLpaeRegime(0x1_0000_2000, 40, 1, 12, 40, Stage2: true);
        var a = ArmLpaeWalker.Walk(memory, regime, 0x80_8060_4000, cache: null);
        Assert.Equal((0x1_2345_6000UL, false, true), (a.Base, a.Read, a.Write));
    }

    [Fact]
    public void Hand_placed_16K_and_64K_words_translate()
    {
        var small = Placed(0x1_0000_4000, 16,
            (0x1_0000_4000, 0x1_0000_8003), (0x1_0000_8008, 0x1_0000_C003), (0x1_0000_C010, 0x1_0001_0003),
            (0x1_0001_0018, 0x1_2345_4F47), (0x1_0000_C028, 0x2_4600_0FC5));
        var regime = new ArmLpaeRegime(0x1_0000_4000, 48, 0, 14, 48, Stage2: false);
        Assert.Equal(0x1_2345_4000UL, ArmLpaeWalker.Walk(small, regime, 0x10_0400_C000, null).Base);
        Assert.Equal(0x2_4600_0000UL, ArmLpaeWalker.Walk(small, regime, 0x10_0A12_3456, null).Base);

        var large = Placed(0x1_0001_0000, 48,
            (0x1_0001_0008, 0x1_0002_0003), (0x1_0002_0010, 0x1_0003_0003), (0x1_0003_0018, 0x1234_5678_AF47),
            (0x1_0002_0018, 0x2460_0000_0FC5));
        regime = new ArmLpaeRegime(0x1_0001_0000, 48, 1, 16, 52, Stage2: false);
        Assert.Equal(0xA_1234_5678_0000UL, ArmLpaeWalker.Walk(large, regime, 0x400_4003_0000, null).Base);
        Assert.Equal(0x2460_0000_0000UL, ArmLpaeWalker.Walk(large, regime, 0x400_6000_0000, null).Base);
    }

    [Theory]
    [InlineData(0x1_2345_6B47, ArmLpaeFault.AccessFlag)]
    [InlineData(0x1_2345_6F45, ArmLpaeFault.Translation)]
    [InlineData(0x0, ArmLpaeFault.Translation)]
    [InlineData(0x1001_2345_6F47, ArmLpaeFault.AddressSize)]
    public void A_bad_last_level_word_faults(ulong word, ArmLpaeFault fault)
    {
        var memory = Placed(0x1_0000_1000, 4,
            (0x1_0000_1008, 0x1_0000_2003), (0x1_0000_2010, 0x1_0000_3003), (0x1_0000_3018, 0x1_0000_4003),
            (0x1_0000_4020, word));
        var regime = new ArmLpaeRegime(0x1_0000_1000, 48, 0, 12, 40, Stage2: false);
        Assert.Equal(fault, ArmLpaeWalker.Walk(memory, regime, 0x80_8060_4000, null).Fault);
        Assert.Equal(ArmLpaeFault.Translation, ArmLpaeWalker.Walk(memory, regime, 1UL << 48, null).Fault);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_live_leaf_is_never_replaced(KernelTree tree)
    {
        var rig = Rig(tree);
        rig.Map(0, OneG, FourK, Rw);
        rig.Map(TwoM, OneG, TwoM, Rw);
        Assert.Equal(Errno.EEXIST, rig.TryMap(0, 0, FourK, 1, out _));
        Assert.Equal(Errno.EEXIST, rig.TryMap(TwoM, 0, TwoM, 1, out _));
        Assert.Equal(Errno.EEXIST, rig.TryMap(TwoM + FourK, 0, FourK, 1, out _));
        Assert.Equal(OneG, rig.Walk(0).Base);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_block_takes_the_place_of_a_table_and_all_it_maps(KernelTree tree)
    {
        var rig = Rig(tree);
        rig.Map(0x3000, OneG, FourK, Rw);
        rig.Map(0, 2 * OneG, TwoM, Rw);
        Assert.Equal(2 * OneG, rig.Walk(0x3000).Base);
        Assert.Equal(["walk 0x0 0x200000"], rig.Flushes);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_refused_run_of_blocks_has_removed_the_tables_before_the_leaf(KernelTree tree)
    {
        var rig = Rig(tree);
        rig.Map(0x3000, OneG, FourK, Rw);
        rig.Map(TwoM, OneG, TwoM, Rw);
        Assert.Equal(Errno.EEXIST, rig.TryMap(0, 2 * OneG, TwoM, 2, out var mapped));
        Assert.Equal(0UL, mapped);
        Assert.Equal(ArmLpaeFault.Translation, rig.Walk(0x3000).Fault);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_call_ends_with_its_table(KernelTree tree)
    {
        var rig = Rig(tree);
        Assert.Equal(Errno.OK, rig.TryMap(TwoM - FourK, OneG, FourK, 8, out var mapped));
        Assert.Equal(FourK, mapped);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Unmap_stops_at_a_hole_but_counts_an_empty_table_whole(KernelTree tree)
    {
        var rig = Rig(tree);
        rig.Map(0, OneG, FourK, Rw, 2);
        rig.Map(0x3000, OneG, FourK, Rw);
        Assert.Equal(0x2000UL, rig.Table.Unmap(0, FourK, 4, rig.Gather));
        Assert.Equal(0UL, rig.Table.Unmap(0, FourK, 1, rig.Gather));
        Assert.Equal(FourK, rig.Table.Unmap(0x3000, FourK, 1, rig.Gather));
        Assert.Equal(TwoM, rig.Table.Unmap(0, TwoM, 1, rig.Gather));
        Assert.Equal(0UL, rig.Table.Unmap(0, TwoM, 1, rig.Gather));
    }

    [Theory]
    [InlineData(KernelTree.V6_1)]
    [InlineData(KernelTree.V6_12)]
    public void The_old_trees_split_a_block_down_to_the_part(KernelTree tree)
    {
        var rig = Rig(tree);
        rig.Map(0, OneG, OneG, Rw);
        Assert.Equal(2 * FourK, rig.Table.Unmap(TwoM + FourK, FourK, 2, rig.Gather));
        Assert.Equal(OneG + TwoM, rig.Walk(TwoM).Base);
        Assert.Equal(ArmLpaeFault.Translation, rig.Walk(TwoM + FourK).Fault);
        Assert.Equal(OneG + TwoM + (3 * FourK), rig.Walk(TwoM + (3 * FourK)).Base);
        Assert.Equal((byte)21, rig.Walk(2 * TwoM).Shift);
        Assert.Equal(["page 0x201000 0x1000", "page 0x202000 0x1000"], rig.Flushes);
    }

    [Fact]
    public void The_new_tree_leaves_a_block_alone()
    {
        var rig = Rig(KernelTree.V7_2);
        rig.Map(0, OneG, TwoM, Rw);
        Assert.Equal(0UL, rig.Table.Unmap(FourK, FourK, 1, rig.Gather));
        Assert.Equal(OneG, rig.Walk(FourK).Base);
        Assert.Empty(rig.Flushes);
    }

    [Theory]
    [InlineData(KernelTree.V6_1, false)]
    [InlineData(KernelTree.V6_12, true)]
    [InlineData(KernelTree.V7_2, true)]
    public void A_removed_table_is_flushed_at_once_and_gathered_by_the_later_trees(KernelTree tree,
        bool gathered)
    {
        var rig = Rig(tree);
        rig.Map(0, OneG, FourK, Rw);
        Assert.Equal(TwoM, rig.Table.Unmap(0, TwoM, 1, rig.Gather));
        string[] expected = gathered ? ["walk 0x0 0x200000", "page 0x0 0x200000"] : ["walk 0x0 0x200000"];
        Assert.Equal(expected, rig.Flushes);
        Assert.Equal(PhysicalMemory.Poison, rig.Memory.Fetch(0x1_0000_4000));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_queued_gather_delays_leaves_but_not_tables(KernelTree tree)
    {
        var rig = Rig(tree);
        rig.Gather.Queued = true;
        rig.Map(0, OneG, FourK, Rw);
        rig.Map(TwoM, OneG, TwoM, Rw);
        rig.Table.Unmap(0, TwoM, 2, rig.Gather);
        Assert.Equal(["walk 0x0 0x200000"], rig.Flushes);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Arguments_out_of_contract_are_refused(KernelTree tree)
    {
        var rig = Rig(tree);
        var mapped = 0UL;
        Assert.Equal(Errno.EINVAL, rig.TryMap(0, 0, 0x4000, 1, out _));
        Assert.Equal(Errno.ERANGE, rig.TryMap(1UL << 48, 0, FourK, 1, out _));
        Assert.Equal(Errno.ERANGE, rig.TryMap(0, 1UL << 48, FourK, 1, out _));
        Assert.Equal(Errno.EINVAL, rig.Table.Map(0, 0, FourK, 1, Prot.Cache, ref mapped));
        Assert.Equal(0UL, rig.Table.Unmap(1UL << 48, FourK, 1, rig.Gather));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Look_up_masks_the_bits_above_the_input_size(KernelTree tree)
    {
        var rig = Rig(tree);
        rig.Map(0x5000, OneG, FourK, Rw);
        Assert.Equal(OneG + 0x123, rig.Table.IovaToPhys(0x5123));
        Assert.Equal(OneG + 0x123, rig.Table.IovaToPhys((1UL << 48) + 0x5123));
        Assert.Equal(0UL, rig.Table.IovaToPhys(0x6000));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_run_across_the_output_limit_wraps(KernelTree tree)
    {
        var rig = Rig(tree);
        Assert.Equal(Errno.OK, rig.TryMap(0, (1UL << 48) - FourK, FourK, 2, out _));
        Assert.Equal(0x1000UL, rig.Walk(FourK).Base);
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Free_flushes_first_and_poisons_every_table(KernelTree tree)
    {
        var rig = Rig(tree);
        rig.Map(0, OneG, FourK, Rw);
        rig.Table.Free();
        Assert.Equal(["all"], rig.Flushes);
        for (var table = 0x1_0000_1000UL; table <= 0x1_0000_4000; table += 0x1000)
        {
            Assert.Equal(PhysicalMemory.Poison, rig.Memory.Fetch(table));
        }
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void A_walker_that_does_not_snoop_sees_every_step_of_map_and_unmap(KernelTree tree)
    {
        var rig = new ArmLpaeRig(0x1_0000_1000, ArmLpaeFormat.Aarch64Stage1, ArmLpaeRig.Sizes4K, 48, 48,
            ArmLpaeRules.Of(tree), coherent: false);
        rig.Map(0, OneG, FourK, Rw, 3);
        Assert.Equal(OneG + 0x2000, rig.Walk(0x2000).Base);
        rig.Table.Unmap(FourK, FourK, 1, rig.Gather);
        Assert.Equal(ArmLpaeFault.Translation, rig.Walk(FourK).Fault);
        Assert.Equal(OneG, rig.Walk(0).Base);
    }

    private static ArmLpaeRig Rig(KernelTree tree) => new(
        0x1_0000_1000, ArmLpaeFormat.Aarch64Stage1, ArmLpaeRig.Sizes4K, 48, 48, ArmLpaeRules.Of(tree));

    private static PhysicalMemory Placed(ulong basePa, int frames, params (ulong At, ulong Word)[] words)
    {
        var memory = new PhysicalMemory(basePa);
        memory.Alloc(frames * 4096);
        foreach (var (at, word) in words)
        {
            memory.Write(at, word);
        }

        return memory;
    }
}
