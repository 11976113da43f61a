using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>
/// Bytes <c>[Start, Last]</c> that translate to <c>[Pa, Pa + Length)</c> through table entries of one size.
/// </summary>
/// <param name="Start">First IOVA.</param>
/// <param name="Last">Last IOVA, inclusive, so that a run may end at 2^64 - 1.</param>
/// <param name="Pa">Physical address of <paramref name="Start"/>.</param>
/// <param name="Prot">Permissions.</param>
/// <param name="LeafShift">Log2 of the size of an entry, to which entries are aligned.</param>
public readonly record struct AddressRun(ulong Start, ulong Last, ulong Pa, Prot Prot, byte LeafShift)
{
    /// <summary>Bytes; 0 stands for 2^64.</summary>
    public ulong Length => Last - Start + 1;

    /// <summary>Bytes that one entry covers.</summary>
    public ulong LeafSize => 1UL << LeafShift;

    /// <summary>Physical address of a byte of the run.</summary>
    public ulong PaOf(ulong iova) => Pa + (iova - Start);

    /// <summary>First byte of the entry that a byte lies in.</summary>
    public ulong LeafStart(ulong iova) => iova & ~(LeafSize - 1);

    /// <summary>Last byte of the entry that a byte lies in.</summary>
    public ulong LeafLast(ulong iova) => iova | (LeafSize - 1);

    /// <summary>The part of the run in <c>[first, last]</c>, which lies inside.</summary>
    public AddressRun Part(ulong first, ulong last) =>
        this with { Start = first, Last = last, Pa = PaOf(first) };
}

/// <summary>What one IOVA translates to.</summary>
/// <param name="Pa">Physical address of that byte.</param>
/// <param name="Prot">Permissions.</param>
/// <param name="LeafSize">Bytes that its table entry covers.</param>
/// <param name="LeafStart">First IOVA of that entry.</param>
public readonly record struct Translation(ulong Pa, Prot Prot, ulong LeafSize, ulong LeafStart);
