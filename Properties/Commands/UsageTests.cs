using Conformance.Drivers.Catalog;
using Conformance.Fuzz;
using Conformance.Model.Core;

namespace Conformance.Properties.Commands;

/// <summary>Wrong usage ends with 2, says what is wrong on standard error, and prints no report.</summary>
public sealed class UsageTests
{
    [Theory]
    [InlineData("frobnicate")]
    [InlineData("--frobnicate")]
    [InlineData("run", "extra")]
    [InlineData("replay")]
    [InlineData("--seed")]
    [InlineData("--seed", "1", "--seed", "2")]
    [InlineData("drivers", "--seed", "1")]
    [InlineData("@missing-response-file")]
    public void What_the_grammar_does_not_know_is_refused(params string[] args) => AssertRefused(args);

    [Theory]
    [InlineData("--scenarios", "0")]
    [InlineData("--scenarios", "-1")]
    [InlineData("--scenarios", "many")]
    [InlineData("--scenarios", "99999999999999999999")]
    [InlineData("--length", "0")]
    [InlineData("--length", "1e3")]
    [InlineData("--seed", "0xg")]
    [InlineData("--seed", " 1")]
    public void A_number_out_of_range_is_refused_with_the_range(string option, string value)
    {
        var error = AssertRefused(option, value);
        Assert.Contains($"{option}: expected a number from ", error, StringComparison.Ordinal);
        Assert.Contains($"'{value}'", error, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_driver_is_told_the_known_ones()
    {
        var error = AssertRefused("--driver", "riscv");
        Assert.Contains("'riscv'", error, StringComparison.Ordinal);
        Assert.All(DriverCatalog.All, e => Assert.Contains(e.Factory.Name, error, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_era_is_told_the_known_ones()
    {
        var error = AssertRefused("run", "--era", "v4.4");
        Assert.All(Eras.All, era => Assert.Contains(era.Name, error, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_rule_is_told_the_known_ones() =>
        Assert.Contains("known: R1, R2,", AssertRefused("--rule", "R999"), StringComparison.Ordinal);

    [Fact]
    public void A_variant_that_no_chosen_driver_has_is_told_the_known_ones()
    {
        var entry = DriverCatalog.All[0];
        var error = AssertRefused("--driver", entry.Factory.Name, "--variant", "no-such-variant");
        Assert.All(entry.Factory.Variants, v => Assert.Contains(v, error, StringComparison.Ordinal));
    }

    [Fact]
    public void An_unknown_specimen_is_told_the_known_ones()
    {
        var known = DriverCatalog.All.SelectMany(e => e.Specimens).First().Name;
        Assert.Contains(known, AssertRefused("specimens", "no-such-bug"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_json_file_that_cannot_be_written_is_refused_before_the_run()
    {
        using var folder = new TemporaryFolder();
        var missing = Path.Combine(folder.Path, "missing", "report.json");
        Assert.Contains(missing, AssertRefused("--json", missing), StringComparison.Ordinal);
        Assert.Contains(folder.Path, AssertRefused("--json", folder.Path), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("run", "--help")]
    [InlineData("replay", "--help")]
    [InlineData("drivers")]
    [InlineData("rules")]
    [InlineData("eras")]
    [InlineData("specimens")]
    public void What_only_tells_ends_with_0(params string[] args)
    {
        var told = Invocation.Of(args);
        Assert.Equal(ExitCode.Kept, told.Code);
        Assert.NotEmpty(told.Output);
        Assert.Empty(told.Error);
    }

    private static string AssertRefused(params string[] args)
    {
        var refused = Invocation.Of(args);
        Assert.Equal(ExitCode.Usage, refused.Code);
        Assert.Empty(refused.Output);
        Assert.NotEmpty(refused.Error);
        return refused.Error;
    }
}
