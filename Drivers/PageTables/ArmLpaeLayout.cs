using System.Numerics;
using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// The shape of one long-descriptor table and the values the hardware needs to walk it. Source:
/// io-pgtable-arm.c
/// of 6.1, 6.12, 7.2 (arm_lpae_restrict_pgsizes, arm_lpae_alloc_pgtable, arm_64_lpae_alloc_pgtable_s1/_s2).
/// </summary>
public sealed record ArmLpaeLayout
{
    /// <summary>Memory attributes of the four indexes. The constant is built in a signed int: bits 63:32 are
    /// ones.</summary>
    public const ulong Mair = 0xffff_ffff_f404_ff44;

    private const int LastLevel = 3;
    private const int MaxConcatenated = 16;

    /// <summary>12, 14 or 16.</summary>
    public required int GranuleShift { get; init; }

    /// <summary>Sizes of the granule that the unit has too.</summary>
    public required PageSizes PageSizes { get; init; }

    /// <summary>Input bits after trimming.</summary>
    public required int InputBits { get; init; }

    /// <summary>Output bits after trimming.</summary>
    public required int OutputBits { get; init; }

    public required int StartLevel { get; init; }

    /// <summary>log2 of the entries of the top table, concatenated ones included.</summary>
    public required int TopBits { get; init; }

    public int BitsPerLevel => GranuleShift - 3;

    public int EntriesPerTable => 1 << BitsPerLevel;

    public int TableBytes => 1 << GranuleShift;

    public int TopBytes => 8 << TopBits;

    /// <summary>log2 of the bytes that one entry of a level spans.</summary>
    public int Shift(int level) => GranuleShift + ((LastLevel - level) * BitsPerLevel);

    /// <summary>T0SZ: 64 minus the input bits.</summary>
    public int T0Sz => 64 - InputBits;

    /// <summary>TG0 field: 0 for 4K, 1 for 64K, 2 for 16K.</summary>
    public int Tg0 => GranuleShift switch { 12 => 0, 16 => 1, _ => 2 };

    /// <summary>TG1 field: 1 for 16K, 2 for 4K, 3 for 64K.</summary>
    public int Tg1 => GranuleShift switch { 12 => 2, 16 => 3, _ => 1 };

    /// <summary>IPS/PS field of the output size.</summary>
    public int PhysicalSize => PhysicalSizeOf(OutputBits);

    /// <summary>
    /// The shape for a request, or null when the library refuses it (the driver then reports -ENOMEM): no
    /// granule
    /// left, an output size the hardware has no code for, a 32-bit format beyond its limits, or a quirk not
    /// known.
    /// </summary>
    public static ArmLpaeLayout? Of(ArmLpaeConfig config, ArmLpaeRules rules, int cpuPageShift)
    {
        var accepted = config.IsStage2 ? rules.Stage2Quirks : rules.Stage1Quirks;
        if ((config.Quirks & ~accepted) != 0 || !FitsFormat(config)
            || (config.CoherentWalk && config.Quirks.HasFlag(ArmLpaeQuirks.OuterWriteBack)))
        {
            return null;
        }

        var shift = Granule(config.PageSizes, cpuPageShift);
        if (shift == 0)
        {
            return null;
        }

        var most = shift == 16 ? 52 : 48;
        var input = Math.Min(config.InputBits, most);
        var output = Math.Min(config.OutputBits, most);
        if (PhysicalSizeOf(output) < 0)
        {
            return null;
        }

        var perLevel = shift - 3;
        var levels = (input - shift + perLevel - 1) / perLevel;
        var layout = new ArmLpaeLayout
        {
            GranuleShift = shift,
            PageSizes = new PageSizes(config.PageSizes.Bitmap & SizesOf(shift, config)),
            InputBits = input,
            OutputBits = output,
            StartLevel = LastLevel + 1 - levels,
            TopBits = input - shift - (perLevel * (levels - 1)),
        };
        return config.IsStage2 ? Concatenate(layout, rules) : layout;
    }

    /// <summary>The VTCR as stream table entries hold it: T0SZ, SL0, IR, OR, SH, TG, PS from bit 0
    /// up.</summary>
    public ulong Vtcr(bool coherent)
    {
        var (sh, inner, outer) = Cacheability(coherent, ArmLpaeQuirks.None);
        var fields = T0Sz | (StartField << 6) | (inner << 8) | (outer << 10) | (sh << 12) | (Tg0 << 14);
        return (uint)(fields | (PhysicalSize << 16));
    }

    /// <summary>SL0: the inverted start level; the 4K granule counts from one more.</summary>
    public int StartField => ~(StartLevel + (GranuleShift == 12 ? 1 : 0)) & 3;

    /// <summary>Shareability and inner, outer cacheability of walks.</summary>
    public static (int Sh, int Inner, int Outer) Cacheability(bool coherent, ArmLpaeQuirks quirks)
    {
        if (coherent)
        {
            return (3, 1, 1);
        }

        return (2, 0, quirks.HasFlag(ArmLpaeQuirks.OuterWriteBack) ? 1 : 0);
    }

    private static ArmLpaeLayout? Concatenate(ArmLpaeLayout layout, ArmLpaeRules rules)
    {
        var wanted = rules.ConcatenatesWherePossible
            ? layout.StartLevel == 0 && layout.TopBits <= 4
            : ConcatenationIsMandatory(layout);
        if (!wanted)
        {
            return layout;
        }

        if (1 << layout.TopBits > MaxConcatenated)
        {
            return null;
        }

        return layout with
        {
            StartLevel = layout.StartLevel + 1,
            TopBits = layout.TopBits + layout.BitsPerLevel,
        };
    }

    private static bool ConcatenationIsMandatory(ArmLpaeLayout layout) =>
        (layout.GranuleShift, layout.StartLevel) switch
        {
            (14, 0) => layout.OutputBits == 48 || layout.InputBits == 48,
            (12, 0) => layout.OutputBits is 40 or 42,
            (14, 1) => layout.OutputBits == 40,
            _ => false,
        };

    private static bool FitsFormat(ArmLpaeConfig config) => config.Format switch
    {
        ArmLpaeFormat.Aarch32Stage1 => config.InputBits <= 32 && config.OutputBits <= 40,
        ArmLpaeFormat.Aarch32Stage2 => config.InputBits <= 40 && config.OutputBits <= 40,
        _ => true,
    };

    /// <summary>The CPU page size if the unit has it, else the largest below, else the smallest above; 0 for
    /// none.</summary>
    private static int Granule(PageSizes sizes, int cpuPageShift)
    {
        var cpuPage = 1UL << cpuPageShift;
        var below = sizes.Bitmap & (cpuPage - 1);
        var above = sizes.Bitmap & ~(cpuPage - 1);
        var chosen = sizes.Contains(cpuPage) ? cpuPageShift
            : below != 0 ? BitOperations.Log2(below)
            : above != 0 ? BitOperations.TrailingZeroCount(above)
            : 0;
        return chosen is 12 or 14 or 16 ? chosen : 0;
    }

    private static ulong SizesOf(int granuleShift, ArmLpaeConfig config)
    {
        var sizes = granuleShift switch
        {
            12 => 0x4020_1000UL,
            14 => 0x0200_4000UL,
            _ => 0x2001_0000UL | (config.OutputBits > 48 ? 1UL << 42 : 0),
        };
        return config.Format is ArmLpaeFormat.Aarch32Stage1 or ArmLpaeFormat.Aarch32Stage2
            ? sizes & 0x4020_1000UL
            : sizes;
    }

    private static int PhysicalSizeOf(int bits) => bits switch
    {
        32 => 0,
        36 => 1,
        40 => 2,
        42 => 3,
        44 => 4,
        48 => 5,
        52 => 6,
        _ => -1,
    };
}
