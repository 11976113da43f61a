using FsCheck.Xunit;

namespace Conformance.Adapters.Tests.Properties;

public sealed class AttributeTests
{
    [Fact]
    public void Unset_members_read_as_documented()
    {
        var attribute = new PropertyAttribute();

        Assert.Null(attribute.Replay);
        Assert.Equal(-1, attribute.Parallelism);
        Assert.Equal(-1, attribute.MaxTest);
        Assert.Equal(-1, attribute.MaxRejected);
        Assert.Equal(-1, attribute.StartSize);
        Assert.Equal(-1, attribute.EndSize);
        Assert.False(attribute.Verbose);
        Assert.False(attribute.QuietOnSuccess);
        Assert.Empty(attribute.Arbitrary);
    }

    [Fact]
    public void Effective_defaults_are_those_of_FsCheck()
    {
        var config = PropertySettings.Unset.ToConfig();

        Assert.Equal(100, config.MaxTest);
        Assert.Equal(1000, config.MaxRejected);
        Assert.Equal(1, config.StartSize);
        Assert.Equal(100, config.EndSize);
        Assert.False(config.QuietOnSuccess);
        Assert.Null(config.Replay);
        Assert.Null(config.ParallelRunConfig);
    }

    [Fact]
    public void Inner_settings_win_and_outer_ones_fill_the_gaps()
    {
        var settings = SettingsOf<Outer.Inner>(nameof(Outer.Inner.Own));

        Assert.Equal(33, settings.MaxTest);
        Assert.Equal(5, settings.StartSize);
        Assert.Equal(77, settings.EndSize);
        Assert.Equal(555, settings.MaxRejected);
        Assert.False(settings.Verbose);
        Assert.True(settings.QuietOnSuccess);
        Assert.Null(settings.Replay);
        Assert.Equal([typeof(Nines), typeof(Eights), typeof(Sevens)], settings.Arbitrary);
    }

    [Fact]
    public void Class_settings_reach_nested_classes()
    {
        var inner = SettingsOf<Outer.Inner>(nameof(Outer.Inner.Inherited));
        var bare = SettingsOf<Outer.Bare>(nameof(Outer.Bare.Holds));

        Assert.Equal(22, inner.MaxTest);
        Assert.True(inner.Verbose);
        Assert.Equal("1,3", inner.Replay);
        Assert.Equal(11, bare.MaxTest);
        Assert.Null(bare.QuietOnSuccess);
    }

    [Fact]
    public void Assembly_settings_reach_every_class()
    {
        var settings = SettingsOf<OnlyAssembly>(nameof(OnlyAssembly.Holds));

        Assert.Empty(settings.Arbitrary);
        Assert.Equal(
            new PropertySettings { EndSize = 77, MaxRejected = 555, Arbitrary = settings.Arbitrary },
            settings);
    }

    [Fact]
    public void Setting_the_default_counts_as_setting()
    {
        var settings = SettingsOf<Outer.Inner>(nameof(Outer.Inner.ExplicitlyUnset));

        Assert.Equal(-1, settings.MaxTest);
        Assert.Equal(
            Environment.ProcessorCount,
            settings.ToConfig().ParallelRunConfig.Value.MaxDegreeOfParallelism);
    }

    [Theory]
    [InlineData("1,3", 1UL, 3UL)]
    [InlineData(" ( 1 , 3 ) ", 1UL, 3UL)]
    [InlineData("(18446744073709551615,18446744073709551613)", ulong.MaxValue, ulong.MaxValue - 2)]
    public void A_pair_replays_a_whole_run(string text, ulong seed, ulong gamma)
    {
        var replay = ReplayText.Parse(text);

        Assert.Equal((seed, gamma), (replay.Rnd.Seed, replay.Rnd.Gamma));
        Assert.Null(replay.Size);
    }

    [Theory]
    [InlineData("(1,3,0)", 0)]
    [InlineData("1,3,42", 42)]
    public void A_triple_replays_one_case(string text, int size) =>
        Assert.Equal(size, ReplayText.Parse(text).Size.Value);

    [Theory]
    [InlineData("1")]
    [InlineData("1;3")]
    [InlineData("1,3,4,5")]
    [InlineData("(1,3")]
    [InlineData("-1,3")]
    [InlineData("1,3,4294967295")]
    [InlineData("1,3,")]
    [InlineData("18446744073709551616,3")]
    public void Other_replays_are_refused(string text)
    {
        var exception = Assert.Throws<FormatException>(() => ReplayText.Parse(text));
        Assert.Contains(text, exception.Message, StringComparison.Ordinal);
    }

    private static PropertySettings SettingsOf<T>(string method) =>
        PropertySettings.Of(typeof(T), PropertyRun.Method(typeof(T), method));
}
