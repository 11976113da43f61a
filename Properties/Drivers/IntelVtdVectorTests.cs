using Conformance.Drivers.Hardware;
using Conformance.Drivers.IntelVtd;
using Conformance.Drivers.PageTables;
using Conformance.Model.Contract;
using Conformance.Model.Scenarios;

namespace Conformance.Properties.Drivers;

/// <summary>
/// The worked example of the sheet, at its addresses: what the driver writes into tables and entries.
/// </summary>
public sealed class IntelVtdVectorTests
{
    private const ulong Top = 0x1_0000_1000;
    private const ulong IovaA = 0x80_8060_4000;
    private const ulong PaA = 0x1_2345_6000;
    private const ulong IovaB = 0x80_8080_0000;
    private const ulong PaB = 0x2_4680_0000;
    private const ulong Size2M = 0x20_0000;

    public static TheoryData<KernelTree> Trees => [KernelTree.V6_1, KernelTree.V6_12, KernelTree.V7_2];

    [Fact]
    public void Second_stage_of_7_2_has_the_bytes_of_the_example()
    {
        var (memory, table) = Generic(firstStage: false);
        MapBoth(table);
        AssertTables(memory, 0x3, 0x3, 0x1_2345_6003, 0x2_4680_0081);
    }

    [Fact]
    public void First_stage_of_7_2_has_the_bytes_of_the_example()
    {
        var (memory, table) = Generic(firstStage: true);
        MapBoth(table);
        AssertTables(memory, 0x27, 0x27, 0x1_2345_6067, 0x2_4680_00a5);
    }

    [Fact]
    public void Incoherent_walkers_of_7_2_mark_tables_that_reached_memory()
    {
        var (memory, table) = Generic(firstStage: false, coherent: false);
        MapBoth(table);
        AssertTables(memory, 0x403, 0x403, 0x1_2345_6003, 0x2_4680_0081);
        Assert.Equal(0x1_2345_6003UL, memory.Fetch(0x1_0000_4020));

        (memory, table) = Generic(firstStage: true, coherent: false);
        MapBoth(table);
        AssertTables(memory, 0x227, 0x227, 0x1_2345_6067, 0x2_4680_00a5);
    }

    [Theory]
    [InlineData(false, false, 0x3UL, 0x3UL, 0x1_2345_6003UL, 0x2_4680_0081UL)]
    [InlineData(true, false, 0x27UL, 0x27UL, 0x1_2345_6067UL, 0x2_4680_00a5UL)]
    [InlineData(true, true, 0x27UL, 0x8000_0000_0000_0027UL, 0x8000_0001_2345_6067UL,
        0x8000_0002_4680_00a5UL)]
    public void The_walker_of_6_x_has_the_bytes_of_the_example(
        bool firstStage, bool executeDisable, ulong low, ulong entry, ulong leafA, ulong leafB)
    {
        var memory = new PhysicalMemory(Top);
        VtdFormat format = firstStage ? new VtdFirstStage(executeDisable)
            : new VtdSecondStage(alwaysReadable: true);
        var table = new VtdClassicTable(memory, format, 4) { LargeLevels = 1 };
        table.Map(IovaA, PaA, 0x1000, Prot.Read | Prot.Write, static (_, _) => { });
        table.Map(IovaB, PaB, Size2M, Prot.Read, static (_, _) => { });
        AssertTables(memory, low, entry, leafA, leafB);
    }

    [Fact]
    public void Snooped_and_write_only_leaves_are_those_of_the_example()
    {
        var exact = new VtdSecondStage(alwaysReadable: false);
        var classic = new VtdSecondStage(alwaysReadable: true);
        Assert.Equal(0x1_2345_6803UL, exact.Leaf(PaA, 1, Prot.Read | Prot.Write, snoop: true));
        Assert.Equal(0x1_2345_6002UL, exact.Leaf(PaA, 1, Prot.Write, snoop: false));
        Assert.Equal(0x1_2345_6003UL, classic.Leaf(PaA, 1, Prot.Write, snoop: false));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Legacy_context_is_that_of_the_example(KernelTree tree)
    {
        //// Queue, its status page, the root table, three other domains and their context table come first.
        var rig = new IntelVtdRig(tree, ["legacy"], FiveDevices(), Top - (7 * 0x1000));
        var domain = AttachedElsewhere(rig, [1, 2, 3, 4]);
        Assert.Equal(Errno.OK, rig.Map(domain, IovaA, PaA, 0x1000));
        Assert.Equal(Errno.OK, rig.Map(domain, IovaB, PaB, Size2M, Prot.Read));
        Assert.Equal(0x1_0000_5000UL, rig.Stack.Memory.Alloc(0x1000).Value);
        rig.Probe(0);
        Assert.Equal(Errno.OK, rig.Attach(domain));

        AssertTables(rig.Stack.Memory, 0x3, 0x3, 0x1_2345_6003, 0x2_4680_0081);
        var root = rig.Hardware().ReadRegister(0x20);
        Assert.Equal(0x1_0000_6001UL, rig.Stack.Memory.Read(root));
        Assert.Equal(0UL, rig.Stack.Memory.Read(root + 8));
        Assert.Equal(0x1_0000_1001UL, rig.Stack.Memory.Read(0x1_0000_6180));
        Assert.Equal(0x502UL, rig.Stack.Memory.Read(0x1_0000_6188));
        Assert.Equal(PaA + 8, rig.Dma(IovaA + 8, DmaAccess.Write));
        Assert.Equal(PaB + 8, rig.Dma(IovaB + 8));
        Assert.Null(rig.Dma(IovaB + 8, DmaAccess.Write));
    }

    [Theory]
    [InlineData(KernelTree.V6_12)]
    [InlineData(KernelTree.V7_2)]
    public void Pass_through_entries_are_those_of_the_example(KernelTree tree)
    {
        var rig = IntelVtdRig.Of(tree, "legacy");
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.IdentityDomain!));
        var context = ContextOf(rig, 0x18 * 16);
        Assert.Equal(0x9UL, rig.Stack.Memory.Read(context));
        Assert.Equal(0x102UL, rig.Stack.Memory.Read(context + 8));

        rig = IntelVtdRig.Of(tree, "scalable-second-stage");
        Assert.Equal(Errno.OK, rig.Attach(rig.Driver.IdentityDomain!));
        var entry = PasidEntryOf(rig);
        Assert.Equal(0x109UL, rig.Stack.Memory.Read(entry));
        Assert.Equal(0x80_0001UL, rig.Stack.Memory.Read(entry + 8));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Pasid_entry_of_a_second_stage_is_that_of_the_example(KernelTree tree)
    {
        /// / Before the table: two pages of queue, status, root, four devices with directory and PASID table,
        /// one
        //// context table for their bus, three domains.
        var rig = new IntelVtdRig(tree, ["scalable-second-stage"], FiveDevices(), Top - PagesBefore(tree));
        var domain = AttachedElsewhere(rig, [1, 2, 3, 4]);
        var memory = rig.Stack.Memory;
        FillTo(memory, 0x1_0000_7000);
        rig.Probe(0);
        Assert.Equal(Errno.OK, rig.Attach(domain));

        var context = ContextOf(rig, 0x300);
        Assert.Equal(0x1_0000_7401UL, memory.Read(context));
        Assert.Equal(0UL, memory.Read(context + 8) | memory.Read(context + 16) | memory.Read(context + 24));
        var entry = memory.Read(0x1_0000_7000);
        Assert.Equal(1UL, entry & 0xfff);
        entry &= ~0xfffUL;
        Assert.Equal(0x1_0000_1089UL, memory.Read(entry));
        Assert.Equal(0x80_0005UL, memory.Read(entry + 8));
        Assert.Equal(0UL, memory.Read(entry + 16));
    }

    [Theory]
    [MemberData(nameof(Trees))]
    public void Pasid_entry_of_a_first_stage_is_that_of_the_example(KernelTree tree)
    {
        var rig = new IntelVtdRig(tree, ["scalable-first-stage"], FiveDevices());
        var domain = AttachedElsewhere(rig, [1, 2, 3, 4], DomainType.Dma);
        rig.Probe(0);
        Assert.Equal(Errno.OK, rig.Attach(domain));
        Assert.Equal(Errno.OK, rig.Map(domain, IovaA & ~(1UL << 47), PaA, 0x1000));

        var memory = rig.Stack.Memory;
        var entry = PasidEntryOf(rig);
        Assert.Equal(0x49UL, memory.Read(entry));
        Assert.Equal(0x80_0005UL, memory.Read(entry + 8));
        Assert.Equal(tree == KernelTree.V6_1 ? 0x20UL : 0UL, memory.Read(entry + 16) & 0xfff);
        Assert.Equal(PaA, rig.Dma(IovaA & ~(1UL << 47)));
    }

    [Theory]
    [InlineData(48, 0b01100u, 5, 48)]
    [InlineData(39, 0b00110u, 4, 39)]
    [InlineData(48, 0b00110u, 4, 48)]
    [InlineData(57, 0b01100u, 5, 57)]
    [InlineData(52, 0b01100u, 5, 52)]
    [InlineData(39, 0b00010u, 3, 39)]
    [InlineData(48, 0b00010u, 3, 39)]
    [InlineData(30, 0b00110u, 0, 0)]
    public void Depth_and_width_of_7_2_follow_mgaw_and_sagaw(int mgaw, uint sagaw, int levels, int width)
    {
        var cap = ((ulong)sagaw << 8) | ((ulong)(uint)(mgaw - 1) << 16);
        var shape = VtdTableShape.Of(new VtdCapabilities(cap, 0), firstStage: false);
        Assert.Equal((levels, width), (shape.Levels, shape.Width));
    }

    internal static ulong ContextOf(IntelVtdRig rig, ulong offset)
    {
        var root = rig.Hardware().ReadRegister(0x20) & ~0xfffUL;
        return (rig.Stack.Memory.Read(root) & ~0xfffUL) + offset;
    }

    /// <summary>Entry of PASID 0 of source-id 0x18.</summary>
    internal static ulong PasidEntryOf(IntelVtdRig rig)
    {
        var directory = rig.Stack.Memory.Read(ContextOf(rig, 0x300)) & ~0xfffUL;
        return rig.Stack.Memory.Read(directory) & ~0xfffUL;
    }

    /// <summary>d0 is 00:03.0; the others sit on bus 1.</summary>
    internal static DeviceSpec[] FiveDevices() =>
    [
        IntelVtdRig.Device(0, 0x18), IntelVtdRig.Device(0, 0x101), IntelVtdRig.Device(0, 0x102),
        IntelVtdRig.Device(0, 0x103), IntelVtdRig.Device(0, 0x104),
    ];

    /// <summary>
    /// Domain ids 2 to 4 go to three devices; the domain of the example gets 5 by being attached to a fourth.
    /// </summary>
    internal static IommuDomain AttachedElsewhere(
        IntelVtdRig rig, int[] devices, DomainType type = DomainType.Unmanaged)
    {
        foreach (var device in devices)
        {
            rig.Probe(device);
        }

        foreach (var device in devices[..^1])
        {
            Assert.Equal(Errno.OK, rig.Attach(rig.Alloc(device, type), device));
        }

        var domain = rig.Alloc(devices[^1], type);
        Assert.Equal(Errno.OK, rig.Attach(domain, devices[^1]));
        return domain;
    }

    private static ulong PagesBefore(KernelTree tree)
    {
        /// / Later trees write the context entries at probe, 6.1 at the first attach: the same pages, before
        /// the
        //// fourth domain in both. The fourth device's PASID table comes with its attach, after the domain.
        _ = tree;
        return 0x1000UL * (2 + 1 + 1 + 4 + 1 + 3 + 3);
    }

    private static void FillTo(PhysicalMemory memory, ulong pa)
    {
        while (memory.Alloc(0x1000).Value < pa - 0x1000)
        {
        }
    }

    private static (PhysicalMemory Memory, VtdGenericTable Table) Generic(bool firstStage,
        bool coherent = true)
    {
        var memory = new PhysicalMemory(Top, coherent: coherent);
        VtdFormat format = firstStage ? new VtdFirstStage(false) : new VtdSecondStage(alwaysReadable: false);
        var table = new VtdGenericTable(memory, format, 4, 48, signExtended: firstStage)
        {
            Coherent = coherent,
            Sizes = new PageSizes(0x4020_1000),
        };
        return (memory, table);
    }

    private static void MapBoth(VtdGenericTable table)
    {
        var mapped = 0UL;
        List<PhysAddr> dropped = [];
        Assert.Equal(Errno.OK, table.Map(IovaA, PaA, 0x1000, Prot.Read | Prot.Write, dropped, ref mapped));
        Assert.Equal(Errno.OK, table.Map(IovaB, PaB, Size2M, Prot.Read, dropped, ref mapped));
        Assert.Equal(0x1000 + Size2M, mapped);
        Assert.Empty(dropped);
    }

    /// <param name="memory">Table memory.</param>
    /// <param name="low">Low bits of table entries (unused beyond readability).</param>
    /// <param name="entry">Bits of every table entry.</param>
    /// <param name="leafA">The 4 KiB leaf.</param>
    /// <param name="leafB">The 2 MiB leaf.</param>
    private static void AssertTables(PhysicalMemory memory, ulong low, ulong entry, ulong leafA, ulong leafB)
    {
        Assert.Equal(low, entry & 0xfff);
        Assert.Equal(0x1_0000_2000 | entry, memory.Read(0x1_0000_1008));
        Assert.Equal(0x1_0000_3000 | entry, memory.Read(0x1_0000_2010));
        Assert.Equal(0x1_0000_4000 | entry, memory.Read(0x1_0000_3018));
        Assert.Equal(leafA, memory.Read(0x1_0000_4020));
        Assert.Equal(leafB, memory.Read(0x1_0000_3020));
    }
}
