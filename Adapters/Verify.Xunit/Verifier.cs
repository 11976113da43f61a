using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using VerifyTests;

namespace VerifyXunit;

/// <summary>Compares what a test produces with files that were accepted before.</summary>
public static class Verifier
{
    /// <summary>Chooses folders and names of all snapshots; to be called in a module initializer.</summary>
    public static void DerivePathInfo(DerivePathInfo derivePathInfo) =>
        VerifierSettings.UsePathInfo(derivePathInfo);

    /// <summary>
    /// Puts all snapshots into a folder of the project; to be called in a module initializer.
    /// </summary>
    public static void UseProjectRelativeDirectory(string directory) =>
        DerivePathInfo((_, project, _, _) => new PathInfo(Path.Combine(project, directory)));

    /// <summary>
    /// Puts all snapshots into a folder beside the test; to be called in a module initializer.
    /// </summary>
    public static void UseSourceFileRelativeDirectory(string directory) =>
        DerivePathInfo((_, _, _, _) => new PathInfo(directory));

    /// <summary>Verifies a text as it is.</summary>
    public static SettingsTask Verify(
        string? target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Verify(target, "txt", settings, sourceFile);

    /// <summary>Verifies a text as it is, in files with an extension.</summary>
    public static SettingsTask Verify(
        string? target,
        string extension,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "")
    {
        var place = UseVerifyAttribute.Place(sourceFile);
        var text = target ?? "null";
        return new(settings, chosen => new Verification(place, chosen).Run(text, extension, target));
    }

    /// <summary>Verifies an object, written as JSON.</summary>
    public static SettingsTask Verify(
        object? target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Later(() => Task.FromResult(target), settings, sourceFile);

    /// <summary>Verifies the result of a task.</summary>
    public static SettingsTask Verify<T>(
        Task<T> target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Later(async () => await target, settings, sourceFile);

    /// <summary>Verifies the result of a task.</summary>
    public static SettingsTask Verify<T>(
        ValueTask<T> target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Verify(target.AsTask(), settings, sourceFile);

    /// <summary>Verifies the result of a task that is still to be started.</summary>
    public static SettingsTask Verify<T>(
        Func<Task<T>> target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Later(async () => await target(), settings, sourceFile);

    /// <summary>Verifies a JSON text, laid out in the common form.</summary>
    public static SettingsTask VerifyJson(
        string? target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Later(() => Task.FromResult(Parsed(target)), settings, sourceFile);

    /// <summary>Verifies JSON, laid out in the common form.</summary>
    public static SettingsTask VerifyJson(
        JsonNode? target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        VerifyJson(target?.ToJsonString(), settings, sourceFile);

    /// <summary>Verifies the exception that an action throws.</summary>
    public static SettingsTask Throws(
        Action target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Verify(Caught(target), settings, sourceFile);

    /// <summary>Verifies the exception that a function throws.</summary>
    public static SettingsTask Throws(
        Func<object?> target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Verify(Caught(() => target()), settings, sourceFile);

    /// <summary>Verifies the exception that an asynchronous function throws.</summary>
    public static SettingsTask ThrowsTask(
        Func<Task> target,
        VerifySettings? settings = null,
        [CallerFilePath] string sourceFile = "") =>
        Later(async () => await CaughtAsync(target), settings, sourceFile);

    private static SettingsTask Later(Func<Task<object?>> target, VerifySettings? settings, string sourceFile)
    {
        var place = UseVerifyAttribute.Place(sourceFile);
        return new(settings, chosen => VerifyObject(target, place, chosen));
    }

    private static object? Parsed(string? json) => json is null ? null : JsonTree.Parse(json);

    private static async Task<VerifyResult> VerifyObject(
        Func<Task<object?>> target,
        TestPlace place,
        VerifySettings settings)
    {
        var value = await target();
        var verification = new Verification(place, settings);
        if (value is string text)
            return await verification.Run(text, "txt", value);

        var strict = settings.StrictJson || VerifierSettings.StrictJson;
        var json = new TreePrinter(strict).Print(new TreeBuilder(settings).Build(value));
        return await verification.Run(json, strict ? "json" : "txt", value);
    }

    private static Exception Caught(Action target)
    {
        try
        {
            target();
        }
        catch (Exception exception)
        {
            return exception;
        }

        throw NothingThrown();
    }

    private static async Task<Exception> CaughtAsync(Func<Task> target)
    {
        try
        {
            await target();
        }
        catch (Exception exception)
        {
            return exception;
        }

        throw NothingThrown();
    }

    private static VerifyException NothingThrown() => new("Did not throw.");
}
