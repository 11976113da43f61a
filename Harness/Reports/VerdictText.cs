using Conformance.Harness.Search;

namespace Conformance.Harness.Reports;

/// <summary>
/// How verdicts are written: a mark for one era, a word where all eras agree, a phrase in the JSON.
/// </summary>
public static class VerdictText
{
    /// <summary>The kinds in the order of the legend.</summary>
    public static readonly IReadOnlyList<VerdictKind> All = Enum.GetValues<VerdictKind>();

    /// <summary>One character, for a cell whose eras differ.</summary>
    public static char Mark(VerdictKind kind) => kind switch
    {
        VerdictKind.Kept => '+',
        VerdictKind.BrokenAsExpected => 'e',
        VerdictKind.Finding => 'X',
        VerdictKind.NotExercised => '.',
        VerdictKind.NotMetHere => 'o',
        VerdictKind.Unexplained => '?',
        VerdictKind.NotPromised => '-',
        VerdictKind.ExpectedDidNotShow => '!',
        _ => '~',
    };

    /// <summary>A word or two, for a cell whose eras agree.</summary>
    public static string Word(VerdictKind kind) => kind switch
    {
        VerdictKind.Kept => "kept",
        VerdictKind.BrokenAsExpected => "expected",
        VerdictKind.Finding => "FINDING",
        VerdictKind.NotExercised => "no case",
        VerdictKind.NotMetHere => "not met",
        VerdictKind.Unexplained => "UNTESTED",
        VerdictKind.NotPromised => "not yet",
        VerdictKind.ExpectedDidNotShow => "NOT SHOWN",
        _ => "not run",
    };

    /// <summary>What the mark and the word mean.</summary>
    public static string Meaning(VerdictKind kind) => kind switch
    {
        VerdictKind.Kept => "kept",
        VerdictKind.BrokenAsExpected => "broken as expected",
        VerdictKind.Finding => "FINDING",
        VerdictKind.NotExercised => "not exercised, for a stated reason",
        VerdictKind.NotMetHere => "not exercised in that era, but in another",
        VerdictKind.Unexplained => "never exercised, no reason stated",
        VerdictKind.NotPromised => "not promised in that era",
        VerdictKind.ExpectedDidNotShow => "expected breakage did not show",
        _ => "not run",
    };

    /// <summary>The eras of a row agree.</summary>
    public static bool IsUniform(IReadOnlyList<Verdict> row) => row.All(v => v.Kind == row[0].Kind);

    /// <summary>The text of a cell: a word, or one mark an era where they differ.</summary>
    public static string Cell(IReadOnlyList<Verdict> row) => IsUniform(row)
        ? Word(row[0].Kind)
        : string.Concat(row.Select(v => Mark(v.Kind)));
}
