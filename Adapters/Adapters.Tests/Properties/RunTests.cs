using FsCheck.Xunit;
using Xunit.Sdk;

namespace Conformance.Adapters.Tests.Properties;

public sealed class RunTests
{
    [Theory]
    [InlineData(nameof(ReturnTypes.VoidHolds))]
    [InlineData(nameof(ReturnTypes.BoolHolds))]
    [InlineData(nameof(ReturnTypes.PropertyHolds))]
    [InlineData(nameof(ReturnTypes.LazyHolds))]
    [InlineData(nameof(ReturnTypes.TaskHolds))]
    [InlineData(nameof(ReturnTypes.TaskOfBoolHolds))]
    [InlineData(nameof(ReturnTypes.TaskOfPropertyHolds))]
    public async Task Holding_properties_pass(string method)
    {
        var run = await PropertyRun.Of<ReturnTypes>(method);

        Assert.True(run.Passed);
        Assert.Equal((1, 0, 0), (run.Summary.Total, run.Summary.Failed, run.Summary.Skipped));
        Assert.Equal("Ok, passed 100 tests.\n", run.Output);
    }

    [Theory]
    [InlineData(nameof(ReturnTypes.VoidFails))]
    [InlineData(nameof(ReturnTypes.BoolFails))]
    [InlineData(nameof(ReturnTypes.PropertyFails))]
    [InlineData(nameof(ReturnTypes.LazyFails))]
    [InlineData(nameof(ReturnTypes.TaskFails))]
    [InlineData(nameof(ReturnTypes.TaskOfBoolFails))]
    [InlineData(nameof(ReturnTypes.TaskOfPropertyFails))]
    public async Task Falsified_properties_fail(string method)
    {
        var run = await PropertyRun.Of<ReturnTypes>(method);

        Assert.False(run.Passed);
        Assert.Equal((1, 1, 0), (run.Summary.Total, run.Summary.Failed, run.Summary.Skipped));
        Assert.Equal(typeof(PropertyFailedException).FullName, run.Failure.ExceptionTypes[0]);
        Assert.StartsWith("Falsifiable, after 1 test (", run.FailureLines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_instance_serves_all_cases_between_its_lifetime_calls()
    {
        var events = new List<string>();
        var run = await PropertyRun.Of<Lifetime>(nameof(Lifetime.Holds), events);

        Assert.True(run.Passed);
        Assert.Equal(
            ["constructed", "initialised", "case0", "case0", "case0", "disposed asynchronously", "disposed"],
            events);
    }

    [Fact]
    public async Task The_class_and_the_property_write_to_the_same_output()
    {
        var run = await PropertyRun.Of<Writing>(nameof(Writing.Holds), new TestOutputHelper());

        Assert.Equal("wrote 0\nwrote 0\nOk, passed 2 tests.\n", run.Output);
    }

    [Fact]
    public async Task A_property_that_takes_too_long_fails()
    {
        using var release = new ManualResetEventSlim();
        var run = await PropertyRun.Of<Endless>(nameof(Endless.Waits), release);
        release.Set();

        Assert.Equal(typeof(TestTimeoutException).FullName, run.Failure.ExceptionTypes[0]);
    }

    [Fact]
    public async Task Asynchronous_cases_do_not_wait_for_the_thread_that_waits_for_them()
    {
        var seen = new List<SynchronizationContext?>();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(new SynchronizationContext());
        var run = PropertyRun.Of<Contextual>(nameof(Contextual.Records), seen);
        SynchronizationContext.SetSynchronizationContext(before);

        Assert.True((await run).Passed);
        Assert.Equal([null], seen);
    }

    [Fact]
    public async Task A_skip_reason_is_reported_and_nothing_runs()
    {
        var run = await PropertyRun.Of<Named>(nameof(Named.Skipped));

        Assert.Equal("not today", run.SkipReason);
        Assert.Equal((1, 0, 1), (run.Summary.Total, run.Summary.Failed, run.Summary.Skipped));
    }

    [Fact]
    public void A_display_name_is_used() => Assert.Equal(
        "a property by another name",
        PropertyRun.Case(typeof(Named), nameof(Named.Renamed)).DisplayName);

    [Fact]
    public void A_test_case_survives_serialisation()
    {
        var original = PropertyRun.Case(typeof(ReturnTypes), nameof(ReturnTypes.BoolHolds));
        var copy = SerializationHelper.Deserialize<PropertyTestCase>(SerializationHelper.Serialize(original));

        Assert.Equal(original.DisplayName, copy.DisplayName);
        Assert.Equal(original.UniqueID, copy.UniqueID);
        Assert.Equal(original.Method.Name, copy.Method.Name);
    }

    [Theory]
    [InlineData(nameof(Outer.Inner.Own))]
    [InlineData(nameof(Outer.Inner.Inherited))]
    public async Task The_innermost_arbitrary_of_a_type_generates_its_values(string method)
    {
        var run = await PropertyRun.Of<Outer.Inner>(method);

        Assert.True(run.Passed);
    }

    [Fact]
    public async Task A_malformed_replay_fails_the_test()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.MalformedReplay));

        Assert.Equal(typeof(FormatException).FullName, run.Failure.ExceptionTypes[0]);
    }
}
