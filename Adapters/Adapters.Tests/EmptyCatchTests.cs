namespace Conformance.Adapters.Tests;

public sealed class EmptyCatchTests
{
    /// <summary>Put together here, so that this file has no such block itself.</summary>
    private const string Word = "cat" + "ch";

    [Theory]
    [InlineData(" { }")]
    [InlineData("{}")]
    [InlineData(" (IOException)\n{\n}")]
    [InlineData(" (IOException e) when (e.HResult > 0)\n{\n    // ignored\n}")]
    public void Blocks_without_code_are_found(string rest) =>
        Assert.Equal([2], EmptyCatches.In($"try {{ }}\n{Word}{rest}".Split('\n')));

    [Theory]
    [InlineData(" { throw; }")]
    [InlineData(" (IOException)\n{\n    return null;\n}")]
    [InlineData("er() { }")]
    public void Other_blocks_are_not(string rest) =>
        Assert.Empty(EmptyCatches.In($"try {{ }}\n{Word}{rest}".Split('\n')));
}
