using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;

namespace Conformance.Properties.Drivers;

/// <summary>One table in memory of its own, with the invalidations it asked for.</summary>
internal sealed class ArmLpaeRig : IArmLpaeFlush
{
    public const ulong Sizes4K = 0x4020_1000;
    public const ulong Sizes16K = 0x0200_4000;
    public const ulong Sizes64K = 0x2001_0000 | (1UL << 42);

    public ArmLpaeRig(
        ulong memoryBase,
        ArmLpaeFormat format,
        ulong sizes,
        int ias,
        int oas,
        ArmLpaeRules? rules = null,
        bool coherent = true,
        ArmLpaeQuirks quirks = ArmLpaeQuirks.None)
    {
        Memory = new PhysicalMemory(memoryBase, coherent: coherent);
        var config = new ArmLpaeConfig
        {
            Format = format,
            PageSizes = new PageSizes(sizes),
            InputBits = ias,
            OutputBits = oas,
            CoherentWalk = coherent,
            Quirks = quirks,
        };
        rules ??= ArmLpaeRules.V7_2;
        Layout = ArmLpaeLayout.Of(config, rules, 12)!;
        Table = new ArmLpaeTable(Memory, config, Layout, rules, this);
    }

    public PhysicalMemory Memory { get; }

    public ArmLpaeLayout Layout { get; }

    public ArmLpaeTable Table { get; }

    /// <summary>What was asked for, in order: <c>all</c>, <c>walk 0x.. 0x..</c>, <c>page 0x..
    /// 0x..</c>.</summary>
    public List<string> Flushes { get; } = [];

    public IotlbGather Gather { get; } = new();

    /// <summary>What the hardware is told of the table.</summary>
    public ArmLpaeRegime Regime => new(
        Table.Root, Layout.InputBits, Layout.StartLevel, Layout.GranuleShift, Layout.OutputBits,
        Table.Config.IsStage2);

    public static TheoryData<KernelTree> Trees => [KernelTree.V6_1, KernelTree.V6_12, KernelTree.V7_2];

    public void Map(ulong iova, ulong pa, ulong size, Prot prot, ulong count = 1)
    {
        var mapped = 0UL;
        Assert.Equal(Errno.OK, Table.Map(iova, pa, size, count, prot, ref mapped));
        Assert.Equal(size * count, mapped);
    }

    public Errno TryMap(ulong iova, ulong pa, ulong size, ulong count, out ulong mapped)
    {
        mapped = 0;
        return Table.Map(iova, pa, size, count, Prot.Read | Prot.Write, ref mapped);
    }

    /// <summary>The word as the CPU sees it.</summary>
    public ulong Word(ulong pa) => Memory.Read(pa);

    public ArmLpaeLeaf Walk(ulong iova) => ArmLpaeWalker.Walk(Memory, Regime, iova, cache: null);

    public void TlbFlushAll() => Flushes.Add("all");

    public void TlbFlushWalk(ulong iova, ulong size, ulong granule) =>
        Flushes.Add($"walk 0x{iova:x} 0x{size:x}");

    public void TlbAddPage(IotlbGather gather, ulong iova, ulong granule) =>
        Flushes.Add($"page 0x{iova:x} 0x{granule:x}");
}
