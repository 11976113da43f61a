using System.Reflection;

namespace Conformance.Adapters.Tests.Verification;

public sealed class NameTests : IDisposable
{
    private const string Method = "NameTests.Specimen.Method";

    private readonly TempDirectory directory = new();

    public void Dispose() => directory.Dispose();

    [Fact]
    public void A_snapshot_is_named_after_its_test_and_lies_beside_it()
    {
        var name = NameOf(new VerifySettings());

        Assert.Equal("/source/folder", name.Directory);
        Assert.Equal("NameTests.Specimen.Method", name.Prefix);
        Assert.Equal("/source/folder/NameTests.Specimen.Method.received.txt", name.Pair("txt").ReceivedPath);
        Assert.Equal("NameTests.Specimen.Method.verified.json", name.Pair("json").VerifiedName);
    }

    [Fact]
    public void Parameters_follow_the_method_from_the_left()
    {
        var list = new List<int> { 1, 2 };
        var map = new Dictionary<int, int> { [1] = 2 };

        Assert.Equal(Method + "_number=1_text=a", Prefix(s => s.UseParameters(1, "a")));
        Assert.Equal(Method + "_number=1", Prefix(s => s.UseParameters(1)));
        Assert.Equal(Method + "_number=null", Prefix(s => s.UseParameters([null])));
        Assert.Equal(Method + "_number=1.5_text=Monday", Prefix(s => s.UseParameters(1.5, DayOfWeek.Monday)));
        Assert.Equal(Method + "_number=[1,2]", Prefix(s => s.UseParameters(list)));
        Assert.Equal(Method + "_number=[1=2]", Prefix(s => s.UseParameters(map)));
        Assert.Equal(Method + "_some text", Prefix(s => s.UseTextForParameters("some text")));
    }

    [Fact]
    public void Characters_that_file_systems_refuse_become_dashes() =>
        Assert.Equal(
            "NameTests.Specimen.Method_number=a-b-c-d-e-f-g-h-i-j_text=-",
            Prefix(s => s.UseParameters("a\"b\\c<d>e|f:g*h?i/j", "\n")));

    [Fact]
    public void More_values_than_parameters_are_an_error() =>
        Assert.Throws<VerifyException>(() => Prefix(s => s.UseParameters(1, "a", 3)));

    [Fact]
    public void Parts_of_a_name_can_be_replaced()
    {
        Assert.Equal("Other.Method", Prefix(s => s.UseTypeName("Other")));
        Assert.Equal("NameTests.Specimen.Other", Prefix(s => s.UseMethodName("Other")));
        Assert.Equal("Other", Prefix(s => s.UseFileName("Other")));
    }

    [Fact]
    public void A_folder_is_relative_to_the_source_unless_rooted()
    {
        var relative = new VerifySettings();
        relative.UseDirectory("../snapshots");
        var rooted = new VerifySettings();
        rooted.UseDirectory("/elsewhere");

        Assert.Equal("/source/snapshots", NameOf(relative).Directory);
        Assert.Equal("/elsewhere", NameOf(rooted).Directory);
    }

    [Fact]
    public void A_file_name_excludes_the_parts_it_would_consist_of()
    {
        var named = new VerifySettings();
        named.UseFileName("a");
        var typed = new VerifySettings();
        typed.UseTypeName("T");

        Assert.Throws<InvalidOperationException>(() => named.UseTypeName("T"));
        Assert.Throws<InvalidOperationException>(() => named.UseMethodName("M"));
        Assert.Throws<InvalidOperationException>(() => named.UseParameters(1));
        Assert.Throws<InvalidOperationException>(() => named.UseTextForParameters("p"));
        Assert.Throws<InvalidOperationException>(() => typed.UseFileName("a"));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task The_running_test_names_its_snapshot(int value)
    {
        await Verify("x").UseDirectory(directory.Path).UseParameters(value).AutoVerify();

        Assert.Equal(
            [$"NameTests.The_running_test_names_its_snapshot_value={value}.verified.txt"],
            directory.Files);
    }

    [Fact]
    public async Task Settings_are_copied_into_a_verification()
    {
        var settings = new VerifySettings();
        settings.UseDirectory(directory.Path);
        settings.AutoVerify();
        await Verify("x", settings).UseMethodName("first");
        await Verify("x", settings).UseMethodName("second");

        Assert.Equal(["NameTests.first.verified.txt", "NameTests.second.verified.txt"], directory.Files);
    }

    [Fact]
    public async Task A_verification_that_has_started_cannot_be_changed()
    {
        var verification = Verify("x").UseDirectory(directory.Path).UseFileName("a").AutoVerify();
        await verification;

        Assert.Throws<InvalidOperationException>(() => { _ = verification.UseFileName("b"); });
        Assert.Same(verification.ToTask(), verification.ToTask());
    }

    private static string Prefix(Action<VerifySettings> change)
    {
        var settings = new VerifySettings();
        change(settings);
        return NameOf(settings).Prefix;
    }

    private static SnapshotName NameOf(VerifySettings settings) =>
        SnapshotName.Of(new TestPlace(Specimen.Info, "/source/folder/Tests.cs"), settings);

    private static class Specimen
    {
        public static MethodInfo Info => typeof(Specimen).GetMethod(nameof(Method))!;

        public static void Method(int number, string text) => _ = (number, text);
    }
}
