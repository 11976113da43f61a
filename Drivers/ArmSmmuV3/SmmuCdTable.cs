using Conformance.Drivers.Hardware;
using Conformance.Model.Contract;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>
/// A table of context descriptors: one block up to 1024 contexts, else a first level of pointers to leaves
/// of 1024, made
/// on demand. Per domain in 6.1, per device later.
/// </summary>
public sealed class SmmuCdTable
{
    private const int LeafBits = 10;
    private const int LeafBytes = SmmuEntries.Bytes << LeafBits;

    private readonly PhysicalMemory memory;
    private readonly ulong[] leaves;
    private readonly int bytes;

    /// <param name="memory">Where the table lies.</param>
    /// <param name="bits">log2 of the number of contexts, S1CDMax.</param>
    /// <param name="twoLevel">The unit can do two levels.</param>
    public SmmuCdTable(PhysicalMemory memory, int bits, bool twoLevel)
    {
        this.memory = memory;
        Bits = bits;
        var split = twoLevel && bits > LeafBits;
        leaves = split ? new ulong[1 << (bits - LeafBits)] : [];
        bytes = split ? 8 << (bits - LeafBits) : SmmuEntries.Bytes << bits;
        Address = memory.Alloc(bytes, Math.Max(4096, bytes)).Value;
        Format = split ? 2 : 0;
    }

    public int Bits { get; }

    public ulong Address { get; }

    /// <summary>S1Fmt: 0 one block, 2 two levels with 64 KiB leaves.</summary>
    public int Format { get; }

    /// <summary>Address of a context descriptor, 0 when its leaf does not exist.</summary>
    public ulong EntryOf(uint ssid)
    {
        if (leaves.Length == 0)
        {
            return Address + ((ulong)ssid * SmmuEntries.Bytes);
        }

        var leaf = leaves[ssid >> LeafBits];
        return leaf == 0 ? 0 : leaf + ((ulong)(ssid & ((1U << LeafBits) - 1)) * SmmuEntries.Bytes);
    }

    /// <summary>Makes the leaf of a context; true when it is new and the first level must be
    /// invalidated.</summary>
    public bool Ensure(uint ssid)
    {
        if (leaves.Length == 0 || leaves[ssid >> LeafBits] != 0)
        {
            return false;
        }

        var leaf = memory.Alloc(LeafBytes, LeafBytes).Value;
        leaves[ssid >> LeafBits] = leaf;
        memory.WriteThrough(Address + (8UL * (ssid >> LeafBits)), leaf | 1);
        return true;
    }

    public void Free()
    {
        foreach (var leaf in leaves)
        {
            if (leaf != 0)
            {
                memory.Free(new PhysAddr(leaf), LeafBytes, LeafBytes);
            }
        }

        memory.Free(new PhysAddr(Address), bytes, Math.Max(4096, bytes));
    }
}
