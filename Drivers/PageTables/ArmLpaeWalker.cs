using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.PageTables;

/// <summary>What registers or context descriptors tell the walker about one table.</summary>
/// <param name="Root">TTBR or VTTBR.</param>
/// <param name="InputBits">64 minus T0SZ.</param>
/// <param name="StartLevel">Level of the top table.</param>
/// <param name="GranuleShift">12, 14 or 16.</param>
/// <param name="OutputBits">Output size by IPS/PS; larger addresses are an address size fault.</param>
/// <param name="Stage2">Stage-2 permissions.</param>
public readonly record struct ArmLpaeRegime(
    ulong Root, int InputBits, int StartLevel, int GranuleShift, int OutputBits, bool Stage2)
{
    public int Shift(int level) => GranuleShift + ((3 - level) * (GranuleShift - 3));

    /// <summary>Start level of a stage-1 table: as many levels as the input needs.</summary>
    public static int StartOf(int inputBits, int granuleShift)
    {
        var perLevel = granuleShift - 3;
        return 4 - ((inputBits - granuleShift + perLevel - 1) / perLevel);
    }

    /// <summary>Output bits of an IPS/PS field, 0 for a reserved code.</summary>
    public static int OutputBitsOf(int field) => field switch
    {
        0 => 32,
        1 => 36,
        2 => 40,
        3 => 42,
        4 => 44,
        5 => 48,
        6 => 52,
        _ => 0,
    };
}

public enum ArmLpaeFault : byte
{
    None,
    Translation,
    AddressSize,
    AccessFlag,

    /// <summary>A table lies where no memory answers.</summary>
    ExternalAbort,
}

/// <summary>Result of a walk: a fault, or a leaf with its permissions.</summary>
/// <param name="Fault">None when a leaf was found.</param>
/// <param name="Base">Physical address of the leaf's first byte; for a fault the entry's address.</param>
/// <param name="Shift">log2 of the leaf's size.</param>
/// <param name="Level">Level of leaf or fault.</param>
/// <param name="Read">Device reads allowed.</param>
/// <param name="Write">Device writes allowed.</param>
/// <param name="Unprivileged">Unprivileged accesses allowed (AP[1]; always at stage 2).</param>
public readonly record struct ArmLpaeLeaf(
    ArmLpaeFault Fault, ulong Base, byte Shift, byte Level, bool Read, bool Write, bool Unprivileged);

/// <summary>Where a walker keeps pointers to lower tables.</summary>
public abstract class ArmLpaeWalkCache
{
    /// <summary>The table below the entry that spans <c>va &gt;&gt; shift</c>.</summary>
    public abstract bool TryGetTable(int shift, ulong va, out ulong table);

    public abstract void PutTable(int shift, ulong va, ulong table);
}

/// <summary>
/// The hardware half of the long-descriptor format (Arm ARM, VMSAv8-64 translation): reads simulated memory
/// only, knows nothing of the software that wrote it.
/// </summary>
public static class ArmLpaeWalker
{
    public static ArmLpaeLeaf Walk(
        PhysicalMemory memory, in ArmLpaeRegime regime, ulong va, ArmLpaeWalkCache? cache)
    {
        if (va >> regime.InputBits != 0)
        {
            return Faulted(ArmLpaeFault.Translation, 0, regime.StartLevel);
        }

        var level = 3;
        var table = 0UL;
        while (level > regime.StartLevel
            && (cache is null || !cache.TryGetTable(regime.Shift(level - 1), va, out table)))
        {
            level--;
        }

        table = level == regime.StartLevel ? regime.Root : table;
        for (; ; level++)
        {
            var at = table + (8 * Index(regime, va, level));
            if (!memory.Contains(at))
            {
                return Faulted(ArmLpaeFault.ExternalAbort, at, level);
            }

            var entry = memory.Fetch(at);
            if (!IsTable(entry, level))
            {
                return Leaf(regime, entry, at, level);
            }

            table = Address(entry, regime.GranuleShift);
            if (table >> regime.OutputBits != 0)
            {
                return Faulted(ArmLpaeFault.AddressSize, at, level);
            }

            cache?.PutTable(regime.Shift(level), va, table);
        }
    }

    /// <summary>Every leaf below the root in ascending order; tables that cannot be read count as
    /// empty.</summary>
    public static void Enumerate(PhysicalMemory memory, in ArmLpaeRegime regime, Action<TranslationRun> sink)
    {
        var entries = 1UL << (regime.InputBits - regime.Shift(regime.StartLevel));
        Enumerate(memory, regime, regime.Root, regime.StartLevel, 0, entries, sink);
    }

    private static void Enumerate(PhysicalMemory memory, in ArmLpaeRegime regime, ulong table, int level,
        ulong va, ulong entries, Action<TranslationRun> sink)
    {
        for (var i = 0UL; i < entries && memory.Contains(table + (8 * i)); i++)
        {
            var entry = memory.Fetch(table + (8 * i));
            if ((entry & 1) == 0)
            {
                continue;
            }

            var at = va + (i << regime.Shift(level));
            if (IsTable(entry, level))
            {
                Enumerate(memory, regime, Address(entry, regime.GranuleShift), level + 1, at,
                    1UL << (regime.GranuleShift - 3), sink);
                continue;
            }

            var leaf = Leaf(regime, entry, table + (8 * i), level);
            if (leaf.Fault == ArmLpaeFault.None)
            {
                sink(new TranslationRun(at, leaf.Base, 1UL << leaf.Shift, leaf.Read, leaf.Write));
            }
        }
    }

    private static ulong Index(in ArmLpaeRegime regime, ulong va, int level)
    {
        var index = va >> regime.Shift(level);
        return level == regime.StartLevel ? index : index & ((1UL << (regime.GranuleShift - 3)) - 1);
    }

    private static bool IsTable(ulong entry, int level) => level < 3 && (entry & 3) == 3;

    private static ArmLpaeLeaf Leaf(in ArmLpaeRegime regime, ulong entry, ulong at, int level)
    {
        var isLeaf = (entry & 3) == (level == 3 ? 3UL : 1UL) && MayHoldLeaf(regime, level);
        if (!isLeaf)
        {
            return Faulted(ArmLpaeFault.Translation, at, level);
        }

        var shift = regime.Shift(level);
        var address = Address(entry, regime.GranuleShift) & ~((1UL << shift) - 1);
        if (address >> regime.OutputBits != 0)
        {
            return Faulted(ArmLpaeFault.AddressSize, at, level);
        }

        if ((entry & (1UL << 10)) == 0)
        {
            return Faulted(ArmLpaeFault.AccessFlag, at, level);
        }

        var read = !regime.Stage2 || (entry & (1UL << 6)) != 0;
        var write = regime.Stage2 ? (entry & (1UL << 7)) != 0 : (entry & (1UL << 7)) == 0;
        var unprivileged = regime.Stage2 || (entry & (1UL << 6)) != 0;
        return new ArmLpaeLeaf(
            ArmLpaeFault.None, address, (byte)shift, (byte)level, read, write, unprivileged);
    }

    /// <summary>Blocks: 4K at levels 1 and 2, 16K at 2, 64K at 2 and, with 52 output bits, at 1.</summary>
    private static bool MayHoldLeaf(in ArmLpaeRegime regime, int level) => level switch
    {
        3 or 2 => true,
        1 => regime.GranuleShift == 12 || (regime.GranuleShift == 16 && regime.OutputBits == 52),
        _ => false,
    };

    private static ulong Address(ulong entry, int granuleShift)
    {
        var low = entry & 0x0000_ffff_ffff_f000;
        return granuleShift < 16 ? low : (low & 0x0000_ffff_ffff_0000) | ((entry & 0xf000) << 36);
    }

    private static ArmLpaeLeaf Faulted(ArmLpaeFault fault, ulong at, int level) =>
        new(fault, at, 0, (byte)level, Read: false, Write: false, Unprivileged: false);
}
