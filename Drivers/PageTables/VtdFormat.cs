using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>
/// Entry bits of one VT-d paging format, as the kernel writes them: 8-byte entries, 512 to a 4 KiB table,
/// level 1 is
/// the leaf level. Address in bits 51:12; bit 7 marks a leaf at level 2 (2 MiB) or 3 (1 GiB).
/// </summary>
public abstract class VtdFormat
{
    public const ulong AddressMask = 0x000f_ffff_ffff_f000;
    public const ulong LargePage = 1UL << 7;

    /// <summary>
    /// Software bit of a table entry that has reached memory (generic page table, incoherent walker).
    /// </summary>
    public abstract ulong CleanedBit { get; }

    /// <summary>An entry that points to the table at <paramref name="pa"/>.</summary>
    public abstract ulong Table(ulong pa);

    /// <summary>
    /// A leaf; address bits above 51 fall away; <paramref name="snoop"/> asks for forced snooping where the
    /// format has it per leaf.
    /// </summary>
    public abstract ulong Leaf(ulong pa, int level, Prot prot, bool snoop);

    /// <summary>The entry is not empty.</summary>
    public abstract bool IsPresent(ulong entry);

    public abstract bool CanRead(ulong entry);

    public abstract bool CanWrite(ulong entry);

    public static bool IsLeaf(ulong entry, int level) => level == 1 || (entry & LargePage) != 0;

    public static ulong Address(ulong entry) => entry & AddressMask;
}

/// <summary>Second stage: R 0, W 1, SNP 11. Table entries carry R and W.</summary>
/// <param name="alwaysReadable">6.1 and 6.12 set bit 0 on every leaf, so write-only becomes readable.</param>
public sealed class VtdSecondStage(bool alwaysReadable) : VtdFormat
{
    public const ulong Read = 1;
    public const ulong Write = 2;
    public const ulong Snoop = 1UL << 11;

    public override ulong CleanedBit => 1UL << 10;

    public override ulong Table(ulong pa) => pa | Read | Write;

    public override ulong Leaf(ulong pa, int level, Prot prot, bool snoop) =>
        (pa & AddressMask)
        | (alwaysReadable || (prot & Prot.Read) != 0 ? Read : 0)
        | ((prot & Prot.Write) != 0 ? Write : 0)
        | (snoop ? Snoop : 0)
        | (level > 1 ? LargePage : 0);

    public override bool IsPresent(ulong entry) => (entry & (Read | Write)) != 0;

    public override bool CanRead(ulong entry) => (entry & Read) != 0;

    public override bool CanWrite(ulong entry) => (entry & Write) != 0;
}

/// <summary>
/// First stage, the processor's format: P 0, W 1, U 2, A 5, D 6, XD 63. Present is readable.
/// </summary>
/// <param name="executeDisable">6.1 sets XD on leaves and table entries.</param>
public sealed class VtdFirstStage(bool executeDisable) : VtdFormat
{
    public const ulong Present = 1;
    public const ulong Write = 2;
    public const ulong User = 1UL << 2;
    public const ulong Accessed = 1UL << 5;
    public const ulong Dirty = 1UL << 6;
    public const ulong ExecuteDisable = 1UL << 63;

    private readonly ulong common = Present | User | Accessed | (executeDisable ? ExecuteDisable : 0);

    public override ulong CleanedBit => 1UL << 9;

    public override ulong Table(ulong pa) => pa | common | Write;

    public override ulong Leaf(ulong pa, int level, Prot prot, bool snoop) =>
        (pa & AddressMask) | common
        | ((prot & Prot.Write) != 0 ? Write | Dirty : 0)
        | (level > 1 ? LargePage : 0);

    public override bool IsPresent(ulong entry) => (entry & Present) != 0;

    public override bool CanRead(ulong entry) => (entry & Present) != 0;

    public override bool CanWrite(ulong entry) => (entry & Write) != 0;
}
