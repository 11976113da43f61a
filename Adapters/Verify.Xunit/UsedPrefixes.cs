namespace VerifyTests;

/// <summary>
/// The snapshots of this run: two verifications of the same files would overwrite each other.
/// </summary>
internal static class UsedPrefixes
{
    private static readonly Lock Gate = new();
    private static readonly HashSet<string> Used = new(StringComparer.OrdinalIgnoreCase);

    public static void Claim(SnapshotName name)
    {
        var prefix = Path.Combine(name.Directory, name.Prefix);
        lock (Gate)
        {
            if (Used.Add(prefix))
                return;
        }

        throw new VerifyException(
            $"The prefix has already been used: {prefix}. Two verifications in one run need different names "
            + "(UseParameters, UseTextForParameters, UseMethodName) or DisableRequireUniquePrefix.");
    }
}
