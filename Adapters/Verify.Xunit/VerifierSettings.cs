using System.Text;

namespace VerifyTests;

/// <summary>
/// Settings of all verifications; to be made in a module initializer, before the first of them.
/// </summary>
public static class VerifierSettings
{
    private static readonly Lock Gate = new();
    private static readonly Scrubbers AddedScrubbers = new();
    private static bool verifying;

    internal static Acceptance Accepts { get; private set; } = Acceptance.ByHand;

    internal static bool RequireUniquePrefix { get; private set; } = true;

    internal static bool StrictJson { get; private set; }

    internal static bool SortDictionaries { get; private set; } = true;

    internal static DerivePathInfo? DerivePathInfo { get; private set; }

    /// <summary>
    /// Changes every text before it is compared, after the scrubbers of the single verification.
    /// </summary>
    public static void AddScrubber(
        Action<StringBuilder> scrubber,
        ScrubberLocation location = ScrubberLocation.First) =>
        Change(() => AddedScrubbers.Add(scrubber, location));

    /// <summary>Removes lines that contain one of some texts, in any case.</summary>
    public static void ScrubLinesContaining(params string[] stringToMatch) =>
        ScrubLinesContaining(StringComparison.OrdinalIgnoreCase, stringToMatch);

    /// <summary>Removes lines that contain one of some texts.</summary>
    public static void ScrubLinesContaining(StringComparison comparison, params string[] stringToMatch) =>
        Change(() => AddedScrubbers.AddLinesContaining(comparison, stringToMatch, ScrubberLocation.First));

    /// <summary>Accepts whatever is received.</summary>
    public static void AutoVerify(bool includeBuildServer = true) =>
        Change(() => Accepts = includeBuildServer ? Acceptance.Always : Acceptance.OffBuildServers);

    /// <summary>Allows several verifications in one run to use the same files.</summary>
    public static void DisableRequireUniquePrefix() => Change(() => RequireUniquePrefix = false);

    /// <summary>Writes objects as JSON that other tools can read, into <c>.json</c> files.</summary>
    public static void UseStrictJson() => Change(() => StrictJson = true);

    /// <summary>Keeps the order of dictionaries.</summary>
    public static void DontSortDictionaries() => Change(() => SortDictionaries = false);

    internal static void UsePathInfo(DerivePathInfo derivePathInfo) =>
        Change(() => DerivePathInfo = derivePathInfo);

    internal static void Scrub(StringBuilder builder) => AddedScrubbers.Apply(builder);

    /// <summary>Called by every verification: from now on nothing may change.</summary>
    internal static void Freeze()
    {
        lock (Gate)
            verifying = true;
    }

    private static void Change(Action change)
    {
        lock (Gate)
        {
            if (verifying)
            {
                throw new InvalidOperationException(
                    "A verification has already run. Global settings belong into a module initializer.");
            }

            change();
        }
    }
}
