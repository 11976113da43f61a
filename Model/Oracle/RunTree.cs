using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace Conformance.Model.Oracle;

/// <summary>Where an entry lies in a <see cref="RunTree{T}"/>; good until the tree is next changed.</summary>
internal readonly record struct RunSlot(int Leaf, int Index);

/// <summary>
/// A B+-tree from 64-bit keys to small values. Nodes are structs in two arrays, so that there is no
/// allocation but to grow, and keys and values of a leaf share a page of memory. It knows nothing of ranges.
/// </summary>
/// <remarks>
/// A separator is a lower bound of the keys below its child and an upper bound of the keys before it; it need
/// not be a key that still exists. A key below a node's first separator belongs to its first child.
/// </remarks>
internal sealed partial class RunTree<T>
    where T : struct
{
    private const int Capacity = 32;
    private const int Sparse = Capacity / 4;
    private const int MaxHeight = 16;

    private readonly int[] pathNode = new int[MaxHeight];
    private readonly int[] pathIndex = new int[MaxHeight];

    private Leaf[] leaves = new Leaf[1];
    private int leavesUsed;
    private int freeLeaf;

    private Inner[] inners = [];
    private int innersUsed;
    private int freeInner;

    private int root;
    private int height;

    public RunTree() => Clear();

    public int Count { get; private set; }

    /// <summary>Forgets all entries and keeps the memory.</summary>
    public void Clear()
    {
        (root, height, Count) = (0, 0, 0);
        (leavesUsed, freeLeaf, innersUsed, freeInner) = (1, -1, 0, -1);
        (leaves[0].Count, leaves[0].Next, leaves[0].Previous) = (0, -1, -1);
    }

    public ulong KeyAt(RunSlot slot) => leaves[slot.Leaf].Keys[slot.Index];

    public ref T ValueAt(RunSlot slot) => ref leaves[slot.Leaf].Values[slot.Index];

    /// <summary>The entry with the largest key that is not above <paramref name="key"/>.</summary>
    public bool TryFloor(ulong key, out RunSlot slot)
    {
        var node = root;
        for (var level = height; level > 0; level--)
        {
            ref var inner = ref inners[node];
            node = inner.Children[ChildIndex(ref inner, key)];
        }

        ref var leaf = ref leaves[node];
        slot = new RunSlot(node, CountUpTo(ref leaf.Keys, leaf.Count, key));
        return TryPrevious(ref slot);
    }

    /// <summary>The entry with the smallest key.</summary>
    public bool TryFirst(out RunSlot slot)
    {
        var node = root;
        for (var level = height; level > 0; level--)
        {
            node = inners[node].Children[0];
        }

        slot = new RunSlot(node, 0);
        return leaves[node].Count > 0;
    }

    public bool TryNext(ref RunSlot slot)
    {
        ref var leaf = ref leaves[slot.Leaf];
        if (slot.Index + 1 < leaf.Count)
        {
            slot = new RunSlot(slot.Leaf, slot.Index + 1);
            return true;
        }

        if (leaf.Next < 0)
        {
            return false;
        }

        slot = new RunSlot(leaf.Next, 0);
        return true;
    }

    public bool TryPrevious(ref RunSlot slot)
    {
        if (slot.Index > 0)
        {
            slot = new RunSlot(slot.Leaf, slot.Index - 1);
            return true;
        }

        var previous = leaves[slot.Leaf].Previous;
        if (previous < 0)
        {
            return false;
        }

        slot = new RunSlot(previous, leaves[previous].Count - 1);
        return true;
    }

    /// <summary>
    /// Raises the key of an entry, staying below its successor's. False: it is the last of its leaf and must
    /// be moved.
    /// </summary>
    public bool TryRaiseKey(RunSlot slot, ulong key)
    {
        ref var leaf = ref leaves[slot.Leaf];
        if (slot.Index + 1 >= leaf.Count)
        {
            return false;
        }

        leaf.Keys[slot.Index] = key;
        return true;
    }

    /// <summary>Adds an entry; the key is not there yet.</summary>
    public void Add(ulong key, in T value)
    {
        var node = Descend(key);
        var index = CountUpTo(ref leaves[node].Keys, leaves[node].Count, key);
        if (leaves[node].Count == Capacity)
        {
            // Rising keys are the usual order: leave full leaves behind then, not half full ones.
            var keep = index == Capacity && leaves[node].Next < 0 ? Capacity : Capacity / 2;
            var right = SplitLeaf(node, keep);
            AddChild(1, index == keep ? key : leaves[right].Keys[0], right);
            if (index >= keep)
            {
                (node, index) = (right, index - keep);
            }
        }

        ref var leaf = ref leaves[node];
        OpenGap((Span<ulong>)leaf.Keys, index, leaf.Count);
        OpenGap((Span<T>)leaf.Values, index, leaf.Count);
        leaf.Keys[index] = key;
        leaf.Values[index] = value;
        leaf.Count++;
        Count++;
    }

    /// <summary>Removes the entry with exactly this key, which exists.</summary>
    public void Remove(ulong key)
    {
        var node = Descend(key);
        ref var leaf = ref leaves[node];
        var index = CountUpTo(ref leaf.Keys, leaf.Count, key) - 1;
        if (index < 0 || leaf.Keys[index] != key)
        {
            throw new InvalidOperationException($"no entry 0x{key:x}");
        }

        CloseGap((Span<ulong>)leaf.Keys, index, leaf.Count);
        CloseGap((Span<T>)leaf.Values, index, leaf.Count);
        leaf.Count--;
        Count--;
        if (leaf.Count <= Sparse && height > 0)
        {
            ThinLeaf(node);
        }
    }

    /// <summary>How many of the first <paramref name="count"/> keys are not above a key.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int CountUpTo(ref Keys keys, int count, ulong key)
    {
        ref var first = ref Unsafe.As<Keys, ulong>(ref keys);
        var needle = Vector256.Create(key);
        var found = 0;
        for (var i = 0; i < count; i += Vector256<ulong>.Count)
        {
            var hits = Vector256.LessThanOrEqual(Vector256.LoadUnsafe(ref first, (nuint)i), needle);
            var bits = hits.ExtractMostSignificantBits();
            var left = count - i;
            found += BitOperations.PopCount(left < Vector256<ulong>.Count ? bits & ((1u << left) - 1) : bits);
        }

        return found;
    }

    private static int ChildIndex(ref Inner inner, ulong key) =>
        Math.Max(CountUpTo(ref inner.Separators, inner.Count, key) - 1, 0);

    private static void OpenGap<TItem>(Span<TItem> items, int index, int count) =>
        items[index..count].CopyTo(items[(index + 1)..]);

    private static void CloseGap<TItem>(Span<TItem> items, int index, int count) =>
        items[(index + 1)..count].CopyTo(items[index..]);

    /// <summary>
    /// The leaf where a key belongs; the way there goes into the path arrays, leaves are level 0.
    /// </summary>
    private int Descend(ulong key)
    {
        var node = root;
        for (var level = height; level > 0; level--)
        {
            ref var inner = ref inners[node];
            var index = ChildIndex(ref inner, key);
            pathNode[level] = node;
            pathIndex[level] = index;
            node = inner.Children[index];
        }

        return node;
    }

    [InlineArray(Capacity)]
    private struct Keys
    {
        private ulong first;
    }

    [InlineArray(Capacity)]
    private struct Values
    {
        private T first;
    }

    [InlineArray(Capacity)]
    private struct Children
    {
        private int first;
    }

    private struct Leaf
    {
        public int Count;

        /// <summary>Neighbours by key, -1 at the ends; a free leaf links to the next free one.</summary>
        public int Next;
        public int Previous;
        public Keys Keys;
        public Values Values;
    }

    private struct Inner
    {
        public int Count;
        public Keys Separators;
        public Children Children;
    }
}
