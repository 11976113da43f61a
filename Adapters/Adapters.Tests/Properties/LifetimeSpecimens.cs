// Specimens are run by tests, not by xunit, which looks at public classes only.
#pragma warning disable xUnit1000


using FsCheck.Xunit;
using Xunit.Abstractions;

namespace Conformance.Adapters.Tests.Properties;

/// <summary>Counts what happens to it.</summary>
internal sealed class Lifetime : IAsyncLifetime, IDisposable
{
    private readonly List<string> events;

    public Lifetime(List<string> events)
    {
        this.events = events;
        events.Add("constructed");
    }

    [Property(MaxTest = 3)]
    public void Holds(int x) => events.Add("case" + (x * 0));

    public async Task InitializeAsync()
    {
        await Task.Yield();
        events.Add("initialised");
    }

    public Task DisposeAsync()
    {
        events.Add("disposed asynchronously");
        return Task.CompletedTask;
    }

    public void Dispose() => events.Add("disposed");
}

/// <summary>Writes through the output helper that xunit gave its constructor.</summary>
internal sealed class Writing(ITestOutputHelper output)
{
    [Property(MaxTest = 2)]
    public void Holds(int x) => output.WriteLine("wrote " + (x * 0));
}

/// <summary>A property that does not end by itself.</summary>
internal sealed class Endless(ManualResetEventSlim release)
{
    [Property(Timeout = 20, MaxTest = 1)]
    public void Waits(int x)
    {
        _ = x;
        release.Wait();
    }
}

/// <summary>Looks at the context in which its cases run.</summary>
internal sealed class Contextual(List<SynchronizationContext?> seen)
{
    [Property(MaxTest = 1)]
    public void Records(int x)
    {
        _ = x;
        seen.Add(SynchronizationContext.Current);
    }
}

/// <summary>Collects the cases it is given.</summary>
internal sealed class Recording(List<int> seen)
{
    [Property(Replay = "(21,23)", MaxTest = 20)]
    public void Sequential(int x) => seen.Add(x);

    [Property(Replay = "(21,23)", MaxTest = 7)]
    public void Seven(int x) => seen.Add(x);

    [Property(Replay = "(21,23,50)")]
    public void One(int x) => seen.Add(x);

    [Property(Replay = "(21,23)", MaxTest = 20, StartSize = 0, EndSize = 0)]
    public void Small(int x) => seen.Add(x);

    [Property(Replay = "(21,23)", MaxTest = 20, Parallelism = 2)]
    public void Parallel(int x)
    {
        lock (seen)
            seen.Add(x);
    }
}

/// <summary>A property with a reason not to run it, as a subclass would give one.</summary>
internal sealed class NotTodayAttribute : PropertyAttribute
{
    public override string Skip { get; set; } = "not today";
}

/// <summary>Names and reasons that come from the fact attribute.</summary>
internal sealed class Named
{
    [Property(DisplayName = "a property by another name")]
    public bool Renamed(int x) => x * 0 == 0;

    [NotToday]
    public bool Skipped(int x) => x * 0 == 1;
}
