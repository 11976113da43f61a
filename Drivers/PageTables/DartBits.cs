namespace Conformance.Drivers.PageTables;

/// <summary>The two layouts of a DART descriptor.</summary>
public enum DartFormat
{
    /// <summary>M1: physical address in place, bits 35:12.</summary>
    Dart1 = 1,

    /// <summary>M1 Pro and later: physical address shifted right by four, bits 37:10.</summary>
    Dart2 = 2,
}

/// <summary>Bits of a DART descriptor (8 bytes, little endian). Source: io-pgtable-dart.c.</summary>
public static class DartBits
{
    /// <summary>Bytes of a descriptor, as a power of two.</summary>
    public const int EntryShift = 3;

    /// <summary>Table and leaf: the descriptor is valid.</summary>
    public const ulong Valid = 1UL << 0;

    /// <summary>Leaf: last accessible sub-page, bits 51:40, in 1/4096 of a page, inclusive.</summary>
    public const int SubPageEndShift = 40;

    /// <summary>Leaf: first accessible sub-page, bits 63:52, in 1/4096 of a page.</summary>
    public const int SubPageStartShift = 52;

    /// <summary>Largest sub-page number; the field's width as a mask too.</summary>
    public const ulong SubPageLast = 0xfff;

    public const ulong Dart1Address = 0x0000_000f_ffff_f000;
    public const ulong Dart1SubPageDisable = 1UL << 1;
    public const ulong Dart1NoWrite = 1UL << 7;
    public const ulong Dart1NoRead = 1UL << 8;

    public const ulong Dart2Address = 0x0000_003f_ffff_fc00;
    public const int Dart2AddressShift = 4;
    public const ulong Dart2NoCache = 1UL << 1;
    public const ulong Dart2NoWrite = 1UL << 2;
    public const ulong Dart2NoRead = 1UL << 3;

    /// <summary>Bits that neither a table nor a leaf descriptor of DART1 uses.</summary>
    public const ulong Dart1Undefined =
        ~(Valid | Dart1SubPageDisable | Dart1NoWrite | Dart1NoRead | Dart1Address | SubPages);

    /// <summary>Bits that neither a table nor a leaf descriptor of DART2 uses.</summary>
    public const ulong Dart2Undefined =
        ~(Valid | Dart2NoCache | Dart2NoWrite | Dart2NoRead | Dart2Address | SubPages);

    private const ulong SubPages = (SubPageLast << SubPageEndShift) | (SubPageLast << SubPageStartShift);
}
