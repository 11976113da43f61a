namespace VerifyTests;

/// <summary>A value ready to be printed as JSON.</summary>
internal abstract record Tree
{
    public static Tree Null { get; } = new Leaf("null", IsLiteral: true);

    /// <summary>A scalar; a literal needs no quotes even in strict JSON.</summary>
    public sealed record Leaf(string Text, bool IsLiteral) : Tree;

    public sealed record Sequence(IReadOnlyList<Tree> Items) : Tree;

    public sealed record Members(IReadOnlyList<(string Name, Tree Value)> Items) : Tree;
}
