using Conformance.Model.Contract;

namespace Conformance.Model.Oracle;

/// <summary>
/// An ordered map from disjoint IOVA ranges to physical ranges: what a domain translates, without tables.
/// Neighbouring runs that continue each other (address, permission, entry size) are one.
/// </summary>
/// <remarks>
/// Ranges are given by first and last byte, so nothing wraps at the top of the 64-bit space. The cost of an
/// operation grows with the logarithm of the number of runs and with the number of runs it touches, never
/// with their length.
/// </remarks>
public sealed class AddressSpace
{
    private readonly RunTree<RunRest> tree = new();

    /// <summary>Number of runs.</summary>
    public int Count => tree.Count;

    /// <summary>Forgets all runs and keeps the memory for new ones.</summary>
    public void Clear() => tree.Clear();

    /// <summary>The run that holds the byte.</summary>
    public bool TryFind(ulong iova, out AddressRun run)
    {
        if (tree.TryFloor(iova, out var slot) && tree.ValueAt(slot).Last >= iova)
        {
            run = RunAt(slot);
            return true;
        }

        run = default;
        return false;
    }

    /// <summary>The run that holds the byte, else the first one above it.</summary>
    public bool TryFindAtOrAfter(ulong iova, out AddressRun run)
    {
        var found = TrySlotAtOrAfter(iova, out var slot);
        run = found ? RunAt(slot) : default;
        return found;
    }

    /// <summary>Any byte of <c>[first, last]</c> is mapped.</summary>
    public bool Overlaps(ulong first, ulong last) =>
        tree.TryFloor(last, out var slot) && tree.ValueAt(slot).Last >= first;

    /// <summary>What the byte translates to; false when it is not mapped.</summary>
    public bool TryTranslate(ulong iova, out Translation translation)
    {
        if (!TryFind(iova, out var run))
        {
            translation = default;
            return false;
        }

        translation = new Translation(run.PaOf(iova), run.Prot, run.LeafSize, run.LeafStart(iova));
        return true;
    }

    /// <summary>Adds a run where nothing is mapped; throws where something is.</summary>
    public void Insert(in AddressRun run)
    {
        var hasBefore = tree.TryFloor(run.Last, out var before);
        if (run.Last < run.Start || (hasBefore && tree.ValueAt(before).Last >= run.Start))
        {
            throw new InvalidOperationException($"0x{run.Start:x}-0x{run.Last:x} is no free range");
        }

        var after = before;
        var hasAfter = hasBefore ? tree.TryNext(ref after) : tree.TryFirst(out after);
        var joinsBefore = hasBefore && Continues(RunAt(before), run);
        var joinsAfter = hasAfter && Continues(run, RunAt(after));
        if (!joinsAfter)
        {
            if (joinsBefore)
            {
                tree.ValueAt(before).Last = run.Last;
            }
            else
            {
                tree.Add(run.Start, RestOf(run));
            }

            return;
        }

        var last = tree.ValueAt(after).Last;
        if (joinsBefore)
        {
            tree.ValueAt(before).Last = last;
        }

        tree.Remove(tree.KeyAt(after));
        if (!joinsBefore)
        {
            tree.Add(run.Start, RestOf(run with { Last = last }));
        }
    }

    /// <summary>Unmaps <c>[first, last]</c>; runs that reach out of it keep the rest.</summary>
    public void Remove(ulong first, ulong last)
    {
        while (TrySlotAtOrAfter(first, out var slot) && tree.KeyAt(slot) <= last)
        {
            var run = RunAt(slot);
            if (run.Start >= first)
            {
                RemoveHead(slot, run, last);
            }
            else
            {
                tree.ValueAt(slot).Last = first - 1;
                if (run.Last > last)
                {
                    tree.Add(last + 1, RestOf(run.Part(last + 1, run.Last)));
                }
            }

            if (run.Last >= last)
            {
                return;
            }
        }
    }

    /// <summary>All runs, ascending. The space must not change meanwhile.</summary>
    public Enumerator GetEnumerator() => new(this);

    private static bool Continues(in AddressRun left, in AddressRun right) =>
        left.Last + 1 == right.Start && left.Prot == right.Prot && left.LeafShift == right.LeafShift
        && left.PaOf(right.Start) == right.Pa;

    private static RunRest RestOf(in AddressRun run) => new(run.Last, run.Pa, run.Prot, run.LeafShift);

    private void RemoveHead(RunSlot slot, in AddressRun run, ulong last)
    {
        if (run.Last <= last)
        {
            tree.Remove(run.Start);
            return;
        }

        var rest = run.Part(last + 1, run.Last);
        if (tree.TryRaiseKey(slot, rest.Start))
        {
            tree.ValueAt(slot) = RestOf(rest);
        }
        else
        {
            tree.Remove(run.Start);
            tree.Add(rest.Start, RestOf(rest));
        }
    }

    private bool TrySlotAtOrAfter(ulong iova, out RunSlot slot)
    {
        if (!tree.TryFloor(iova, out slot))
        {
            return tree.TryFirst(out slot);
        }

        return tree.ValueAt(slot).Last >= iova || tree.TryNext(ref slot);
    }

    private AddressRun RunAt(RunSlot slot)
    {
        ref var rest = ref tree.ValueAt(slot);
        return new AddressRun(tree.KeyAt(slot), rest.Last, rest.Pa, rest.Prot, rest.LeafShift);
    }

    /// <summary>Walks the runs of a space.</summary>
    public struct Enumerator
    {
        private readonly AddressSpace space;
        private RunSlot slot;
        private bool started;

        internal Enumerator(AddressSpace space) => this.space = space;

        public readonly AddressRun Current => space.RunAt(slot);

        public bool MoveNext()
        {
            if (started)
            {
                return space.tree.TryNext(ref slot);
            }

            started = true;
            return space.tree.TryFirst(out slot);
        }
    }

    /// <summary>A run but for its start, which is the key.</summary>
    private record struct RunRest(ulong Last, ulong Pa, Prot Prot, byte LeafShift);
}
