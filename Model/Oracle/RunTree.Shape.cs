namespace Conformance.Model.Oracle;

/// <content>Splitting and joining of nodes.</content>
internal sealed partial class RunTree<T>
{
    private int SplitLeaf(int node, int keep)
    {
        var fresh = NewLeaf();
        ref var left = ref leaves[node];
        ref var right = ref leaves[fresh];
        ((Span<ulong>)left.Keys)[keep..].CopyTo(right.Keys);
        ((Span<T>)left.Values)[keep..].CopyTo(right.Values);
        left.Count = keep;
        right.Count = Capacity - keep;
        right.Next = left.Next;
        right.Previous = node;
        if (left.Next >= 0)
        {
            leaves[left.Next].Previous = fresh;
        }

        left.Next = fresh;
        return fresh;
    }

    /// <summary>Puts a child behind the one that the path goes through.</summary>
    private void AddChild(int level, ulong separator, int child)
    {
        if (level > height)
        {
            var top = NewInner();
            ref var inner = ref inners[top];
            inner.Count = 2;
            (inner.Separators[0], inner.Separators[1]) = (0, separator);
            (inner.Children[0], inner.Children[1]) = (root, child);
            (root, height) = (top, level);
            return;
        }

        var node = pathNode[level];
        var index = pathIndex[level] + 1;
        if (inners[node].Count == Capacity)
        {
            var keep = index == Capacity ? Capacity - 1 : Capacity / 2;
            var right = SplitInner(node, keep);
            AddChild(level + 1, inners[right].Separators[0], right);
            if (index > keep)
            {
                (node, index) = (right, index - keep);
            }
        }

        ref var target = ref inners[node];
        OpenGap((Span<ulong>)target.Separators, index, target.Count);
        OpenGap((Span<int>)target.Children, index, target.Count);
        target.Separators[index] = separator;
        target.Children[index] = child;
        target.Count++;
    }

    private int SplitInner(int node, int keep)
    {
        var fresh = NewInner();
        ref var left = ref inners[node];
        ref var right = ref inners[fresh];
        ((Span<ulong>)left.Separators)[keep..].CopyTo(right.Separators);
        ((Span<int>)left.Children)[keep..].CopyTo(right.Children);
        left.Count = keep;
        right.Count = Capacity - keep;
        return fresh;
    }

    /// <summary>
    /// A leaf on the path has few entries: join it with a neighbour of the same parent if both fit.
    /// </summary>
    private void ThinLeaf(int node)
    {
        ref var parent = ref inners[pathNode[1]];
        var index = pathIndex[1];
        if (leaves[node].Count == 0 && parent.Count == 1)
        {
            UnlinkLeaf(node);
            RemoveChild(1, index);
        }
        else if (index + 1 < parent.Count && TryJoinLeaves(node, parent.Children[index + 1]))
        {
            RemoveChild(1, index + 1);
        }
        else if (index > 0 && TryJoinLeaves(parent.Children[index - 1], node))
        {
            RemoveChild(1, index);
        }
    }

    private bool TryJoinLeaves(int leftNode, int rightNode)
    {
        ref var left = ref leaves[leftNode];
        ref var right = ref leaves[rightNode];
        if (left.Count + right.Count > Capacity)
        {
            return false;
        }

        ((Span<ulong>)right.Keys)[..right.Count].CopyTo(((Span<ulong>)left.Keys)[left.Count..]);
        ((Span<T>)right.Values)[..right.Count].CopyTo(((Span<T>)left.Values)[left.Count..]);
        left.Count += right.Count;
        UnlinkLeaf(rightNode);
        return true;
    }

    private void UnlinkLeaf(int node)
    {
        ref var leaf = ref leaves[node];
        if (leaf.Previous >= 0)
        {
            leaves[leaf.Previous].Next = leaf.Next;
        }

        if (leaf.Next >= 0)
        {
            leaves[leaf.Next].Previous = leaf.Previous;
        }

        leaf.Next = freeLeaf;
        freeLeaf = node;
    }

    private void RemoveChild(int level, int index)
    {
        ref var inner = ref inners[pathNode[level]];
        CloseGap((Span<ulong>)inner.Separators, index, inner.Count);
        CloseGap((Span<int>)inner.Children, index, inner.Count);
        inner.Count--;
        if (level == height)
        {
            LowerRoot();
        }
        else if (inner.Count <= Sparse)
        {
            ThinInner(level);
        }
    }

    private void LowerRoot()
    {
        while (height > 0 && inners[root].Count == 1)
        {
            var old = root;
            root = inners[old].Children[0];
            FreeInner(old);
            height--;
        }

        if (height > 0 && inners[root].Count == 0)
        {
            Clear();
        }
    }

    private void ThinInner(int level)
    {
        var node = pathNode[level];
        ref var parent = ref inners[pathNode[level + 1]];
        var index = pathIndex[level + 1];
        if (inners[node].Count == 0)
        {
            FreeInner(node);
            RemoveChild(level + 1, index);
        }
        else if (index + 1 < parent.Count && TryJoinInners(ref parent, index))
        {
            RemoveChild(level + 1, index + 1);
        }
        else if (index > 0 && TryJoinInners(ref parent, index - 1))
        {
            RemoveChild(level + 1, index);
        }
    }

    /// <summary>Moves the children of a node's right neighbour into it.</summary>
    private bool TryJoinInners(ref Inner parent, int index)
    {
        var rightNode = parent.Children[index + 1];
        ref var left = ref inners[parent.Children[index]];
        ref var right = ref inners[rightNode];
        if (left.Count + right.Count > Capacity)
        {
            return false;
        }

        // A first child may hold keys below its node's first separator; the parent's is the bound.
        right.Separators[0] = parent.Separators[index + 1];
        ((Span<ulong>)right.Separators)[..right.Count].CopyTo(((Span<ulong>)left.Separators)[left.Count..]);
        ((Span<int>)right.Children)[..right.Count].CopyTo(((Span<int>)left.Children)[left.Count..]);
        left.Count += right.Count;
        FreeInner(rightNode);
        return true;
    }

    private int NewLeaf()
    {
        if (freeLeaf >= 0)
        {
            var reused = freeLeaf;
            freeLeaf = leaves[reused].Next;
            return reused;
        }

        if (leavesUsed == leaves.Length)
        {
            Array.Resize(ref leaves, leavesUsed * 2);
        }

        return leavesUsed++;
    }

    private int NewInner()
    {
        if (freeInner >= 0)
        {
            var reused = freeInner;
            freeInner = inners[reused].Children[0];
            return reused;
        }

        if (innersUsed == inners.Length)
        {
            Array.Resize(ref inners, Math.Max(1, innersUsed * 2));
        }

        return innersUsed++;
    }

    private void FreeInner(int node)
    {
        inners[node].Children[0] = freeInner;
        freeInner = node;
    }
}
