using Conformance.Harness.Reports;
using Conformance.Harness.Search;
using Conformance.Model.Core;
using static Conformance.Properties.Commands.MadeUp;

namespace Conformance.Properties.Commands;

/// <summary>How the matrix reads as plain text.</summary>
public sealed class MatrixTextTests
{
    [Fact]
    public void Eras_that_agree_are_a_word_and_eras_that_differ_are_marks()
    {
        var text = Render(
            Knowledge(Entry("some-driver")),
            Job("some-driver", Eras.V5_19, exercised: 1),
            Job("some-driver", Eras.V7_2, exercised: 1));
        Assert.Contains("\nrule", text, StringComparison.Ordinal);
        Assert.Matches("\nR12 .* kept\n", text);
        Assert.Matches("\nR6 .* -[+]\n", text);
        Assert.Contains("one mark an era, oldest first: v5.19 v7.2\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "+ or 'kept' = kept; - or 'not yet' = not promised in that era", text, StringComparison.Ordinal);
        Assert.DoesNotContain("FINDING", text, StringComparison.Ordinal);
        Assert.EndsWith(
            "all promises kept (4000 scenarios, 12000 commands, 0 DMA probes)\n",
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Citations_and_reasons_stand_below_once()
    {
        var breakage = Expected("drivers/iommu/a.c: a_unmap");
        JobResult[] jobs =
        [
            .. Eras.All.Select(era => Job("a", era, exercised: 5)),
            .. Eras.All.Select(era => Job("b", era, exercised: 0)),
        ];
        foreach (var job in jobs.Take(3))
        {
            job.ExpectedSeen.Add(breakage);
        }

        var text = Render(
            Knowledge(
                Entry("a") with { Expected = [breakage, Expected("drivers/iommu/a.c: a_map", "v6.6")] },
                Entry("b") with { Unexercised = [Reason("has no tables")] }),
            jobs);
        Assert.Contains(
            "\nbroken as expected\n  R12  a (v5.19..v6.5): drivers/iommu/a.c: a_unmap\n",
            text,
            StringComparison.Ordinal);
        Assert.Contains(
            "\nnot exercised\n  R12  b (all eras): has no tables\n", text, StringComparison.Ordinal);
        Assert.Contains(
            "\nexpected breakage did not show\n  R12  a (v6.6..v7.2): drivers/iommu/a.c: a_map\n",
            text,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Many_drivers_are_several_tables_that_fit()
    {
        var names = Enumerable.Range(0, 17).Select(i => $"driver-number-{i}").ToList();
        var text = Render(
            Knowledge([.. names.Select(Entry)]),
            [.. names.Select(name => Job(name, Eras.V7_2, exercised: 1))]);
        Assert.All(text.Split('\n'), line => Assert.True(line.Length <= PlainText.Columns, line));
        Assert.All(names, name => Assert.Contains(name, text, StringComparison.Ordinal));
        Assert.True(text.Split("\nrule ").Length > 2);
    }

    [Theory]
    [InlineData("all eras", 0, 1, 2, 3, 4, 5, 6)]
    [InlineData("v5.19", 0)]
    [InlineData("v6.5..v6.7", 2, 3, 4)]
    [InlineData("v5.19, v6.5..v6.6, v7.2", 0, 2, 3, 6)]
    public void Neighbouring_eras_are_a_range(string expected, params int[] eras) =>
        Assert.Equal(expected, EraSpan.Text([.. eras.Select(i => Eras.All[i])], Eras.All));

    [Fact]
    public void A_range_spans_the_eras_that_ran() => Assert.Equal(
        "v5.19..v6.7", EraSpan.Text([Eras.V5_19, Eras.V6_7], [Eras.V5_19, Eras.V6_7, Eras.V7_2]));

    [Fact]
    public void A_paragraph_breaks_between_words()
    {
        var text = PlainText.Wrap("  " + string.Join(' ', Enumerable.Repeat("twelve-chars", 30)), 4);
        Assert.All(
            text.TrimEnd('\n').Split('\n'), line => Assert.InRange(line.Length, 12, PlainText.Columns));
        Assert.StartsWith("  twelve", text, StringComparison.Ordinal);
        Assert.Contains("\n    twelve", text, StringComparison.Ordinal);
        Assert.Equal(30, text.Split("twelve-chars").Length - 1);
    }

    [Fact]
    public void A_word_longer_than_a_line_stays_whole()
    {
        var word = new string('x', PlainText.Columns + 5);
        Assert.Equal($"a\n  {word}\n  b\n", PlainText.Wrap($"a {word} b", 2));
    }

    private static string Render(SuiteKnowledge knowledge, params IReadOnlyList<JobResult> jobs)
    {
        var options = Options(
            [.. jobs.Select(j => j.Driver).Distinct()], [.. jobs.Select(j => j.Era).Distinct()]);
        return MatrixText.Render(Matrix.Of(jobs, options, knowledge), options);
    }
}
