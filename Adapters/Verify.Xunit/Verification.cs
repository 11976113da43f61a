using System.Text;

namespace VerifyTests;

/// <summary>
/// One verification: scrub the text, compare it with the verified file, report the difference.
/// </summary>
internal sealed class Verification(TestPlace place, VerifySettings settings)
{
    public async Task<VerifyResult> Run(string text, string extension, object? target)
    {
        VerifierSettings.Freeze();
        var name = SnapshotName.Of(place, settings);
        if (settings.RequireUniquePrefix && VerifierSettings.RequireUniquePrefix)
            UsedPrefixes.Claim(name);

        var file = name.Pair(extension);
        var received = Scrub(text);
        File.Delete(file.ReceivedPath);
        var verified = await SnapshotFile.Read(file.VerifiedPath);
        var stale = name.Stale(file);
        var same = verified is not null && SnapshotFile.Same(received, verified);

        if (!Accepted)
            await Reject(name, new Comparison(file, received, verified), same, stale);
        else if (!same || stale.Count > 0)
            await Accept(name, file, received, stale);

        return new VerifyResult([file], target, received);
    }

    private bool Accepted => settings.Accepts.Applies() || VerifierSettings.Accepts.Applies();

    private static async Task Reject(
        SnapshotName name,
        Comparison comparison,
        bool same,
        IReadOnlyList<string> stale)
    {
        if (same && stale.Count == 0)
            return;
        if (!same)
            await SnapshotFile.Write(comparison.File.ReceivedPath, comparison.Received);

        var differing = same ? null : comparison;
        var equal = same ? comparison.File : null;
        throw new VerifyException(FailureText.Build(name.Directory, differing, equal, stale));
    }

    private static async Task Accept(
        SnapshotName name,
        FilePair file,
        string received,
        IReadOnlyList<string> stale)
    {
        await SnapshotFile.Write(file.VerifiedPath, received);
        foreach (var old in stale)
            File.Delete(Path.Combine(name.Directory, old));
    }

    private string Scrub(string text)
    {
        var builder = new StringBuilder(text);
        settings.Scrubbers.Apply(builder);
        VerifierSettings.Scrub(builder);
        var plain = LineEndings.Unified(new KnownFolders(place).Hide(builder.ToString()));
        return plain.Length == 0 ? "emptyString" : plain;
    }
}
