using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// The newer register layout: widths in registers, one TTBR a stream, a command names one stream.
/// </summary>
internal sealed class T8110Silicon : DartSilicon
{
    private const uint TcrDefined =
        T8110.TcrTranslate | T8110.TcrBypassDart | T8110.TcrBypassDapf | T8110.TcrFourLevel;

    public T8110Silicon(AppleDartVariant variant, PhysicalMemory memory, Trace? trace)
        : base(variant, memory, trace, T8110.End)
    {
        this[T8110.Params3] =
            ((uint)variant.Oas << T8110.Params3PaShift) | ((uint)variant.Ias << T8110.Params3VaShift);
        this[T8110.Params4] = variant.Streams;
        this[T8110.Protect] = variant.Locked ? T8110.ProtectTtbrTcr : 0;
        this[T8110.ErrorMask] = uint.MaxValue;
    }

    public override bool InterruptAsserted =>
        (this[T8110.Error] & DartRegisters.ErrorFlag) != 0 && this[T8110.ErrorMask] == 0;

    protected override uint CommandRegister => T8110.TlbCommand;

    protected override uint BusyBit => T8110.CommandBusy;

    protected override ulong TtbrsPerStream => 1;

    protected override bool IsEnabled(uint stream) =>
        ((this[T8110.EnableStreams + (stream / 32 * 4)] >> (int)(stream % 32)) & 1) != 0;

    protected override DartStreamMode Mode(uint stream)
    {
        var tcr = this[T8110.Tcr + (4 * stream)];
        if ((tcr & T8110.TcrBypassDart) != 0)
        {
            return DartStreamMode.Bypass;
        }

        if ((tcr & T8110.TcrTranslate) == 0)
        {
            return DartStreamMode.Blocked;
        }

        return (tcr & T8110.TcrFourLevel) != 0 ? DartStreamMode.TranslateFourLevel : DartStreamMode.Translate;
    }

    protected override bool TryTtbr(uint stream, ulong index, out ulong table)
    {
        var ttbr = index == 0 ? this[T8110.Ttbr + (4 * stream)] : 0;
        var valid = (ttbr & T8110.TtbrValid) != 0;
        table = valid ? (ulong)(ttbr >> T8110.TtbrFieldShift) << T8110.TtbrAddressShift : 0;
        return valid;
    }

    protected override bool IsCommand(uint value)
    {
        var op = (value >> T8110.CommandOpShift) & T8110.CommandOpField;
        var defined = (T8110.CommandOpField << T8110.CommandOpShift) | T8110.CommandStreamField;
        return (value & ~defined) == 0 && op is T8110.OpInvalidateAll or T8110.OpInvalidateStream;
    }

    protected override void Execute(uint value)
    {
        NoteInvalidate(value, 0);
        if (((value >> T8110.CommandOpShift) & T8110.CommandOpField) == T8110.OpInvalidateAll)
        {
            Walker.InvalidateAll();
        }
        else
        {
            Walker.Invalidate(value & T8110.CommandStreamField);
        }
    }

    protected override void Store(uint offset, uint value)
    {
        var locked = (this[T8110.Protect] & T8110.ProtectTtbrTcr) != 0;
        if (offset is >= T8110.Tcr and < T8110.Ttbr && (value & ~TcrDefined) != 0)
        {
            Bad(offset, value);
        }
        else if (offset is T8110.Error or (>= T8110.ErrorStreams and < T8110.ErrorStreams + 32))
        {
            this[offset] &= ~value;
        }
        else if (offset is >= T8110.EnableStreams and < T8110.DisableStreams)
        {
            this[offset] |= value;
        }
        else if (offset is >= T8110.DisableStreams and < T8110.DisableStreams + 32)
        {
            this[offset - T8110.DisableStreams + T8110.EnableStreams] &= ~value;
        }
        else if (!locked || offset < T8110.Tcr)
        {
            this[offset] = value;
        }
    }

    protected override uint CodeOfLevel(int level, int topLevel)
    {
        if (level == topLevel)
        {
            return T8110.ErrorNoTtbr;
        }

        return level switch
        {
            1 => T8110.ErrorNoPte,
            2 => T8110.ErrorNoPmd,
            _ => T8110.ErrorNoPgd,
        };
    }

    protected override uint CodeOfPermission(DmaAccess access) =>
        access == DmaAccess.Read ? T8110.ErrorRead : T8110.ErrorWrite;

    protected override void Record(uint stream, uint code, ulong iova)
    {
        var streams = T8110.ErrorStreams + (stream / 32 * 4);
        this[streams] |= 1u << (int)(stream % 32);
        if ((this[T8110.Error] & DartRegisters.ErrorFlag) != 0)
        {
            return;
        }

        this[T8110.Error] = DartRegisters.ErrorFlag | (stream << T8110.ErrorStreamShift) | code;
        this[T8110.ErrorAddressLow] = (uint)iova;
        this[T8110.ErrorAddressHigh] = (uint)(iova >> 32);
    }
}
