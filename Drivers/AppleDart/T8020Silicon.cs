using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;
using Conformance.Model.Tracing;

namespace Conformance.Drivers.AppleDart;

/// <summary>The older register layout: streams chosen by a bitmap, four TTBRs a stream.</summary>
internal sealed class T8020Silicon : DartSilicon
{
    private const uint TcrDefined = T8020.TcrTranslate | T8020.TcrBypassDart | T8020.TcrBypassDapf;

    public T8020Silicon(AppleDartVariant variant, PhysicalMemory memory, Trace? trace)
        : base(variant, memory, trace, T8020.End)
    {
        this[T8020.Config] = variant.Locked ? T8020.ConfigLock : 0;
    }

    public override bool InterruptAsserted => (this[T8020.Error] & DartRegisters.ErrorFlag) != 0;

    protected override uint CommandRegister => T8020.StreamCommand;

    protected override uint BusyBit => T8020.CommandBusy;

    protected override ulong TtbrsPerStream => T8020.TtbrsPerStream;

    protected override bool IsEnabled(uint stream) => ((this[T8020.StreamsEnable] >> (int)stream) & 1) != 0;

    protected override DartStreamMode Mode(uint stream)
    {
        var tcr = this[T8020.Tcr + (4 * stream)];
        if ((tcr & T8020.TcrBypassDart) != 0)
        {
            return DartStreamMode.Bypass;
        }

        return (tcr & T8020.TcrTranslate) != 0 ? DartStreamMode.Translate : DartStreamMode.Blocked;
    }

    protected override bool TryTtbr(uint stream, ulong index, out ulong table)
    {
        var ttbr = index < T8020.TtbrsPerStream ? this[T8020.Ttbr + (16 * stream) + (4 * (uint)index)] : 0;
        var valid = (ttbr & T8020.TtbrValid) != 0;
        table = valid ? (ulong)(ttbr & T8020.TtbrAddressField) << T8020.TtbrAddressShift : 0;
        return valid;
    }

    protected override bool IsCommand(uint value) => value == T8020.CommandInvalidate;

    protected override void Execute(uint value)
    {
        var select = this[T8020.StreamSelect];
        NoteInvalidate(select, value);
        for (var stream = 0u; stream < Variant.Streams; stream++)
        {
            if (((select >> (int)stream) & 1) != 0)
            {
                Walker.Invalidate(stream);
            }
        }
    }

    protected override void Store(uint offset, uint value)
    {
        var isTcr = offset >= T8020.Tcr && offset < T8020.Ttbr;
        if (isTcr && (value & ~TcrDefined) != 0)
        {
            Bad(offset, value);
            return;
        }

        var locked = (this[T8020.Config] & T8020.ConfigLock) != 0;
        if (offset == T8020.Error)
        {
            this[offset] &= ~value;
        }
        else if (!locked || offset < T8020.Tcr)
        {
            this[offset] = value;
        }
    }

    protected override uint CodeOfLevel(int level, int topLevel) => level switch
    {
        1 => T8020.ErrorNoPte,
        2 => T8020.ErrorNoPmd,
        _ => T8020.ErrorNoTtbr,
    };

    protected override uint CodeOfPermission(DmaAccess access) =>
        access == DmaAccess.Read ? T8020.ErrorRead : T8020.ErrorWrite;

    protected override void Record(uint stream, uint code, ulong iova)
    {
        if (InterruptAsserted)
        {
            return;
        }

        this[T8020.Error] = DartRegisters.ErrorFlag | (stream << T8020.ErrorStreamShift) | code;
        this[T8020.ErrorAddressLow] = (uint)iova;
        this[T8020.ErrorAddressHigh] = (uint)(iova >> 32);
    }
}
