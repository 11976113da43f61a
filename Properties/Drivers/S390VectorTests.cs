using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;
using Conformance.Drivers.S390;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>
/// The worked example of the sheet, byte for byte: what the driver writes, and what the silicon reads.
/// </summary>
public sealed class S390VectorTests
{
    private const ulong Iova = 0x1_2345_6000;
    private const ulong Pa = 0x7_89ab_c000;
    private const ulong RegionThirdEntry = 0x8000_4010;
    private const ulong SegmentEntry = 0x8000_91a0;
    private const ulong PageEntry = 0x8001_0ab0;
    private const ulong WindowStart = 0x1_0000_0000;
    private const ulong WindowEnd = 0x1_ffff_ffff;

    public static TheoryData<KernelTree> Trees => [KernelTree.V6_1, KernelTree.V6_12, KernelTree.V7_2];

    [Theory]
    [MemberData(nameof(Trees))]
    public void Driver_writes_the_tables_of_the_example(KernelTree tree)
    {
        var (bench, domain) = ExampleDomain(tree);

        Assert.Equal(Errno.OK, S390Bench.Map(domain, Iova, Pa));

        Assert.Equal("00 00 00 00 80 00 80 07", S390Bench.Bytes(bench.Memory, RegionThirdEntry));
        Assert.Equal("00 00 00 00 80 01 08 00", S390Bench.Bytes(bench.Memory, SegmentEntry));
        Assert.Equal("00 00 00 07 89 ab c0 00", S390Bench.Bytes(bench.Memory, PageEntry));
        Assert.Equal(Pa + 0x5, bench.Dma(Iova + 0x5));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Read_only_page_and_unmapped_page_have_the_bits_of_the_example(KernelTree tree)
    {
        var (bench, domain) = ExampleDomain(tree);

        S390Bench.Map(domain, Iova, Pa, prot: Prot.Read);
        Assert.Equal("00 00 00 07 89 ab c2 00", S390Bench.Bytes(bench.Memory, PageEntry));
        Assert.Equal(0x1000UL, S390Bench.Unmap(domain, Iova));
        Assert.Equal("00 00 00 07 89 ab c4 00", S390Bench.Bytes(bench.Memory, PageEntry));

        S390Bench.Map(domain, Iova, Pa);
        Assert.Equal(0x1000UL, S390Bench.Unmap(domain, Iova));
        Assert.Equal("00 00 00 07 89 ab c4 00", S390Bench.Bytes(bench.Memory, PageEntry));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Empty_tables_are_filled_with_their_invalid_bits(KernelTree tree)
    {
        var (bench, domain) = ExampleDomain(tree);
        S390Bench.Map(domain, Iova, Pa);

        for (var i = 0UL; i < 2048; i++)
        {
            if (0x8000_4000 + (i << 3) == RegionThirdEntry) continue;
            Assert.Equal("00 00 00 00 00 00 00 20", S390Bench.Bytes(bench.Memory, 0x8000_4000 + (i << 3)));
        }

        for (var i = 0UL; i < 256; i++)
        {
            if (0x8001_0800 + (i << 3) == PageEntry) continue;
            Assert.Equal("00 00 00 00 00 00 04 00", S390Bench.Bytes(bench.Memory, 0x8001_0800 + (i << 3)));
        }
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Register_call_has_the_block_of_the_example(KernelTree tree)
    {
        var (bench, _) = ExampleDomain(tree);
        var block = bench.Stack.Zpci.Instructions.Block.Value;

        Assert.Equal("00 00 00 01 00 00 00 00", S390Bench.Bytes(bench.Memory, block + 0x10));
        Assert.Equal("00 00 00 01 ff ff ff ff", S390Bench.Bytes(bench.Memory, block + 0x18));
        Assert.Equal("00 00 00 00 80 00 48 04", S390Bench.Bytes(bench.Memory, block + 0x20));
        foreach (var rest in new ulong[] { 0, 0x08, 0x28, 0x30, 0x38, 0x40, 0x48 })
        {
            Assert.Equal("00 00 00 00 00 00 00 00", S390Bench.Bytes(bench.Memory, block + rest));
        }

        var last = LastInvalidate(bench);
        Assert.Equal((0x8000_0123_0000_0004UL, 0x8000_4804UL), (last.A, last.B));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Unmap_flush_has_the_operands_of_the_example(KernelTree tree)
    {
        var (bench, domain) = ExampleDomain(tree);
        S390Bench.Map(domain, Iova, Pa);

        S390Bench.Unmap(domain, Iova);

        var last = LastInvalidate(bench);
        Assert.Equal((0x8000_0123_0000_0000UL, Iova, 0x1000UL), (last.A, last.B, last.C));
    }

    [Theory]
    [InlineData("zpci", 0x8000_4000UL, 0x8000_4804UL)]
    [InlineData("zpci-rsx", 0x8002_0000UL, 0x8002_0808UL)]
    [InlineData("zpci-rfx", 0x8003_0000UL, 0x8003_080cUL)]
    public void Anchor_of_each_depth(string variant, ulong root, ulong anchor)
    {
        var firmware = S390Firmware.Of(variant);
        var level = firmware.RootLevel(firmware.StartDma, firmware.EndDma);
        Assert.Equal(anchor, S390Format.Anchor(root, level));
    }

    [Fact]
    public void Region_second_root_of_the_example()
    {
        var memory = Machine();
        var table = new Placed(
            memory, S390Format.RegionSecond, 0x8002_0000, [0x8000_4000, 0x8000_8000], 0x8001_0800);

        table.Validate(0x8_0001_2345_6000, Pa, 1, isReadOnly: false);

        Assert.Equal("00 00 00 00 80 00 40 0b", S390Bench.Bytes(memory, 0x8002_1000));
        AssertLowerTables(memory);
        Assert.Equal(0x8002_0808UL, table.Anchor);
    }

    [Fact]
    public void Region_first_root_of_the_example()
    {
        var memory = Machine();
        var table = new Placed(
            memory,
            S390Format.RegionFirst,
            0x8003_0000,
            [0x8002_0000, 0x8000_4000, 0x8000_8000],
            0x8001_0800);

        table.Validate(0x2008_0001_2345_6000, Pa, 1, isReadOnly: false);

        Assert.Equal("00 00 00 00 80 02 00 0f", S390Bench.Bytes(memory, 0x8003_0800));
        Assert.Equal("00 00 00 00 80 00 40 0b", S390Bench.Bytes(memory, 0x8002_1000));
        AssertLowerTables(memory);
        Assert.Equal(0x8003_080cUL, table.Anchor);
    }

    [Theory]
    [InlineData("zpci", 0x8000_4804UL, Iova)]
    [InlineData("zpci-rsx", 0x8002_0808UL, 0x8_0001_2345_6000UL)]
    [InlineData("zpci-rfx", 0x8003_080cUL, 0x2008_0001_2345_6000UL)]
    public void Silicon_reads_hand_placed_bytes(string variant, ulong anchor, ulong iova)
    {
        var (memory, hardware, function) = HandPlaced(variant);
        var instructions = new S390Instructions(memory, hardware);
        var firmware = S390Firmware.Of(variant);
        Assert.Equal(
            S390Condition.Done,
            instructions.Register(function.Handle, firmware.StartDma, firmware.EndDma, anchor));

        var outcome = hardware.Access(function, iova + 0xabc, DmaAccess.Write);

        Assert.Equal(DmaOutcome.At(Pa + 0xabc), outcome);
        Assert.False(hardware.Access(function, iova + 0x1000, DmaAccess.Read).Landed);
        var runs = new List<TranslationRun>();
        hardware.Walk(function.Requester, runs.Add);
        Assert.Equal([new TranslationRun(iova, Pa, 0x1000, Read: true, Write: true)], runs);
    }

    [Fact]
    public void Silicon_reads_protection_and_invalidity_from_hand_placed_bytes()
    {
        var (memory, hardware, function) = HandPlaced("zpci");
        var instructions = new S390Instructions(memory, hardware);
        S390Bench.Place(memory, PageEntry, "00 00 00 07 89 ab c2 00");
        instructions.Register(function.Handle, WindowStart, WindowEnd, 0x8000_4804);

        Assert.True(hardware.Access(function, Iova, DmaAccess.Read).Landed);
        Assert.Equal(
            (uint)S390EventCode.TranslationProtection, hardware.Access(function, Iova, DmaAccess.Write).Code);

        S390Bench.Place(memory, PageEntry, "00 00 00 07 89 ab c4 00");
        Assert.True(hardware.Access(function, Iova, DmaAccess.Read).Landed, "still cached");
        instructions.Refresh(function.Handle, Iova, 0x1000);
        Assert.Equal((uint)S390EventCode.InvalidEntry, hardware.Access(function, Iova, DmaAccess.Read).Code);
    }

    [Theory]
    [InlineData(RegionThirdEntry, "00 00 00 00 80 00 80 0b", S390EventCode.TableType)]
    [InlineData(RegionThirdEntry, "00 00 00 00 80 00 80 27", S390EventCode.InvalidEntry)]
    [InlineData(RegionThirdEntry, "00 00 00 00 80 00 80 04", S390EventCode.TableLength)]
    [InlineData(RegionThirdEntry, "00 00 00 00 80 00 80 87", S390EventCode.TableLength)]
    [InlineData(SegmentEntry, "00 00 00 00 80 01 08 20", S390EventCode.InvalidEntry)]
    [InlineData(SegmentEntry, "00 00 00 00 80 01 08 04", S390EventCode.TableType)]
    [InlineData(SegmentEntry, "00 00 00 00 80 01 0a 00", S390EventCode.TranslationProtection)]
    [InlineData(SegmentEntry, "00 00 0f ff 80 01 08 00", S390EventCode.SerialError)]
    public void Silicon_refuses_a_wrong_entry_on_the_way(ulong at, string bytes, S390EventCode code)
    {
        var (memory, hardware, function) = HandPlaced("zpci");
        S390Bench.Place(memory, at, bytes);
        new S390Instructions(memory, hardware).Register(function.Handle, WindowStart, WindowEnd, 0x8000_4804);

        Assert.Equal((uint)code, hardware.Access(function, Iova, DmaAccess.Write).Code);
    }

    /// <summary>
    /// A domain whose next new page table is the example's: three other pages of its region come first, then
    /// frames that belong to somebody else, then a fourth page.
    /// </summary>
    private static (S390Bench Bench, S390Domain Domain) ExampleDomain(KernelTree tree)
    {
        // 6.1 makes the arch DMA table first: root, segment table, page table, just below 0x8000_4000.
        var tableMemory = tree == KernelTree.V6_1 ? 0x7fff_7000UL : 0x8000_3000UL;
        var bench = new S390Bench(tree, ["zpci"], tableMemory).Started();
        var domain = bench.Attached();
        Assert.Equal(0x8000_4000UL, domain.Table.Root);
        S390Bench.Map(domain, 0x1_2000_0000, 0x1000);
        S390Bench.Map(domain, 0x1_2010_0000, 0x1000);
        for (var pa = 0x8000_d000UL; pa < 0x8001_0000; pa += 0x1000)
        {
            Assert.Equal(pa, bench.Memory.Alloc(4096).Value);
        }

        S390Bench.Map(domain, 0x1_2020_0000, 0x1000);
        domain.AttachDev(bench.Device(), domain);
        return (bench, domain);
    }

    private static TraceEvent LastInvalidate(S390Bench bench)
    {
        var found = default(TraceEvent);
        foreach (var e in bench.Trace.Events)
        {
            if (e.Kind == EventKind.Invalidate) found = e;
        }

        return found;
    }

    private static void AssertLowerTables(PhysicalMemory memory)
    {
        Assert.Equal("00 00 00 00 80 00 80 07", S390Bench.Bytes(memory, RegionThirdEntry));
        Assert.Equal("00 00 00 00 80 01 08 00", S390Bench.Bytes(memory, SegmentEntry));
        Assert.Equal("00 00 00 07 89 ab c0 00", S390Bench.Bytes(memory, PageEntry));
    }

    private static PhysicalMemory Machine()
    {
        var memory = new PhysicalMemory(0x8000_0000);
        memory.Alloc(0x4_0000);
        return memory;
    }

    /// <summary>All three roots of the example over one region-third table, placed byte by byte.</summary>
    private static (PhysicalMemory Memory, S390Hardware Hardware, S390FunctionState Function) HandPlaced(
        string variant)
    {
        var memory = Machine();
        foreach (var table in new ulong[] { 0x8000_4000, 0x8000_8000, 0x8002_0000, 0x8003_0000 })
        {
            for (var at = table; at < table + 0x4000; at += 8)
            {
                S390Bench.Place(memory, at, "00 00 00 00 00 00 00 20");
            }
        }

        for (var at = 0x8001_0800UL; at < 0x8001_1000; at += 8)
        {
            S390Bench.Place(memory, at, "00 00 00 00 00 00 04 00");
        }

        S390Bench.Place(memory, 0x8003_0800, "00 00 00 00 80 02 00 0f");
        S390Bench.Place(memory, 0x8002_1000, "00 00 00 00 80 00 40 0b");
        S390Bench.Place(memory, RegionThirdEntry, "00 00 00 00 80 00 80 07");
        S390Bench.Place(memory, SegmentEntry, "00 00 00 00 80 01 08 00");
        S390Bench.Place(memory, PageEntry, "00 00 00 07 89 ab c0 00");
        var hardware = new S390Hardware(memory, new Trace());
        var requester = new Requester(new InstanceId(0), new RequesterId(0x123));
        var function = hardware.AddFunction(requester, S390Firmware.Of(variant));
        function.Present = true;
        return (memory, hardware, function);
    }

    /// <summary>A tree whose tables get the sheet's addresses.</summary>
    private sealed class Placed(
        PhysicalMemory memory, int rootLevel, ulong root, IEnumerable<ulong> tables, ulong pageTable)
        : S390PageTable(memory, rootLevel, new PhysAddr(root))
    {
        private readonly Queue<ulong> tables = new(tables);

        protected override PhysAddr TakeTable() => new(tables.Dequeue());

        protected override PhysAddr TakePageTable() => new(pageTable);
    }
}
