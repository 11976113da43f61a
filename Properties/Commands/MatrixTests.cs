using Conformance.Harness.Search;
using Conformance.Model.Core;
using static Conformance.Properties.Commands.MadeUp;

namespace Conformance.Properties.Commands;

/// <summary>What the matrix says of results made by hand.</summary>
public sealed class MatrixTests
{
    private static readonly Era Old = Eras.V5_19;
    private static readonly Era New = Eras.V7_2;

    [Fact]
    public void A_premise_that_held_without_a_finding_is_kept()
    {
        var matrix = Of(Knowledge(Entry("a")), Job("a", New, exercised: 5));
        Assert.Equal(VerdictKind.Kept, matrix["a", New, Rule].Kind);
        Assert.Equal(5, matrix["a", New, Rule].Exercised);
        Assert.False(matrix.Failed);
        Assert.True(matrix.Passed);
    }

    [Fact]
    public void A_finding_is_a_finding_whatever_else_is_known()
    {
        var breakage = Expected("known");
        var job = Job("a", New, exercised: 5);
        job.Findings.Add(Finding("a", New, Rule));
        job.ExpectedSeen.Add(breakage);
        var matrix = Of(Knowledge(Entry("a") with { Expected = [breakage] }), job);
        Assert.Equal(VerdictKind.Finding, matrix["a", New, Rule].Kind);
        Assert.Same(job.Findings[0], matrix["a", New, Rule].Finding);
        Assert.True(matrix.Failed);
    }

    [Fact]
    public void An_expected_breakage_that_showed_is_broken_as_expected_and_no_failure()
    {
        var breakage = Expected("known");
        var job = Job("a", New, exercised: 5);
        job.ExpectedSeen.Add(breakage);
        var matrix = Of(Knowledge(Entry("a") with { Expected = [breakage] }), job);
        Assert.Equal(VerdictKind.BrokenAsExpected, matrix["a", New, Rule].Kind);
        Assert.Equal([breakage], matrix["a", New, Rule].Seen);
        Assert.False(matrix.Failed);
    }

    [Fact]
    public void An_expected_breakage_that_showed_in_none_of_its_eras_is_a_failure()
    {
        var entry = Entry("a") with { Expected = [Expected("known", "v6.19", "v7.2")] };
        var matrix = Of(Knowledge(entry), Job("a", Eras.V6_19, exercised: 5), Job("a", New, exercised: 5));
        Assert.Equal(VerdictKind.ExpectedDidNotShow, matrix["a", New, Rule].Kind);
        Assert.True(matrix.Failed);
    }

    [Fact]
    public void An_expected_breakage_need_not_show_in_each_of_its_eras()
    {
        var breakage = Expected("known", "v6.19", "v7.2");
        var shown = Job("a", Eras.V6_19, exercised: 5);
        shown.ExpectedSeen.Add(breakage);
        var matrix = Of(
            Knowledge(Entry("a") with { Expected = [breakage] }), shown, Job("a", New, exercised: 5));
        Assert.Equal(VerdictKind.BrokenAsExpected, matrix["a", Eras.V6_19, Rule].Kind);
        Assert.Equal(VerdictKind.Kept, matrix["a", New, Rule].Kind);
        Assert.False(matrix.Failed);
    }

    [Fact]
    public void One_of_two_expected_breakages_that_did_not_show_is_a_failure()
    {
        var seen = Expected("one", "v7.2");
        var job = Job("a", New, exercised: 5);
        job.ExpectedSeen.Add(seen);
        var matrix = Of(Knowledge(Entry("a") with { Expected = [seen, Expected("other", "v7.2")] }), job);
        Assert.Equal(VerdictKind.BrokenAsExpected, matrix["a", New, Rule].Kind);
        Assert.Equal(["other"], matrix["a", New, Rule].Missing.Select(e => e.Citation));
        Assert.True(matrix.Failed);
    }

    [Fact]
    public void Expectations_and_reasons_hold_only_in_their_eras()
    {
        var entry = Entry("a") with
        {
            Expected = [Expected("known", "v5.19", "v5.19")],
            Unexercised = [Reason("cannot", "v6.7", "v7.2")],
        };
        var matrix = Of(Knowledge(entry), Job("a", Old, exercised: 0), Job("a", New, exercised: 0));
        Assert.Equal(VerdictKind.ExpectedDidNotShow, matrix["a", Old, Rule].Kind);
        Assert.Equal(VerdictKind.NotExercised, matrix["a", New, Rule].Kind);
    }

    [Fact]
    public void A_premise_that_held_in_no_era_needs_a_reason()
    {
        JobResult[] jobs = [.. Eras.All.Select(era => Job("a", era, exercised: 0))];
        jobs[^1].Exercised[LaterRule] = 1;
        var stated = Of(Knowledge(Entry("a") with { Unexercised = [Reason("no such table")] }), jobs);
        Assert.Equal(VerdictKind.NotExercised, stated["a", New, Rule].Kind);
        Assert.Equal("no such table", stated["a", New, Rule].Reason);
        Assert.False(stated.Failed);

        var unstated = Of(Knowledge(Entry("a")), jobs);
        Assert.Equal(VerdictKind.Unexplained, unstated["a", New, Rule].Kind);
        Assert.Equal(VerdictKind.NotMetHere, unstated["a", Eras.V6_5, LaterRule].Kind);
        Assert.True(unstated.Failed);

        var someEras = Of(Knowledge(Entry("a")), jobs[^1]);
        Assert.Equal(VerdictKind.Unexplained, someEras["a", New, Rule].Kind);
        Assert.False(someEras.Failed);
    }

    [Fact]
    public void A_rule_younger_than_the_era_is_not_promised()
    {
        var matrix = Of(Knowledge(Entry("a")), Job("a", Old, exercised: 5), Job("a", New, exercised: 5));
        Assert.Equal(VerdictKind.NotPromised, matrix["a", Old, LaterRule].Kind);
        Assert.Equal(VerdictKind.Kept, matrix["a", New, LaterRule].Kind);
        Assert.False(matrix.Failed);
    }

    [Fact]
    public void What_is_owed_counts_only_in_a_run_that_is_large_and_free_enough()
    {
        var knowledge = Knowledge(Entry("a") with { Expected = [Expected("known", "v7.2")] });
        var whole = Options(["a"], New);
        Assert.True(Matrix.Of([Job("a", New, 5)], whole, knowledge).Failed);

        SearchOptions[] restricted =
        [
            whole with { Rule = Rule },
            whole with { Variant = "plain" },
            whole with { Length = SearchOptions.DefaultLength - 1 },
            whole with { Scenarios = SearchOptions.DefaultScenarios - 1 },
        ];
        foreach (var options in restricted)
        {
            var matrix = Matrix.Of([Job("a", New, 5)], options, knowledge);
            Assert.Equal(VerdictKind.Kept, matrix["a", New, Rule].Kind);
            Assert.Empty(matrix["a", New, Rule].Missing);
            Assert.False(matrix.Failed, options.ToString());
        }
    }

    [Fact]
    public void The_default_size_is_enough_for_premises_but_not_for_breakages()
    {
        var breakage = Expected("known", "v7.2");
        var jobs = Eras.All.Select(era => Job("a", era, exercised: 0)).ToList();
        jobs.ForEach(job => job.Scenarios = SearchOptions.DefaultScenarios);
        jobs.ForEach(job => job.Exercised[LaterRule] = 1);
        Assert.True(Of(Knowledge(Entry("a")), jobs).Failed);

        jobs.ForEach(job => job.Exercised[Rule] = 1);
        var matrix = Of(Knowledge(Entry("a") with { Expected = [breakage] }), jobs);
        Assert.Equal(VerdictKind.Kept, matrix["a", New, Rule].Kind);
        Assert.False(matrix.Failed);
    }

    [Fact]
    public void A_job_that_was_cut_short_owes_nothing_and_is_not_complete()
    {
        var knowledge = Knowledge(Entry("a") with { Expected = [Expected("known", "v7.2")] });
        var job = Job("a", New, exercised: 5);
        job.Scenarios = 1;
        job.Interrupted = true;
        var matrix = Of(knowledge, job);
        Assert.False(matrix.Failed);
        Assert.False(matrix.Complete);
        Assert.False(matrix.Passed);
    }

    [Fact]
    public void A_job_that_never_ran_says_nothing()
    {
        var entry = Entry("a") with { Expected = [Expected("known")] };
        var matrix = Of(Knowledge(entry), new JobResult("a", New));
        Assert.Equal(VerdictKind.NotRun, matrix["a", New, Rule].Kind);
        Assert.Empty(matrix["a", New, Rule].Missing);
    }

    [Fact]
    public void Without_expectations_nothing_is_expected()
    {
        var knowledge = Knowledge(Entry("a") with { Expected = [Expected("known")] });
        var options = Options(["a"], New) with { UseExpectations = false };
        var matrix = Matrix.Of([Job("a", New, 5)], options, knowledge);
        Assert.Equal(VerdictKind.Kept, matrix["a", New, Rule].Kind);
    }

    [Fact]
    public void A_breakage_of_the_core_has_to_show_on_some_driver()
    {
        var breakage = Expected("core", "v7.2");
        var knowledge = Knowledge(Entry("a"), Entry("b")) with { Core = [breakage] };
        var shown = Job("b", New, exercised: 5);
        shown.ExpectedSeen.Add(breakage);
        var some = Of(knowledge, Job("a", New, exercised: 5), shown);
        Assert.Equal(VerdictKind.Kept, some["a", New, Rule].Kind);
        Assert.Equal(VerdictKind.BrokenAsExpected, some["b", New, Rule].Kind);
        Assert.False(some.Failed);

        var none = Of(knowledge, Job("a", New, exercised: 5), Job("b", New, exercised: 5));
        Assert.Equal([breakage], none.CoreDidNotShow);
        Assert.True(none.Failed);

        var withoutB = Of(knowledge, Job("a", New, exercised: 5));
        Assert.Empty(withoutB.CoreDidNotShow);
        Assert.False(withoutB.Failed);
    }

    [Fact]
    public void A_failure_of_the_suite_does_not_pass()
    {
        var job = Job("a", New, exercised: 5);
        job.SuiteError = new("oracle", Finding("a", New, Rule).Scenario);
        Assert.False(Of(Knowledge(Entry("a")), job).Passed);
    }

    private static Matrix Of(SuiteKnowledge knowledge, params IReadOnlyList<JobResult> jobs) => Matrix.Of(
        jobs,
        Options([.. jobs.Select(j => j.Driver).Distinct()], [.. jobs.Select(j => j.Era).Distinct()]),
        knowledge);
}
