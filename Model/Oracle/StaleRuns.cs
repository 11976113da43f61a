using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>
/// Translations that a domain no longer has but whose invalidation has not been asked for: a device may still
/// reach through them, or not.
/// </summary>
/// <remarks>
/// An address may have had several translations since the last invalidation. They are kept in layers; with
/// more than <see cref="MaxLayers"/> at one address, any physical address is allowed there.
/// </remarks>
internal sealed class StaleRuns
{
    private const int MaxLayers = 8;

    private readonly List<AddressSpace> layers = [];
    private int used;

    public bool IsEmpty => used == 0;

    public void Clear()
    {
        for (; used > 0; used--)
        {
            layers[used - 1].Clear();
        }
    }

    public void Add(in AddressRun run)
    {
        var piece = run with { LeafShift = 0 };
        for (var i = 0; i < used; i++)
        {
            if (!layers[i].Overlaps(piece.Start, piece.Last))
            {
                layers[i].Insert(piece);
                return;
            }

            if (layers[i].TryFind(piece.Start, out var old) && old.Last >= piece.Last
                && old.Part(piece.Start, piece.Last) == piece)
            {
                return;
            }

            if (i == MaxLayers)
            {
                layers[i].Remove(piece.Start, piece.Last);
                layers[i].Insert(piece);
                return;
            }
        }

        if (used == layers.Count)
        {
            layers.Add(new AddressSpace());
        }

        layers[used++].Insert(piece);
    }

    /// <summary>Adds what is in a range to others.</summary>
    public void CopyTo(StaleRuns others, ulong first, ulong last)
    {
        for (var i = 0; i < used; i++)
        {
            var at = first;
            while (layers[i].TryFindAtOrAfter(at, out var run) && run.Start <= last)
            {
                others.Add(run.Part(Math.Max(first, run.Start), Math.Min(last, run.Last)));
                if (run.Last >= last)
                {
                    break;
                }

                at = run.Last + 1;
            }
        }
    }

    /// <summary>The range has been invalidated.</summary>
    public void Remove(ulong first, ulong last)
    {
        for (var i = 0; i < used; i++)
        {
            layers[i].Remove(first, last);
        }

        while (used > 0 && layers[used - 1].Count == 0)
        {
            used--;
        }
    }

    /// <summary>An access may land at the physical address.</summary>
    public bool MayReach(ulong iova, DmaAccess access, ulong pa)
    {
        for (var i = 0; i < used; i++)
        {
            if (layers[i].TryFind(iova, out var run)
                && (i == MaxLayers || (run.PaOf(iova) == pa && Permits(run.Prot, access))))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>An access may be refused by what was there before.</summary>
    public bool MayRefuse(ulong iova, DmaAccess access)
    {
        for (var i = 0; i < used; i++)
        {
            if (layers[i].TryFind(iova, out var run) && (i == MaxLayers || !Permits(run.Prot, access)))
            {
                return true;
            }
        }

        return false;
    }

    public static bool Permits(Prot prot, DmaAccess access) =>
        (prot & (access == DmaAccess.Read ? Prot.Read : Prot.Write)) != 0;
}
