namespace VerifyTests;

/// <summary>The received and the verified file of one snapshot.</summary>
public sealed class FilePair
{
    internal FilePair(string directory, string prefix, string extension)
    {
        Extension = extension;
        Name = prefix;
        ReceivedPath = Path.Combine(directory, $"{prefix}.received.{extension}");
        VerifiedPath = Path.Combine(directory, $"{prefix}.verified.{extension}");
    }

    /// <summary>The extension without a dot.</summary>
    public string Extension { get; }

    /// <summary>The file name without <c>received</c> or <c>verified</c> and without extension.</summary>
    public string Name { get; }

    /// <summary>The file that a failed verification writes.</summary>
    public string ReceivedPath { get; }

    /// <summary>The file that holds the accepted text.</summary>
    public string VerifiedPath { get; }

    /// <summary>The name of the received file.</summary>
    public string ReceivedName => Path.GetFileName(ReceivedPath);

    /// <summary>The name of the verified file.</summary>
    public string VerifiedName => Path.GetFileName(VerifiedPath);
}
