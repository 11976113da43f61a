using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.AppleDart;

/// <summary>What TCR makes of a stream.</summary>
internal enum DartStreamMode
{
    Blocked,
    Bypass,
    Translate,

    /// <summary>Translate with one more level of tables (T8110).</summary>
    TranslateFourLevel,
}

/// <summary>
/// One unit as the bus and the CPU see it: a register file, the streams' TCR and TTBRs, the walker with its
/// cache, one error register. Knows nothing of drivers.
/// </summary>
/// <remarks>
/// An invalidation goes on while its busy bit reads one: it has happened when the bit has been read back as
/// zero, and not before. Until then a further command is not understood.
/// </remarks>
internal abstract class DartSilicon
{
    private readonly Trace? trace;
    private readonly uint[] registers;
    private bool busy;

    protected DartSilicon(AppleDartVariant variant, PhysicalMemory memory, Trace? trace, uint registersEnd)
    {
        Variant = variant;
        this.trace = trace;
        registers = new uint[registersEnd / 4];
        Walker = new DartWalker(memory, variant.Format, variant.PageShift, trace);
        this[DartRegisters.Params1] = (uint)variant.PageShift << DartRegisters.Params1PageShift;
        this[DartRegisters.Params2] = variant.Bypass ? DartRegisters.Params2Bypass : 0;
    }

    /// <summary>An unmasked error waits for the CPU.</summary>
    public abstract bool InterruptAsserted { get; }

    protected AppleDartVariant Variant { get; }

    protected DartWalker Walker { get; }

    /// <summary>Offset of the command register.</summary>
    protected abstract uint CommandRegister { get; }

    protected abstract uint BusyBit { get; }

    /// <summary>The register file behind all side effects.</summary>
    protected uint this[uint offset]
    {
        get => registers[offset / 4];
        set => registers[offset / 4] = value;
    }

    public static DartSilicon Create(AppleDartVariant variant, PhysicalMemory memory, Trace? trace) =>
        variant.Layout == DartLayout.T8020
            ? new T8020Silicon(variant, memory, trace)
            : new T8110Silicon(variant, memory, trace);

    /// <summary>The CPU reads a register. Polling lets a command under way come to its end.</summary>
    public uint Read32(uint offset)
    {
        var value = offset / 4 < (uint)registers.Length ? this[offset] : uint.MaxValue;
        if (busy && offset == CommandRegister)
        {
            busy = false;
            this[offset] = value & ~BusyBit;
            Execute(value & ~BusyBit);
        }

        return value;
    }

    /// <summary>The CPU writes a register.</summary>
    public void Write32(uint offset, uint value)
    {
        if (offset / 4 >= (uint)registers.Length)
        {
            Bad(offset, value);
        }
        else if (offset == CommandRegister)
        {
            Command(value);
        }
        else
        {
            Store(offset, value);
        }
    }

    /// <summary>One access of a stream: cache, tables, fault.</summary>
    public DmaOutcome Dma(uint stream, ulong iova, DmaAccess access)
    {
        var mode = stream < Variant.Streams && IsEnabled(stream) ? Mode(stream) : DartStreamMode.Blocked;
        return mode switch
        {
            DartStreamMode.Blocked => DmaOutcome.Refused(0),
            DartStreamMode.Bypass => DmaOutcome.At(iova),
            _ => Translate(stream, iova, access, TopLevel(mode)),
        };
    }

    /// <summary>What the stream's tables in memory say now.</summary>
    public void Walk(uint stream, Action<TranslationRun> sink)
    {
        var mode = stream < Variant.Streams && IsEnabled(stream) ? Mode(stream) : DartStreamMode.Blocked;
        if (mode == DartStreamMode.Bypass)
        {
            sink(new TranslationRun(0, 0, 0, Read: true, Write: true));
        }

        if (mode is DartStreamMode.Blocked or DartStreamMode.Bypass)
        {
            return;
        }

        var top = TopLevel(mode);
        for (var i = 0UL; i < TtbrsPerStream; i++)
        {
            if (TryTtbr(stream, i, out var table))
            {
                Walker.Enumerate(i << Walker.Shift(top), table, top - 1, sink);
            }
        }
    }

    protected abstract ulong TtbrsPerStream { get; }

    protected abstract bool IsEnabled(uint stream);

    protected abstract DartStreamMode Mode(uint stream);

    /// <summary>False, and 0, when there is no such TTBR or it is invalid.</summary>
    protected abstract bool TryTtbr(uint stream, ulong index, out ulong table);

    /// <summary>Whether the command register's value is a command.</summary>
    protected abstract bool IsCommand(uint value);

    /// <summary>Carries out a command.</summary>
    protected abstract void Execute(uint value);

    /// <summary>A write to any other register.</summary>
    protected abstract void Store(uint offset, uint value);

    /// <summary>Code of a walk that ended at a level (<paramref name="topLevel"/>: the TTBR).</summary>
    protected abstract uint CodeOfLevel(int level, int topLevel);

    protected abstract uint CodeOfPermission(DmaAccess access);

    /// <summary>Fills the error register unless an older error still waits there.</summary>
    protected abstract void Record(uint stream, uint code, ulong iova);

    protected void Bad(uint offset, uint value)
    {
        if (trace is not null)
        {
            ref var e = ref trace.Add(EventKind.BadCommand);
            e.A = offset;
            e.B = value;
        }
    }

    protected void NoteInvalidate(uint first, uint second)
    {
        if (trace is not null)
        {
            ref var e = ref trace.Add(EventKind.Invalidate);
            e.A = first;
            e.B = second;
        }
    }

    private static int TopLevel(DartStreamMode mode) => mode == DartStreamMode.TranslateFourLevel ? 4 : 3;

    private void Command(uint value)
    {
        if (busy || !IsCommand(value))
        {
            Bad(CommandRegister, value);
            return;
        }

        busy = true;
        this[CommandRegister] = value | BusyBit;
    }

    private DmaOutcome Translate(uint stream, ulong iova, DmaAccess access, int topLevel)
    {
        var level = 1;
        if (!Walker.TryCached(stream, iova, out var entry))
        {
            level = TryTtbr(stream, Walker.TopIndex(iova, topLevel), out var table)
                ? Walker.Walk(stream, iova, table, topLevel, out entry)
                : topLevel;
        }

        if (level > 1 || !Walker.IsUsable(entry))
        {
            return Fault(stream, CodeOfLevel(level, topLevel), iova);
        }

        var leaf = Walker.Decode(entry);
        var offset = iova & ((1UL << Walker.PageShift) - 1);
        var allowed = access == DmaAccess.Read ? leaf.Read : leaf.Write;
        return allowed && offset >= leaf.FirstByte && offset <= leaf.LastByte
            ? DmaOutcome.At(leaf.Pa | offset)
            : Fault(stream, CodeOfPermission(access), iova);
    }

    private DmaOutcome Fault(uint stream, uint code, ulong iova)
    {
        Record(stream, code, iova);
        return DmaOutcome.Refused(code);
    }
}
