namespace Conformance.Drivers.AppleDart;

/// <summary>
/// Register offsets and fields of both layouts. Source: apple-dart.c; there is no public manual.
/// </summary>
internal static class DartRegisters
{
    /// <summary>Page shift in bits 27:24.</summary>
    public const uint Params1 = 0x00;

    public const int Params1PageShift = 24;

    /// <summary>Bit 0: bypass supported.</summary>
    public const uint Params2 = 0x04;

    public const uint Params2Bypass = 1 << 0;

    public const uint ErrorFlag = 1u << 31;
}

/// <summary>The layout of T8020, T8103 and T6000: up to 32 streams, four TTBRs a stream.</summary>
internal static class T8020
{
    public const uint StreamCommand = 0x20;
    public const uint CommandBusy = 1 << 2;
    public const uint CommandInvalidate = 1 << 20;

    /// <summary>One word for 32 streams.</summary>
    public const uint StreamSelect = 0x34;

    public const uint Error = 0x40;
    public const int ErrorStreamShift = 24;
    public const uint ErrorNoTtbr = 1 << 0;
    public const uint ErrorNoPmd = 1 << 1;
    public const uint ErrorNoPte = 1 << 2;
    public const uint ErrorWrite = 1 << 3;
    public const uint ErrorRead = 1 << 4;
    public const uint ErrorAddressLow = 0x50;
    public const uint ErrorAddressHigh = 0x54;

    public const uint Config = 0x60;
    public const uint ConfigLock = 1 << 15;

    /// <summary>One bit a stream.</summary>
    public const uint StreamsEnable = 0xfc;

    public const uint Tcr = 0x100;
    public const uint TcrTranslate = 1 << 7;
    public const uint TcrBypassDart = 1 << 8;
    public const uint TcrBypassDapf = 1 << 12;

    public const uint Ttbr = 0x200;
    public const uint TtbrValid = 1u << 31;
    public const int TtbrAddressShift = 12;
    public const uint TtbrAddressField = 0x00ff_ffff;
    public const int TtbrsPerStream = 4;

    /// <summary>Bytes of registers that exist.</summary>
    public const uint End = 0x300;
}

/// <summary>The layout of T8110: up to 256 streams, one TTBR a stream, widths in registers.</summary>
internal static class T8110
{
    /// <summary>PA width in bits 29:24, VA width in bits 21:16.</summary>
    public const uint Params3 = 0x08;

    public const int Params3PaShift = 24;
    public const int Params3VaShift = 16;
    public const uint WidthField = 0x3f;

    /// <summary>Number of streams in bits 8:0.</summary>
    public const uint Params4 = 0x0c;

    public const uint Params4Streams = 0x1ff;

    public const uint TlbCommand = 0x80;
    public const uint CommandBusy = 1u << 31;
    public const int CommandOpShift = 8;
    public const uint CommandOpField = 7;
    public const uint OpInvalidateAll = 0;
    public const uint OpInvalidateStream = 1;
    public const uint CommandStreamField = 0xff;

    public const uint Error = 0x100;
    public const int ErrorStreamShift = 20;
    public const uint ErrorNoTtbr = 1 << 0;
    public const uint ErrorNoPgd = 1 << 1;
    public const uint ErrorNoPmd = 1 << 2;
    public const uint ErrorNoPte = 1 << 3;
    public const uint ErrorWrite = 1 << 4;
    public const uint ErrorRead = 1 << 5;
    public const uint ErrorMask = 0x104;
    public const uint ErrorAddressLow = 0x170;
    public const uint ErrorAddressHigh = 0x174;

    /// <summary>One bit a stream, eight words.</summary>
    public const uint ErrorStreams = 0x1c0;

    /// <summary>Bit 0: TCR and TTBR are locked.</summary>
    public const uint Protect = 0x200;

    public const uint ProtectTtbrTcr = 1 << 0;

    /// <summary>Eight words, a one enables the stream.</summary>
    public const uint EnableStreams = 0xc00;

    /// <summary>Eight words, a one disables the stream.</summary>
    public const uint DisableStreams = 0xc20;

    public const uint Tcr = 0x1000;
    public const uint TcrTranslate = 1 << 0;
    public const uint TcrBypassDart = 1 << 1;
    public const uint TcrBypassDapf = 1 << 2;
    public const uint TcrFourLevel = 1 << 3;

    public const uint Ttbr = 0x1400;
    public const uint TtbrValid = 1 << 0;
    public const int TtbrFieldShift = 2;
    public const int TtbrAddressShift = 14;

    public const uint End = 0x1800;
}
