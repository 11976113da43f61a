using System.Runtime.CompilerServices;
using System.Text;

namespace VerifyTests;

/// <summary>A verification that starts when it is awaited; until then its settings can be changed.</summary>
public sealed class SettingsTask
{
    private readonly VerifySettings settings;
    private readonly Func<VerifySettings, Task<VerifyResult>> start;
    private Task<VerifyResult>? task;

    internal SettingsTask(VerifySettings? settings, Func<VerifySettings, Task<VerifyResult>> start)
    {
        this.settings = new VerifySettings(settings);
        this.start = start;
    }

    /// <summary>The task of a verification, for test methods that return one.</summary>
    public static implicit operator Task<VerifyResult>(SettingsTask settingsTask) => settingsTask.ToTask();

    /// <summary>Starts the verification unless it was started.</summary>
    public Task<VerifyResult> ToTask() => task ??= start(settings);

    /// <summary>Starts the verification unless it was started.</summary>
    public TaskAwaiter<VerifyResult> GetAwaiter() => ToTask().GetAwaiter();

    /// <summary>Starts the verification unless it was started.</summary>
    public ConfiguredTaskAwaitable<VerifyResult> ConfigureAwait(bool continueOnCapturedContext) =>
        ToTask().ConfigureAwait(continueOnCapturedContext);

    /// <inheritdoc cref="VerifySettings.UseDirectory"/>
    public SettingsTask UseDirectory(string directory) => With(s => s.UseDirectory(directory));

    /// <inheritdoc cref="VerifySettings.UseFileName"/>
    public SettingsTask UseFileName(string fileName) => With(s => s.UseFileName(fileName));

    /// <inheritdoc cref="VerifySettings.UseTypeName"/>
    public SettingsTask UseTypeName(string name) => With(s => s.UseTypeName(name));

    /// <inheritdoc cref="VerifySettings.UseMethodName"/>
    public SettingsTask UseMethodName(string name) => With(s => s.UseMethodName(name));

    /// <inheritdoc cref="VerifySettings.UseParameters"/>
    public SettingsTask UseParameters(params object?[] parameters) => With(s => s.UseParameters(parameters));

    /// <inheritdoc cref="VerifySettings.UseTextForParameters"/>
    public SettingsTask UseTextForParameters(string parametersText) =>
        With(s => s.UseTextForParameters(parametersText));

    /// <inheritdoc cref="VerifySettings.DisableRequireUniquePrefix"/>
    public SettingsTask DisableRequireUniquePrefix() => With(s => s.DisableRequireUniquePrefix());

    /// <inheritdoc cref="VerifySettings.DisableDiff"/>
    public SettingsTask DisableDiff() => With(s => s.DisableDiff());

    /// <inheritdoc cref="VerifySettings.AutoVerify"/>
    public SettingsTask AutoVerify(bool includeBuildServer = true) =>
        With(s => s.AutoVerify(includeBuildServer));

    /// <inheritdoc cref="VerifySettings.AddScrubber"/>
    public SettingsTask AddScrubber(
        Action<StringBuilder> scrubber,
        ScrubberLocation location = ScrubberLocation.First) =>
        With(s => s.AddScrubber(scrubber, location));

    /// <inheritdoc cref="VerifySettings.ScrubLinesContaining(string[])"/>
    public SettingsTask ScrubLinesContaining(params string[] stringToMatch) =>
        ScrubLinesContaining(StringComparison.OrdinalIgnoreCase, stringToMatch);

    /// <inheritdoc cref="VerifySettings.ScrubLinesContaining(StringComparison, string[])"/>
    public SettingsTask ScrubLinesContaining(StringComparison comparison, params string[] stringToMatch) =>
        With(s => s.ScrubLinesContaining(comparison, stringToMatch));

    /// <inheritdoc cref="VerifySettings.ScrubLines"/>
    public SettingsTask ScrubLines(Func<string, bool> removeLine) => With(s => s.ScrubLines(removeLine));

    /// <inheritdoc cref="VerifySettings.ScrubLinesWithReplace"/>
    public SettingsTask ScrubLinesWithReplace(Func<string, string?> replaceLine) =>
        With(s => s.ScrubLinesWithReplace(replaceLine));

    /// <inheritdoc cref="VerifySettings.ScrubEmptyLines"/>
    public SettingsTask ScrubEmptyLines() => With(s => s.ScrubEmptyLines());

    /// <inheritdoc cref="VerifySettings.IgnoreMember"/>
    public SettingsTask IgnoreMember(string name) => With(s => s.IgnoreMember(name));

    /// <inheritdoc cref="VerifySettings.IgnoreMembers"/>
    public SettingsTask IgnoreMembers(params string[] names) => With(s => s.IgnoreMembers(names));

    /// <inheritdoc cref="VerifySettings.IgnoreStackTrace"/>
    public SettingsTask IgnoreStackTrace() => With(s => s.IgnoreStackTrace());

    /// <inheritdoc cref="VerifySettings.UseStrictJson"/>
    public SettingsTask UseStrictJson() => With(s => s.UseStrictJson());

    /// <inheritdoc cref="VerifySettings.DontSortDictionaries"/>
    public SettingsTask DontSortDictionaries() => With(s => s.DontSortDictionaries());

    /// <inheritdoc cref="VerifySettings.DontIgnoreEmptyCollections"/>
    public SettingsTask DontIgnoreEmptyCollections() => With(s => s.DontIgnoreEmptyCollections());

    private SettingsTask With(Action<VerifySettings> change)
    {
        if (task is not null)
            throw new InvalidOperationException("The verification has already started.");
        change(settings);
        return this;
    }
}
