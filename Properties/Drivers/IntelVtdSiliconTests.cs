using Conformance.Drivers.Hardware;
using Conformance.Drivers.IntelVtd;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Properties.Drivers;

/// <summary>
/// The worked example placed by hand: what the silicon alone makes of bytes, registers and descriptors.
/// </summary>
public sealed class IntelVtdSiliconTests
{
    private const ulong Base = 0x1_0000_0000;
    private const ulong IovaA = 0x80_8060_4000;
    private const ulong PaA = 0x1_2345_6000;
    private const ulong IovaB = 0x80_8080_0000;
    private const ulong PaB = 0x2_4680_0000;
    private const ushort Sid = 0x18;

    private readonly Trace trace = new();

    [Fact]
    public void Translation_off_passes_everything()
    {
        var (hardware, _) = Build("legacy");
        Assert.Equal(DmaOutcome.At(IovaA), hardware.Dma(Sid, 0, IovaA, DmaAccess.Write));
        Assert.True(hardware.Dma(Sid, 0, 0xfee0_0000, DmaAccess.Write).Landed);
    }

    [Fact]
    public void Legacy_second_stage_of_the_example_translates()
    {
        var (hardware, memory) = Legacy();
        TurnOn(hardware, Base);

        Assert.Equal(DmaOutcome.At(PaA + 0x123), hardware.Dma(Sid, 0, IovaA + 0x123, DmaAccess.Write));
        Assert.Equal(DmaOutcome.At(PaB + 0x1f_f000), hardware.Dma(Sid, 0, IovaB + 0x1f_f000, DmaAccess.Read));
        Assert.Equal(DmaOutcome.Refused(5), hardware.Dma(Sid, 0, IovaB, DmaAccess.Write));
        Assert.Equal(DmaOutcome.Refused(6), hardware.Dma(Sid, 0, IovaA + 0x1000, DmaAccess.Read));
        Assert.Equal(DmaOutcome.Refused(4), hardware.Dma(Sid, 0, 1UL << 48, DmaAccess.Read));
        Assert.Equal(DmaOutcome.Refused(2), hardware.Dma(0x19, 0, IovaA, DmaAccess.Read));
        Assert.Equal(DmaOutcome.Refused(1), hardware.Dma(0x118, 0, IovaA, DmaAccess.Read));
        Assert.False(hardware.Dma(Sid, 0, 0xfee0_1000, DmaAccess.Write).Landed);
        _ = memory;
    }

    [Fact]
    public void Write_without_permission_is_recorded_as_in_the_example()
    {
        var (hardware, memory) = Legacy();
        memory.Write(0x1_0000_4020, PaA | 1);
        TurnOn(hardware, Base);

        Assert.Equal(DmaOutcome.Refused(5), hardware.Dma(Sid, 0, IovaA, DmaAccess.Write));
        Assert.Equal(0x0000_0080_8060_4000UL, hardware.ReadRegister(0x220));
        Assert.Equal(0x8000_0005_0000_0018UL, hardware.ReadRegister(0x228));
        Assert.Equal(2UL, hardware.ReadRegister(0x34) & 3);
        hardware.WriteRegister(0x228, 1UL << 63);
        Assert.Equal(0UL, hardware.ReadRegister(0x228) >> 63);
    }

    [Fact]
    public void A_read_sets_the_type_bit_and_a_full_log_overflows()
    {
        var (hardware, _) = Legacy();
        TurnOn(hardware, Base);
        for (var i = 0UL; i < 9; i++)
        {
            hardware.Dma(Sid, 0, 0x5000 + (i << 12), DmaAccess.Read);
        }

        Assert.Equal(0xc000_0006_0000_0018UL, hardware.ReadRegister(0x228));
        Assert.Equal(3UL, hardware.ReadRegister(0x34) & 3);
    }

    [Theory]
    [InlineData(0x9UL, 0x102UL, 0u)]
    [InlineData(0x8UL, 0x102UL, 2u)]
    [InlineData(0xdUL, 0x102UL, 3u)]
    [InlineData(0x1_0000_1001UL, 0x504UL, 3u)]
    [InlineData(0x1_0000_1001UL, 0x500UL, 3u)]
    [InlineData(0x1_0000_1011UL, 0x502UL, 0xbu)]
    [InlineData(0x1_0000_1001UL, 0x1_0000_0502UL, 0xbu)]
    public void Legacy_context_words_are_judged(ulong low, ulong high, uint reason)
    {
        var (hardware, memory) = Legacy();
        memory.Write(0x1_0000_6180, low);
        memory.Write(0x1_0000_6188, high);
        TurnOn(hardware, Base);

        var expected = reason == 0 ? DmaOutcome.At(IovaA) : DmaOutcome.Refused(reason);
        Assert.Equal(expected, hardware.Dma(Sid, 0, IovaA, DmaAccess.Read));
    }

    [Fact]
    public void Scalable_first_stage_of_the_example_translates()
    {
        var (hardware, memory) = Scalable(0x49, 0x80_0005, 0x1_0000_1000);
        Tables(memory, 0x27, 0x1_2345_6067, 0x2_4680_00a5);
        TurnOn(hardware, Base | (1UL << 10));

        Assert.Equal(DmaOutcome.At(PaA), hardware.Dma(Sid, 0, IovaA, DmaAccess.Write));
        Assert.Equal(DmaOutcome.Refused(0x85), hardware.Dma(Sid, 0, IovaB, DmaAccess.Write));
        Assert.Equal(DmaOutcome.Refused(0x71), hardware.Dma(Sid, 0, IovaA + 0x1000, DmaAccess.Read));
        Assert.Equal(DmaOutcome.Refused(0x80), hardware.Dma(Sid, 0, 1UL << 47, DmaAccess.Read));
    }

    [Theory]
    [InlineData(0x20UL, true)]
    [InlineData(0x0UL, false)]
    public void Execute_disable_is_reserved_without_its_enable(ulong enable, bool lands)
    {
        var (hardware, memory) = Scalable(0x49, 0x80_0005, 0x1_0000_1000 | enable);
        Tables(memory, 0x8000_0000_0000_0027, 0x8000_0001_2345_6067, 0x8000_0002_4680_00a5);
        TurnOn(hardware, Base | (1UL << 10));

        var outcome = hardware.Dma(Sid, 0, IovaA, DmaAccess.Read);
        Assert.Equal(lands ? DmaOutcome.At(PaA) : DmaOutcome.Refused(0x72), outcome);
    }

    [Fact]
    public void Scalable_second_stage_and_pass_through_of_the_example_translate()
    {
        var (hardware, memory) = Scalable(0x1_0000_1089, 0x80_0005, 0);
        Tables(memory, 3, 0x1_2345_6003, 0x2_4680_0081);
        TurnOn(hardware, Base | (1UL << 10));
        Assert.Equal(DmaOutcome.At(PaA), hardware.Dma(Sid, 0, IovaA, DmaAccess.Write));
        Assert.Equal(DmaOutcome.Refused(0x79), hardware.Dma(Sid, 0, IovaB, DmaAccess.Write));

        (hardware, _) = Scalable(0x109, 0x80_0001, 0);
        TurnOn(hardware, Base | (1UL << 10));
        Assert.Equal(DmaOutcome.At(IovaB), hardware.Dma(Sid, 0, IovaB, DmaAccess.Write));
    }

    [Theory]
    [InlineData(0x48UL, 0x59u)]
    [InlineData(0xc9UL, 0x5bu)]
    public void Pasid_entries_are_judged(ulong q0, uint reason)
    {
        var (hardware, _) = Scalable(q0, 0x80_0005, 0);
        TurnOn(hardware, Base | (1UL << 10));
        Assert.Equal(DmaOutcome.Refused(reason), hardware.Dma(Sid, 0, IovaA, DmaAccess.Read));
    }

    [Fact]
    public void Stale_entries_stay_until_the_right_descriptor()
    {
        var (hardware, memory) = Legacy();
        TurnOn(hardware, Base);
        var queue = EnableQueue(hardware, memory);
        hardware.Dma(Sid, 0, IovaA, DmaAccess.Read);
        memory.Write(0x1_0000_4020, 0);
        Assert.True(hardware.Dma(Sid, 0, IovaA, DmaAccess.Read).Landed);

        //// Another domain, another page, then the page itself.
        Push(hardware, memory, queue, 0x0000_0000_0006_00f2, 0x0000_0080_8060_4000);
        Push(hardware, memory, queue, 0x0000_0000_0005_00f2, 0x0000_0080_8060_5000);
        Assert.True(hardware.Dma(Sid, 0, IovaA, DmaAccess.Read).Landed);
        Push(hardware, memory, queue, 0x0000_0000_0005_00f2, 0x0000_0080_8060_4040);
        Assert.False(hardware.Dma(Sid, 0, IovaA, DmaAccess.Read).Landed);
    }

    [Fact]
    public void The_hint_keeps_paging_structures_cached()
    {
        var (hardware, memory) = Legacy();
        TurnOn(hardware, Base);
        var queue = EnableQueue(hardware, memory);
        hardware.Dma(Sid, 0, IovaA, DmaAccess.Read);
        var other = memory.Alloc(0x1000).Value;
        memory.Write(other + 0x20, 0x7777_7003);
        memory.Write(0x1_0000_3018, other | 3);

        Push(hardware, memory, queue, 0x5_00f2, IovaA | 0x40);
        Assert.Equal(DmaOutcome.At(PaA), hardware.Dma(Sid, 0, IovaA, DmaAccess.Read));
        Push(hardware, memory, queue, 0x5_00f2, IovaA);
        Assert.Equal(DmaOutcome.At(0x7777_7000), hardware.Dma(Sid, 0, IovaA, DmaAccess.Read));
    }

    [Fact]
    public void Context_cache_follows_source_id_and_domain()
    {
        var (hardware, memory) = Legacy();
        TurnOn(hardware, Base);
        var queue = EnableQueue(hardware, memory);
        hardware.Dma(Sid, 0, IovaA, DmaAccess.Read);
        memory.Write(0x1_0000_6180, 0);

        Push(hardware, memory, queue, 0x0000_0018_0006_0031, 0);
        Push(hardware, memory, queue, 0x0000_0019_0005_0031, 0);
        Assert.True(hardware.Dma(Sid, 0, IovaA, DmaAccess.Read).Landed);
        Push(hardware, memory, queue, 0x0000_0018_0005_0031, 0);
        Assert.Equal(DmaOutcome.Refused(2), hardware.Dma(Sid, 0, IovaA, DmaAccess.Read));
    }

    [Fact]
    public void Wait_descriptor_writes_its_status()
    {
        var (hardware, memory) = Legacy();
        var status = memory.Alloc(0x1000).Value;
        var queue = EnableQueue(hardware, memory);
        Push(hardware, memory, queue, 0x0000_0002_0000_0025, status + 4);
        Assert.Equal(0x2_0000_0000UL, memory.Read(status));
    }

    [Theory]
    [InlineData(0xfUL, 0UL)]
    [InlineData(0x5_0002UL, 0UL)]
    [InlineData(0x1_0005_00e2UL, 0UL)]
    [InlineData(0x5_00f2UL, 0x13UL)]
    [InlineData(0x5_0017UL, 0UL)]
    public void Descriptors_without_sense_stop_the_queue(ulong q0, ulong q1)
    {
        var (hardware, memory) = Legacy();
        var queue = EnableQueue(hardware, memory);
        Push(hardware, memory, queue, q0, q1);

        Assert.Equal(0x10UL, hardware.ReadRegister(0x34) & 0x10);
        Assert.Equal(0UL, hardware.ReadRegister(0x80));
        Assert.Equal(EventKind.BadCommand, trace.Events[^1].Kind);
    }

    [Fact]
    public void Walking_a_freed_table_is_refused_and_noted()
    {
        var (hardware, memory) = Legacy();
        TurnOn(hardware, Base);
        memory.Free(new PhysAddr(0x1_0000_3000), 0x1000);

        Assert.False(hardware.Dma(Sid, 0, IovaA, DmaAccess.Read).Landed);
        Assert.Equal(EventKind.WalkThroughFreed, trace.Events[^1].Kind);
    }

    private static void TurnOn(VtdHardware hardware, ulong root)
    {
        hardware.WriteRegister(0x20, root);
        hardware.WriteRegister(0x18, 1u << 30);
        hardware.WriteRegister(0x18, 1u << 31);
    }

    private static void Tables(PhysicalMemory memory, ulong entry, ulong leafA, ulong leafB)
    {
        memory.Write(0x1_0000_1008, 0x1_0000_2000 | entry);
        memory.Write(0x1_0000_2010, 0x1_0000_3000 | entry);
        memory.Write(0x1_0000_3018, 0x1_0000_4000 | entry);
        memory.Write(0x1_0000_4020, leafA);
        memory.Write(0x1_0000_3020, leafB);
    }

    private static ulong EnableQueue(VtdHardware hardware, PhysicalMemory memory)
    {
        var queue = memory.Alloc(0x1000).Value;
        hardware.WriteRegister(0x88, 0);
        hardware.WriteRegister(0x90, queue);
        hardware.WriteRegister(0x18, (1u << 31) | (1u << 26));
        return queue;
    }

    private static void Push(VtdHardware hardware, PhysicalMemory memory, ulong queue, ulong q0, ulong q1)
    {
        var tail = hardware.ReadRegister(0x88);
        memory.Write(queue + tail, q0);
        memory.Write(queue + tail + 8, q1);
        hardware.WriteRegister(0x88, tail + 16);
    }

    private (VtdHardware Hardware, PhysicalMemory Memory) Build(string variant)
    {
        var memory = new PhysicalMemory(Base, trace);
        memory.Alloc(0x9000);
        return (new VtdHardware(VtdVariants.Of(variant), memory, trace), memory);
    }

    private (VtdHardware Hardware, PhysicalMemory Memory) Legacy()
    {
        var memory = new PhysicalMemory(Base, trace);
        for (var i = 0; i < 9; i++)
        {
            memory.Alloc(0x1000);
        }

        memory.Write(Base, 0x1_0000_6001);
        memory.Write(0x1_0000_6180, 0x1_0000_1001);
        memory.Write(0x1_0000_6188, 0x502);
        Tables(memory, 3, 0x1_2345_6003, 0x2_4680_0081);
        return (new VtdHardware(VtdVariants.Of("legacy"), memory, trace), memory);
    }

    /// <summary>Context of 0x18 at 0x100006300, directory 0x100007000, PASID table 0x100008000.</summary>
    private (VtdHardware Hardware, PhysicalMemory Memory) Scalable(ulong q0, ulong q1, ulong q2)
    {
        var (hardware, memory) = Build("scalable-first-stage");
        memory.Write(Base, 0x1_0000_6001);
        memory.Write(0x1_0000_6300, 0x1_0000_7401);
        memory.Write(0x1_0000_7000, 0x1_0000_8001);
        memory.Write(0x1_0000_8000, q0);
        memory.Write(0x1_0000_8008, q1);
        memory.Write(0x1_0000_8010, q2);
        return (hardware, memory);
    }
}
