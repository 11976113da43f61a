using Conformance.Model.Contract;

namespace Conformance.Model.Rules;

/// <summary>What the trace has promised of a run of IOVA in one domain.</summary>
public enum EntryKind : byte
{
    /// <summary>Nothing was ever mapped there.</summary>
    None,

    /// <summary>Mapped.</summary>
    Live,

    /// <summary>Unmapped without sync: a device may still get through, or not.</summary>
    Stale,

    /// <summary>Unmapped, and the invalidation has been waited for.</summary>
    Gone,
}

/// <summary>What else is known of an entry.</summary>
[Flags]
public enum EntryFlags : byte
{
    None = 0,

    /// <summary>Begins where a map request began.</summary>
    Head = 1,

    /// <summary>Ends where a map request ended.</summary>
    Tail = 2,

    /// <summary>Mapped while the domain was attached to nothing.</summary>
    Loose = 4,

    /// <summary>Mapped over a range whose invalidation is still pending: old or new until the sync.</summary>
    Unsynced = 8,

    /// <summary>
    /// Mapped with success where drivers differ: over a live translation, or to an address beyond what the
    /// driver declares. The new translation is promised all the same (R39), but nothing else is built on it.
    /// </summary>
    Disputed = 16,

    /// <summary>
    /// What is there depends on the driver: the rest of a large page, a failed map over a live one, an
    /// address beyond the declared width, a range that goes round the end.
    /// </summary>
    Doubtful = 32,

    /// <summary>Stale or gone: the rest of a large page inside which an unmap began.</summary>
    Cut = 64,
}

/// <summary>A run of IOVA with one fate. For a live or stale run it carries the translation.</summary>
public struct TranslationEntry
{
    public ulong Start;

    /// <summary>Last byte, inclusive.</summary>
    public ulong Last;

    /// <summary>Physical address of <see cref="Start"/>.</summary>
    public ulong Pa;

    public EntryKind Kind;
    public EntryFlags Flags;
    public Prot Prot;

    /// <summary>Binary logarithm of the page size the driver was given.</summary>
    public byte LeafShift;

    /// <summary>Live, and no driver may show anything else.</summary>
    public readonly bool IsCertain =>
        Kind == EntryKind.Live
        && (Flags & (EntryFlags.Unsynced | EntryFlags.Disputed | EntryFlags.Doubtful)) == 0;

    public readonly ulong PaOf(ulong iova) => Pa + (iova - Start);

    /// <summary>First byte of the page that holds <paramref name="iova"/>.</summary>
    public readonly ulong LeafFirst(ulong iova) => iova & ~LeafMask;

    /// <summary>Last byte of the page that holds <paramref name="iova"/>.</summary>
    public readonly ulong LeafLast(ulong iova) => iova | LeafMask;

    private readonly ulong LeafMask => LeafShift >= 64 ? ulong.MaxValue : (1UL << LeafShift) - 1;

    /// <summary>
    /// The part from <paramref name="first"/> to <paramref name="last"/>, which overlap the entry.
    /// </summary>
    public readonly TranslationEntry Clip(ulong first, ulong last)
    {
        var part = this;
        if (first > Start)
        {
            part.Start = first;
            part.Pa = PaOf(first);
            part.Flags &= ~EntryFlags.Head;
        }

        if (last < Last)
        {
            part.Last = last;
            part.Flags &= ~EntryFlags.Tail;
        }

        return part;
    }
}
