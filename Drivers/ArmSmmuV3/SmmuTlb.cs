using Conformance.Drivers.Hardware;
using Conformance.Drivers.PageTables;

namespace Conformance.Drivers.ArmSmmuV3;

/// <summary>Which address space a cached translation belongs to: regime, VMID, ASID in one number.</summary>
public static class SmmuTag
{
    public const ulong RegimeMask = 7UL << 32;
    public const ulong VmidMask = RegimeMask | (0xffffUL << 16);

    private const ulong NonSecureEl1 = 0;
    private const ulong El2 = 1UL << 32;
    private const ulong Stage2 = 2UL << 32;

    /// <summary>Stage 1 of a stream with STRW 0. VMID 0 when stage 2 is off.</summary>
    public static ulong OfStage1(uint vmid, uint asid) => NonSecureEl1 | ((ulong)vmid << 16) | asid;

    /// <summary>Stage 1 of a stream with STRW 2 (EL2-E2H), which has no VMID.</summary>
    public static ulong OfEl2(uint asid) => El2 | asid;

    public static ulong OfStage2(uint vmid) => Stage2 | ((ulong)vmid << 16);

    public static bool IsEl2(ulong tag) => (tag & RegimeMask) == El2;
}

/// <summary>
/// Translation caches: leaves, and pointers to lower tables for the walker. Everything stays until a command
/// drops it;
/// absent entries are never kept.
/// </summary>
public sealed class SmmuTlb(bool trustsLevelHint) : ArmLpaeWalkCache
{
    private static readonly int[] LeafShifts = [12, 14, 16, 21, 25, 29, 30, 42];
    private static readonly int[] TableShifts = [21, 25, 29, 30, 36, 39, 42, 47];

    private readonly TaggedCache<ArmLpaeLeaf> leaves = new();
    private readonly TaggedCache<ulong> tables = new();

    /// <summary>Bit n: some leaf of 2^n bytes was ever kept, so look-ups need not try other sizes.</summary>
    private ulong shiftsSeen;

    /// <summary>Tag the walker works for.</summary>
    public ulong Tag { get; set; }

    public bool TryGetLeaf(ulong tag, ulong va, out ArmLpaeLeaf leaf)
    {
        foreach (var shift in LeafShifts)
        {
            if ((shiftsSeen & (1UL << shift)) != 0 && leaves.TryGet(tag, Key(shift, va), out leaf))
            {
                return true;
            }
        }

        leaf = default;
        return false;
    }

    public void PutLeaf(ulong tag, ulong va, in ArmLpaeLeaf leaf)
    {
        shiftsSeen |= 1UL << leaf.Shift;
        leaves.Put(tag, Key(leaf.Shift, va), leaf);
    }

    public override bool TryGetTable(int shift, ulong va, out ulong table) =>
        tables.TryGet(Tag, Key(shift, va), out table);

    public override void PutTable(int shift, ulong va, ulong table) => tables.Put(Tag, Key(shift, va), table);

    /// <summary>Drops all tags that equal <paramref name="value"/> under <paramref name="mask"/>.</summary>
    public void DropTags(ulong mask, ulong value)
    {
        leaves.DropTags(mask, value);
        tables.DropTags(mask, value);
    }

    public void DropTag(ulong tag)
    {
        leaves.DropTag(tag);
        tables.DropTag(tag);
    }

    /// <summary>
    /// Drops what covers any address in [first, last]. <paramref name="leafShift"/> is the size that the
    /// level hint
    /// names, 0 for no hint. Pointers to tables go only when <paramref name="leafOnly"/> is false.
    /// </summary>
    public void DropRange(ulong tag, ulong first, ulong last, bool leafOnly, int leafShift)
    {
        foreach (var shift in LeafShifts)
        {
            var named = leafShift == 0 || !trustsLevelHint || leafShift == shift;
            if (named && (shiftsSeen & (1UL << shift)) != 0)
            {
                leaves.DropRange(tag, Key(shift, first), Key(shift, last));
            }
        }

        foreach (var shift in leafOnly ? [] : TableShifts)
        {
            tables.DropRange(tag, Key(shift, first), Key(shift, last));
        }
    }

    private static ulong Key(int shift, ulong va) => ((ulong)shift << 56) | (va >> shift);
}
