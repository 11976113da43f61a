using System.Reflection;
using Microsoft.FSharp.Core;

namespace FsCheck.Xunit;

/// <summary>What attributes say about a property; null where nothing was said.</summary>
internal sealed record PropertySettings
{
    private const int DefaultMaxTest = 100;
    private const int DefaultMaxRejected = 1000;
    private const int DefaultStartSize = 1;
    private const int DefaultEndSize = 100;

    public static PropertySettings Unset { get; } = new();

    public string? Replay { get; init; }

    public bool ReplaySet { get; init; }

    public int? Parallelism { get; init; }

    public int? MaxTest { get; init; }

    public int? MaxRejected { get; init; }

    public int? StartSize { get; init; }

    public int? EndSize { get; init; }

    public bool? Verbose { get; init; }

    public bool? QuietOnSuccess { get; init; }

    public IReadOnlyList<Type> Arbitrary { get; init; } = [];

    /// <summary>
    /// The settings of a property: the assembly's, its classes' from the outermost in, its own.
    /// </summary>
    public static PropertySettings Of(Type testClass, MethodInfo method)
    {
        var settings = Merge(Unset, testClass.Assembly.GetCustomAttribute<PropertiesAttribute>());
        foreach (var type in OutermostFirst(testClass))
            settings = Merge(settings, type.GetCustomAttribute<PropertiesAttribute>(inherit: true));

        return Merge(settings, method.GetCustomAttribute<PropertyAttribute>(inherit: true));
    }

    /// <summary>These settings with <paramref name="inner"/> on top of them.</summary>
    public PropertySettings With(PropertySettings inner) => new()
    {
        Replay = inner.ReplaySet ? inner.Replay : Replay,
        ReplaySet = inner.ReplaySet || ReplaySet,
        Parallelism = inner.Parallelism ?? Parallelism,
        MaxTest = inner.MaxTest ?? MaxTest,
        MaxRejected = inner.MaxRejected ?? MaxRejected,
        StartSize = inner.StartSize ?? StartSize,
        EndSize = inner.EndSize ?? EndSize,
        Verbose = inner.Verbose ?? Verbose,
        QuietOnSuccess = inner.QuietOnSuccess ?? QuietOnSuccess,
        Arbitrary = [.. inner.Arbitrary, .. Arbitrary],
    };

    /// <summary>
    /// The configuration for FsCheck; the runner and its formatting are still to be chosen.
    /// </summary>
    public Config ToConfig()
    {
        var config = Config.Quick
            .WithMaxTest(MaxTest ?? DefaultMaxTest)
            .WithMaxRejected(MaxRejected ?? DefaultMaxRejected)
            .WithStartSize(StartSize ?? DefaultStartSize)
            .WithEndSize(EndSize ?? DefaultEndSize)
            .WithQuietOnSuccess(QuietOnSuccess ?? false)
            .WithArbitrary(Arbitrary);

        if (!string.IsNullOrWhiteSpace(Replay))
            config = config.WithReplay(FSharpOption<Replay>.Some(ReplayText.Parse(Replay)));
        if (Parallelism is { } degree)
            config = config.WithParallelRunConfig(FSharpOption<ParallelRunConfig>.Some(Degree(degree)));

        return config;
    }

    private static ParallelRunConfig Degree(int asked) =>
        new(asked == -1 ? Environment.ProcessorCount : asked);

    private static PropertySettings Merge(PropertySettings outer, PropertyAttribute? inner) =>
        inner is null ? outer : outer.With(inner.Settings);

    private static Stack<Type> OutermostFirst(Type innermost)
    {
        var types = new Stack<Type>();
        for (var type = innermost; type is not null; type = type.DeclaringType)
            types.Push(type);

        return types;
    }
}
