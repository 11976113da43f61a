using Conformance.Drivers.PageTables;

namespace Conformance.Drivers.AppleDart;

/// <summary>
/// What the driver knows of a kind of unit by its compatible string (<c>struct apple_dart_hw</c>).
/// </summary>
internal sealed record DartSoc
{
    public required DartLayout Layout { get; init; }

    public required DartFormat Format { get; init; }

    /// <summary>Physical address bits; 0 when a register tells.</summary>
    public required int Oas { get; init; }

    /// <summary>Number of streams; 0 when a register tells.</summary>
    public required uint Streams { get; init; }

    public required uint LockRegister { get; init; }

    public required uint LockBit { get; init; }

    public required uint Error { get; init; }

    public required uint ErrorAddressLow { get; init; }

    public required uint EnableStreams { get; init; }

    public required uint Tcr { get; init; }

    public required uint TcrTranslate { get; init; }

    /// <summary>Added to <see cref="TcrTranslate"/> for four levels (7.2).</summary>
    public required uint TcrFourLevel { get; init; }

    public required uint TcrBypass { get; init; }

    public required uint Ttbr { get; init; }

    public required uint TtbrValid { get; init; }

    public required int TtbrAddressShift { get; init; }

    public required int TtbrFieldShift { get; init; }

    public required int TtbrsPerStream { get; init; }

    private static readonly DartSoc T8020Layout = new()
    {
        Layout = DartLayout.T8020,
        Format = DartFormat.Dart1,
        Oas = 36,
        Streams = 16,
        LockRegister = T8020.Config,
        LockBit = T8020.ConfigLock,
        Error = T8020.Error,
        ErrorAddressLow = T8020.ErrorAddressLow,
        EnableStreams = T8020.StreamsEnable,
        Tcr = T8020.Tcr,
        TcrTranslate = T8020.TcrTranslate,
        TcrFourLevel = 0,
        TcrBypass = T8020.TcrBypassDapf | T8020.TcrBypassDart,
        Ttbr = T8020.Ttbr,
        TtbrValid = T8020.TtbrValid,
        TtbrAddressShift = T8020.TtbrAddressShift,
        TtbrFieldShift = 0,
        TtbrsPerStream = T8020.TtbrsPerStream,
    };

    private static readonly DartSoc T8103 = T8020Layout;

    private static readonly DartSoc T6000 = T8020Layout with { Format = DartFormat.Dart2, Oas = 42 };

    private static readonly DartSoc T8110Layout = new()
    {
        Layout = DartLayout.T8110,
        Format = DartFormat.Dart2,
        Oas = 0,
        Streams = 0,
        LockRegister = T8110.Protect,
        LockBit = T8110.ProtectTtbrTcr,
        Error = T8110.Error,
        ErrorAddressLow = T8110.ErrorAddressLow,
        EnableStreams = T8110.EnableStreams,
        Tcr = T8110.Tcr,
        TcrTranslate = T8110.TcrTranslate,
        TcrFourLevel = T8110.TcrFourLevel,
        TcrBypass = T8110.TcrBypassDapf | T8110.TcrBypassDart,
        Ttbr = T8110.Ttbr,
        TtbrValid = T8110.TtbrValid,
        TtbrAddressShift = T8110.TtbrAddressShift,
        TtbrFieldShift = T8110.TtbrFieldShift,
        TtbrsPerStream = 1,
    };

    /// <summary>What the compatible string of a variant selects.</summary>
    public static DartSoc Of(AppleDartVariant variant) => (variant.Layout, variant.Format) switch
    {
        (DartLayout.T8110, _) => T8110Layout,
        (_, DartFormat.Dart2) => T6000,
        _ => T8103,
    };
}
