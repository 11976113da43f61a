using System.Text;

namespace VerifyTests;

/// <summary>Settings of one verification.</summary>
public class VerifySettings
{
    /// <summary>Default settings.</summary>
    public VerifySettings()
        : this(settings: null)
    {
    }

    /// <summary>A copy of other settings.</summary>
    public VerifySettings(VerifySettings? settings)
    {
        Scrubbers = new Scrubbers(settings?.Scrubbers);
        IgnoredMembers = settings is null ? [] : [.. settings.IgnoredMembers];
        if (settings is null)
            return;

        Directory = settings.Directory;
        FileName = settings.FileName;
        TypeName = settings.TypeName;
        MethodName = settings.MethodName;
        Parameters = settings.Parameters;
        ParametersText = settings.ParametersText;
        RequireUniquePrefix = settings.RequireUniquePrefix;
        Accepts = settings.Accepts;
        StrictJson = settings.StrictJson;
        SortDictionaries = settings.SortDictionaries;
        IgnoreEmptyCollections = settings.IgnoreEmptyCollections;
    }

    internal string? Directory { get; private set; }

    internal string? FileName { get; private set; }

    internal string? TypeName { get; private set; }

    internal string? MethodName { get; private set; }

    internal IReadOnlyList<object?>? Parameters { get; private set; }

    internal string? ParametersText { get; private set; }

    internal bool RequireUniquePrefix { get; private set; } = true;

    internal Acceptance Accepts { get; private set; } = Acceptance.ByHand;

    internal bool StrictJson { get; private set; }

    internal bool SortDictionaries { get; private set; } = true;

    internal bool IgnoreEmptyCollections { get; private set; } = true;

    internal Scrubbers Scrubbers { get; }

    internal HashSet<string> IgnoredMembers { get; }

    /// <summary>Puts the files into a folder, relative to the test's source file unless rooted.</summary>
    public void UseDirectory(string directory) => Directory = NotEmpty(directory);

    /// <summary>Names the files; excludes settings for type, method and parameters.</summary>
    public void UseFileName(string fileName)
    {
        if (TypeName is not null || MethodName is not null || HasParameters)
            throw Excluded();
        FileName = NotEmpty(fileName);
    }

    /// <summary>Replaces the name of the test's type in file names.</summary>
    public void UseTypeName(string name) => TypeName = BesidesFileName(NotEmpty(name));

    /// <summary>Replaces the name of the test's method in file names.</summary>
    public void UseMethodName(string name) => MethodName = BesidesFileName(NotEmpty(name));

    /// <summary>Values for the method's parameters, from the left, for file names.</summary>
    public void UseParameters(params object?[] parameters) => Parameters = BesidesFileName(parameters);

    /// <summary>A text in file names in place of the parameters.</summary>
    public void UseTextForParameters(string parametersText) =>
        ParametersText = BesidesFileName(NotEmpty(parametersText));

    /// <summary>Allows several verifications in one run to use the same files.</summary>
    public void DisableRequireUniquePrefix() => RequireUniquePrefix = false;

    /// <summary>Nothing to do: this implementation never starts a diff tool.</summary>
    public void DisableDiff()
    {
    }

    /// <summary>Accepts whatever is received.</summary>
    public void AutoVerify(bool includeBuildServer = true) =>
        Accepts = includeBuildServer ? Acceptance.Always : Acceptance.OffBuildServers;

    /// <summary>Changes the text before it is compared.</summary>
    public void AddScrubber(
        Action<StringBuilder> scrubber,
        ScrubberLocation location = ScrubberLocation.First) =>
        Scrubbers.Add(scrubber, location);

    /// <summary>Removes lines that contain one of some texts, in any case.</summary>
    public void ScrubLinesContaining(params string[] stringToMatch) =>
        ScrubLinesContaining(StringComparison.OrdinalIgnoreCase, stringToMatch);

    /// <summary>Removes lines that contain one of some texts.</summary>
    public void ScrubLinesContaining(StringComparison comparison, params string[] stringToMatch) =>
        Scrubbers.AddLinesContaining(comparison, stringToMatch, ScrubberLocation.First);

    /// <summary>Removes lines.</summary>
    public void ScrubLines(Func<string, bool> removeLine) =>
        Scrubbers.AddLines(removeLine, ScrubberLocation.First);

    /// <summary>Replaces lines, or removes them where the replacement is null.</summary>
    public void ScrubLinesWithReplace(Func<string, string?> replaceLine) =>
        Scrubbers.AddLinesWithReplace(replaceLine, ScrubberLocation.First);

    /// <summary>Removes empty lines.</summary>
    public void ScrubEmptyLines() => ScrubLines(string.IsNullOrWhiteSpace);

    /// <summary>Leaves members of objects out, by name.</summary>
    public void IgnoreMembers(params string[] names) => IgnoredMembers.UnionWith(names);

    /// <summary>Leaves a member of objects out, by name.</summary>
    public void IgnoreMember(string name) => IgnoredMembers.Add(name);

    /// <summary>Leaves the stack traces of exceptions out.</summary>
    public void IgnoreStackTrace() => IgnoreMember("StackTrace");

    /// <summary>Writes objects as JSON that other tools can read, into <c>.json</c> files.</summary>
    public void UseStrictJson() => StrictJson = true;

    /// <summary>Keeps the order of dictionaries.</summary>
    public void DontSortDictionaries() => SortDictionaries = false;

    /// <summary>Writes members that are empty collections.</summary>
    public void DontIgnoreEmptyCollections() => IgnoreEmptyCollections = false;

    private bool HasParameters => Parameters is not null || ParametersText is not null;

    private T BesidesFileName<T>(T value) => FileName is null ? value : throw Excluded();

    private static string NotEmpty(string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        return value;
    }

    private static InvalidOperationException Excluded() =>
        new("UseFileName excludes UseTypeName, UseMethodName, UseParameters and UseTextForParameters.");
}
