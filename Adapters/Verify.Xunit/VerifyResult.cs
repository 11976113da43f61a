namespace VerifyTests;

/// <summary>What a successful verification compared.</summary>
public sealed class VerifyResult
{
    internal VerifyResult(IReadOnlyList<FilePair> files, object? target, string text)
    {
        Files = files;
        Target = target;
        Text = text;
    }

    /// <summary>The files taking part.</summary>
    public IReadOnlyList<FilePair> Files { get; }

    /// <summary>The object that was verified.</summary>
    public object? Target { get; }

    /// <summary>The text that was verified, scrubbed.</summary>
    public string Text { get; }
}
