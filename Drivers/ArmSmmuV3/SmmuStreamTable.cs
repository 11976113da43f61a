using Conformance.Drivers.Hardware;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// The driver's stream table: linear, or a first level with second-level tables of 256 entries made when the
/// first
/// StreamID of their range is probed. Fresh entries abort.
/// </summary>
public sealed class SmmuStreamTable
{
    /// <summary>log2 of the entries of a second-level table.</summary>
    public const int Split = 8;

    private const int MostFirstLevelBits = 17;

    private readonly PhysicalMemory memory;
    private readonly bool incomingShare;
    private readonly ulong address;
    private readonly ulong[] secondLevels;
    private readonly int bits;

    /// <param name="memory">Where the tables lie.</param>
    /// <param name="streamIdBits">Bits of a StreamID.</param>
    /// <param name="twoLevel">Two levels.</param>
    /// <param name="incomingShare">Fresh entries carry SHCFG (6.1).</param>
    public SmmuStreamTable(PhysicalMemory memory, int streamIdBits, bool twoLevel, bool incomingShare)
    {
        this.memory = memory;
        this.incomingShare = incomingShare;
        bits = twoLevel ? Math.Min(streamIdBits, MostFirstLevelBits + Split) : streamIdBits;
        secondLevels = twoLevel ? new ulong[1 << (bits - Split)] : [];
        var bytes = twoLevel ? 8 << (bits - Split) : SmmuEntries.Bytes << bits;
        address = memory.Alloc(bytes, Math.Max(4096, bytes)).Value;
        Base = SmmuReg.StrtabBaseRa | address;
        Config = (uint)bits | (twoLevel ? (1U << 16) | (Split << 6) : 0);
        if (!twoLevel)
        {
            FillAborts(address, 1 << bits);
        }
    }

    /// <summary>Value for STRTAB_BASE.</summary>
    public ulong Base { get; }

    /// <summary>Value for STRTAB_BASE_CFG.</summary>
    public uint Config { get; }

    public bool Covers(uint sid) => sid >> bits == 0;

    /// <summary>Makes the second-level table of a StreamID that <see cref="Covers"/>.</summary>
    public void Ensure(uint sid)
    {
        if (secondLevels.Length == 0 || secondLevels[sid >> Split] != 0)
        {
            return;
        }

        var bytes = SmmuEntries.Bytes << Split;
        var table = memory.Alloc(bytes, bytes).Value;
        FillAborts(table, 1 << Split);
        secondLevels[sid >> Split] = table;
        memory.WriteThrough(address + (8UL * (sid >> Split)), table | (Split + 1));
    }

    /// <summary>Address of the entry of a StreamID whose table exists.</summary>
    public ulong EntryOf(uint sid) => secondLevels.Length == 0
        ? address + ((ulong)sid * SmmuEntries.Bytes)
        : secondLevels[sid >> Split] + ((ulong)(sid & ((1U << Split) - 1)) * SmmuEntries.Bytes);

    /// <summary>Writes an entry that no hardware reads yet.</summary>
    public void WriteUnseen(uint sid, ReadOnlySpan<ulong> words)
    {
        for (var i = 0; i < words.Length; i++)
        {
            memory.WriteThrough(EntryOf(sid) + (8UL * (ulong)i), words[i]);
        }
    }

    private void FillAborts(ulong table, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var at = table + ((ulong)i * SmmuEntries.Bytes);
            memory.WriteThrough(at, SmmuEntries.SteValid);
            if (incomingShare)
            {
                memory.WriteThrough(at + 8, SmmuEntries.IncomingShare);
            }
        }
    }
}
