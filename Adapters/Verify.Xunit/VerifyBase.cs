using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using VerifyTests;

namespace VerifyXunit;

/// <summary>
/// <see cref="Verifier"/> as a base class. A test class must call this constructor itself, because the folder
/// of its snapshots comes from the file in which the call stands.
/// </summary>
public abstract class VerifyBase
{
    private readonly VerifySettings? common;
    private readonly string sourceFile;

    /// <summary>Common settings of the class's verifications.</summary>
    protected VerifyBase(VerifySettings? settings = null, [CallerFilePath] string sourceFile = "")
    {
        ArgumentException.ThrowIfNullOrEmpty(sourceFile);
        common = settings;
        this.sourceFile = sourceFile;
    }

    /// <inheritdoc cref="Verifier.Verify(string, VerifySettings, string)"/>
    public SettingsTask Verify(string? target, VerifySettings? settings = null) =>
        Verifier.Verify(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.Verify(string, string, VerifySettings, string)"/>
    public SettingsTask Verify(string? target, string extension, VerifySettings? settings = null) =>
        Verifier.Verify(target, extension, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.Verify(object, VerifySettings, string)"/>
    public SettingsTask Verify(object? target, VerifySettings? settings = null) =>
        Verifier.Verify(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.Verify{T}(Task{T}, VerifySettings, string)"/>
    public SettingsTask Verify<T>(Task<T> target, VerifySettings? settings = null) =>
        Verifier.Verify(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.Verify{T}(ValueTask{T}, VerifySettings, string)"/>
    public SettingsTask Verify<T>(ValueTask<T> target, VerifySettings? settings = null) =>
        Verifier.Verify(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.Verify{T}(Func{Task{T}}, VerifySettings, string)"/>
    public SettingsTask Verify<T>(Func<Task<T>> target, VerifySettings? settings = null) =>
        Verifier.Verify(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.VerifyJson(string, VerifySettings, string)"/>
    public SettingsTask VerifyJson(string? target, VerifySettings? settings = null) =>
        Verifier.VerifyJson(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.VerifyJson(JsonNode, VerifySettings, string)"/>
    public SettingsTask VerifyJson(JsonNode? target, VerifySettings? settings = null) =>
        Verifier.VerifyJson(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.Throws(Action, VerifySettings, string)"/>
    public SettingsTask Throws(Action target, VerifySettings? settings = null) =>
        Verifier.Throws(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.Throws(Func{object}, VerifySettings, string)"/>
    public SettingsTask Throws(Func<object?> target, VerifySettings? settings = null) =>
        Verifier.Throws(target, settings ?? common, sourceFile);

    /// <inheritdoc cref="Verifier.ThrowsTask"/>
    public SettingsTask ThrowsTask(Func<Task> target, VerifySettings? settings = null) =>
        Verifier.ThrowsTask(target, settings ?? common, sourceFile);
}
