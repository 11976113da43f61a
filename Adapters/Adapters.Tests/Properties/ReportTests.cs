using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Xunit.Sdk;

namespace Conformance.Adapters.Tests.Properties;

public sealed class ReportTests
{
    [Fact]
    public async Task A_falsified_property_reports_seed_arguments_and_shrunk_arguments()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.BelowTen));
        var lines = run.FailureLines;

        Assert.Equal("", lines[0]);
        Assert.Matches(@"^Falsifiable, after \d+ tests \(\d+ shrinks?\) \(11,13\)\. $", lines[1]);
        Assert.Matches(@"^Last step was invoked with size of \d+ and seed of \(\d+,\d+\)\.$", lines[2]);
        Assert.Matches(@"^Replay directly at failing step with \(\d+,\d+,\d+\)\.$", lines[3]);
        Assert.Equal("Original:", lines[4]);
        Assert.Matches(@"^\d+$", lines[5]);
        Assert.Equal(["Shrunk:", "10", ""], lines[6..]);
    }

    [Fact]
    public async Task The_exception_of_a_falsified_property_is_the_inner_exception()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.Throws));

        Assert.Equal(
            [typeof(PropertyFailedException).FullName!, typeof(Boom).FullName!],
            run.Failure.ExceptionTypes);
        Assert.Equal("too large", run.Failure.Messages[1]);
        Assert.DoesNotContain(nameof(Boom), run.Failure.Messages[0], StringComparison.Ordinal);
        Assert.Contains(nameof(Reports), run.Failure.StackTraces[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Labels_stand_before_the_arguments()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.Labelled));
        var label = Array.IndexOf(run.FailureLines, "Label of failing property: below ten");

        Assert.True(label > 0);
        Assert.True(label < Array.IndexOf(run.FailureLines, "Original:"));
    }

    [Fact]
    public async Task Classes_of_a_holding_property_are_written()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.Classified));

        Assert.Equal("Ok, passed 50 tests (100% all).\n", run.Output);
    }

    [Fact]
    public async Task A_quiet_property_writes_nothing()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.Quiet));

        Assert.True(run.Passed);
        Assert.Equal("", run.Output);
    }

    [Fact]
    public async Task An_exhausted_property_fails()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.Exhausted));

        Assert.Equal(["", "Arguments exhausted after 0 tests.", ""], run.FailureLines);
    }

    [Fact]
    public async Task A_verbose_property_writes_cases_and_shrinks()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.Verbose));
        var lines = run.Output.Split('\n');

        Assert.Equal("0:", lines[0]);
        Assert.Matches(@"^-?\d+$", lines[1]);
        Assert.Equal("1:", lines[2]);
        Assert.Contains("shrink:", lines);
        Assert.Equal("3", lines[Array.LastIndexOf(lines, "shrink:") + 1]);
    }

    [Fact]
    public async Task A_value_of_several_lines_is_printed_as_it_prints_itself()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.OneProgram));
        var start = Array.IndexOf(run.FailureLines, "Original:");

        Assert.Equal(["program of 2", "  step 0", "  step 1"], run.FailureLines[(start + 1)..(start + 4)]);
    }

    [Fact]
    public async Task Several_arguments_of_several_lines_stand_below_each_other()
    {
        var run = await PropertyRun.Of<Reports>(nameof(Reports.ProgramAndNumber));
        var start = Array.IndexOf(run.FailureLines, "Original:");

        Assert.Equal(
            ["(", "program of 2", "  step 0", "  step 1,"],
            run.FailureLines[(start + 1)..(start + 5)]);
    }

    [Fact]
    public void Checks_inside_a_test_write_or_throw()
    {
        var output = new FakeOutput();
        var holds = Prop.ForAll<int>(x => x * 0 == 0);
        var fails = Prop.ForAll<int>(x => x * 0 == 1);

        holds.QuickCheck("named", output);
        holds.QuickCheckThrowOnFailure(output);
        Assert.Equal(["named-Ok, passed 100 tests.", "Ok, passed 100 tests."], output.Lines);

        var quick = Assert.Throws<PropertyFailedException>(() => fails.QuickCheckThrowOnFailure(output));
        Assert.StartsWith(
            Environment.NewLine + "Falsifiable, after 1 test (", quick.Message, StringComparison.Ordinal);
        Assert.NotNull(quick.InnerException);
        var named = Assert.Throws<PropertyFailedException>(() => fails.QuickCheck("named", output));
        Assert.Contains("named-Falsifiable", named.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Verbose_checks_inside_a_test_write_every_case()
    {
        var output = new FakeOutput();
        Prop.ForAll<bool>(_ => true).VerboseCheck("named", output);
        Prop.ForAll<bool>(_ => true).VerboseCheckThrowOnFailure(output);

        Assert.Equal(202, output.Lines.Count);
        Assert.Matches(@"^0:\s+(true|false)$", output.Lines[0]);
        Assert.Equal("named-Ok, passed 100 tests.", output.Lines[100]);
    }

    [Fact]
    public void Values_print_by_their_own_text_or_in_structural_form()
    {
        Assert.Equal("Point { X = 1, Y = 2 }", ValueText.Format(new Point(1, 2)));
        Assert.Equal("(1, Point { X = 1, Y = 2 })", ValueText.Format(Tuple.Create(1, new Point(1, 2))));
        Assert.Equal("[|Point { X = 1, Y = 2 }|]", ValueText.Format(new[] { new Point(1, 2) }));
        Assert.Equal("[program of 0; program of 0]", ValueText.Format(new List<Program> { new(0), new(0) }));
        Assert.Equal("[\nprogram of 1\n  step 0\n]", ValueText.Format(new List<Program> { new(1) }));
        Assert.Equal("\"text\"", ValueText.Format("text"));
        Assert.Equal("[|1; 2|]", ValueText.Format(new[] { 1, 2 }));
        Assert.Equal("(1, \"a\")", ValueText.Format(Tuple.Create(1, "a")));
        Assert.Equal("<null>", ValueText.Format(null));
        Assert.Equal("true", ValueText.Format(true));
    }

    [Fact]
    public void A_result_can_be_read_only_after_a_check() =>
        Assert.Throws<InvalidOperationException>(() => new XunitRunner().Result);
}
