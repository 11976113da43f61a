using Xunit;
using Xunit.Sdk;

namespace FsCheck.Xunit;

/// <summary>Marks a method as a property: its parameters are generated, its result is checked.</summary>
/// <remarks>
/// A member counts as set once its setter ran, whatever the value. Members that were not set here are taken
/// from the nearest enclosing <see cref="PropertiesAttribute"/>.
/// </remarks>
[AttributeUsage(AttributeTargets.Method | AttributeTargets.Property)]
[XunitTestCaseDiscoverer("FsCheck.Xunit.PropertyDiscoverer", "FsCheck.Xunit")]
public class PropertyAttribute : FactAttribute
{
    internal PropertySettings Settings { get; private set; } = PropertySettings.Unset;

    /// <summary>
    /// <c>seed,gamma</c> or <c>(seed,gamma)</c> repeats a whole run,
    /// <c>(seed,gamma,size)</c> exactly one case.
    /// </summary>
    public string? Replay
    {
        get => Settings.Replay;
        set => Settings = Settings with { Replay = value, ReplaySet = true };
    }

    /// <summary>How many cases run at once. An explicit -1 means one for each processor.</summary>
    public int Parallelism
    {
        get => Settings.Parallelism ?? -1;
        set => Settings = Settings with { Parallelism = value };
    }

    /// <summary>How many cases must pass.</summary>
    public int MaxTest
    {
        get => Settings.MaxTest ?? -1;
        set => Settings = Settings with { MaxTest = value };
    }

    /// <summary>How many cases may be discarded before the property counts as exhausted.</summary>
    public int MaxRejected
    {
        get => Settings.MaxRejected ?? -1;
        set => Settings = Settings with { MaxRejected = value };
    }

    /// <summary>The size of the first case.</summary>
    public int StartSize
    {
        get => Settings.StartSize ?? -1;
        set => Settings = Settings with { StartSize = value };
    }

    /// <summary>The size of the last case; sizes grow linearly in between.</summary>
    public int EndSize
    {
        get => Settings.EndSize ?? -1;
        set => Settings = Settings with { EndSize = value };
    }

    /// <summary>Whether every case and every successful shrink is written to the test output.</summary>
    public bool Verbose
    {
        get => Settings.Verbose ?? false;
        set => Settings = Settings with { Verbose = value };
    }

    /// <summary>
    /// Types with public static members that return <c>Arbitrary&lt;T&gt;</c>.
    /// The first one serving a type wins.
    /// </summary>
    public Type[] Arbitrary
    {
        get => [.. Settings.Arbitrary];
        set => Settings = Settings with { Arbitrary = value };
    }

    /// <summary>Whether the output of a property that holds is left out.</summary>
    public bool QuietOnSuccess
    {
        get => Settings.QuietOnSuccess ?? false;
        set => Settings = Settings with { QuietOnSuccess = value };
    }
}
